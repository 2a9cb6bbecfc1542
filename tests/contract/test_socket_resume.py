"""Coming back after a lost connection: exactly what is missing, no matter when the connection was lost."""

import random
from collections.abc import Callable, Iterator
from functools import partial

from tests.contract import behaviours
from tests.contract.assembling import Frame, Reader, is_numbered
from tests.contract.making import Api, ids, mint
from tests.contract.sockets import Socket

Connect = Callable[..., Socket]


def reads(reader: Reader, socket: Socket, session_id: str, enough: Callable[[Frame], bool]) -> None:
    """Give the reader this connection's frames of the session up to the first that is enough."""
    for frame in socket.of_session(session_id):
        reader.take(frame)
        if enough(frame):
            return
    while True:
        frame = socket.receive()
        if frame.get("session_id") == session_id:
            reader.take(frame)
            if enough(frame):
                return


def ended(message_id: str) -> Callable[[Frame], bool]:
    return lambda frame: frame["type"] == "chat:stream:end" and frame["message_id"] == message_id


def is_last(frame: Frame, pieces: Iterator[int]) -> bool:
    """Tell whether this is the reply's end, or the token after as many as there are pieces."""
    if frame["type"] == "chat:stream:token":
        return next(pieces, None) is None
    return bool(frame["type"] == "chat:stream:end")


def start_reply(api: Api, session_id: str) -> str:
    reply_id: str = api.start_reply(session_id, "A story?")["ai_message"]["id"]
    return reply_id


def test_joining_after_a_known_event_brings_only_what_was_missed(api: Api, socket: Socket) -> None:
    session = api.session()
    api.store(session["id"], "One.")
    first = socket.join(session["id"])
    socket.send("session:leave", session_id=session["id"])
    missed = [api.store(session["id"], text) for text in ("Two.", "Three.")]

    again = socket.join(session["id"], epoch=first["epoch"], after=first["seq"])
    new = api.store(session["id"], "Four.")
    socket.until(lambda frame: frame["type"] == "message:created" and frame["message"]["id"] == new["id"])

    assert again["seq"] == first["seq"]
    assert not again.get("messages")
    later = socket.of_session(session["id"])[socket.of_session(session["id"]).index(again) + 1 :]
    seqs = [frame["seq"] for frame in later if is_numbered(frame)]
    assert seqs == list(range(first["seq"] + 1, first["seq"] + 1 + len(seqs)))
    created = [frame["message"]["id"] for frame in later if frame["type"] == "message:created"]
    assert created == [*ids(missed), new["id"]]


def test_joining_without_a_past_brings_the_page_and_the_head_it_was_read_at(api: Api, socket: Socket) -> None:
    session = api.session()
    stored = [api.store(session["id"], text) for text in ("One.", "Two.")]

    joined = socket.join(session["id"])
    new = api.store(session["id"], "Three.")
    created = socket.until(lambda frame: frame["type"] == "message:created" and frame["message"]["id"] == new["id"])

    assert ids(joined["messages"]) == ids(stored)
    numbered = [frame for frame in socket.of_session(session["id"]) if is_numbered(frame)]
    assert numbered[0]["seq"] == joined["seq"] + 1
    assert created in numbered


def test_an_after_of_another_epoch_or_of_the_future_is_not_usable(api: Api, socket: Socket) -> None:
    session = api.session()
    stored = api.store(session["id"], "One.")
    head = socket.join(session["id"])

    elsewhere = socket.join(session["id"], epoch=mint(), after=0)
    future = socket.join(session["id"], epoch=head["epoch"], after=head["seq"] + 1_000)

    for joined in (elsewhere, future):
        assert ids(joined["messages"]) == [stored["id"]]
        assert joined["seq"] == head["seq"]


def test_a_session_may_be_read_from_its_first_event(api: Api, socket: Socket) -> None:
    session = api.session(behaviours.STEADY)
    reply = api.say(session["id"], "A story?")["ai_message"]
    epoch = socket.join(session["id"])["epoch"]

    since = len(socket.seen)
    joined = socket.join(session["id"], epoch=epoch, after=0)
    socket.until(ended(reply["id"]), since=since)

    assert joined["seq"] == 0
    seqs = [frame["seq"] for frame in socket.seen[since:] if is_numbered(frame)]
    assert seqs == list(range(1, len(seqs) + 1))


def test_a_late_reader_gets_all_the_text_so_far_and_the_rest(api: Api, connect: Connect) -> None:
    session = api.session(behaviours.STEADY)
    early, late = connect(), connect()
    early.join(session["id"])
    reply_id = start_reply(api, session["id"])
    early.until(lambda frame: frame["type"] == "chat:stream:token" and frame["offset"] > 40)

    joined = late.join(session["id"])
    reader = Reader()
    reads(reader, late, session["id"], ended(reply_id))

    (live,) = joined["live"]
    assert (live["message_id"], live["attempt"], live["offset"]) == (reply_id, 1, 0)
    assert len(live["text"]) > 40
    assert behaviours.STEADY_TEXT.startswith(live["text"])
    assert reader.replies[reply_id].text == behaviours.STEADY_TEXT


def test_a_reader_that_comes_back_gets_the_text_from_where_it_was(api: Api, connect: Connect) -> None:
    model = api.provider.one_of_its_own(text=behaviours.STEADY_TEXT, fault="hold", after=200)
    session = api.session(model)
    first = connect()
    epoch = first.join(session["id"])["epoch"]
    reply_id = start_reply(api, session["id"])
    first.text_reaches(200)
    reader = Reader()
    for frame in first.of_session(session["id"]):
        reader.take(frame)
    reader.replies[reply_id].text = reader.replies[reply_id].text[:50]  # as if the rest had been lost on the way

    second = connect()
    joined = second.join(
        session["id"], epoch=epoch, after=reader.seq, live=[{"message_id": reply_id, "attempt": 1, "offset": 50}]
    )
    api.provider.release(model)
    reads(reader, second, session["id"], ended(reply_id))

    (live,) = joined["live"]
    assert (live["offset"], live["text"]) == (50, behaviours.STEADY_TEXT[50:200])
    assert reader.replies[reply_id].text == behaviours.STEADY_TEXT


def test_a_position_in_an_attempt_that_is_over_starts_at_the_beginning(api: Api, connect: Connect) -> None:
    model = api.provider.one_of_its_own(text=behaviours.STEADY_TEXT, fault="hold", after=200)
    session = api.session(model)
    early = connect()
    early.join(session["id"])
    reply_id = start_reply(api, session["id"])
    early.text_reaches(200)

    joined = connect().join(session["id"], live=[{"message_id": reply_id, "attempt": 7, "offset": 50}])
    api.provider.release(model)
    early.until(ended(reply_id))

    (live,) = joined["live"]
    assert (live["attempt"], live["offset"], live["text"]) == (1, 0, behaviours.STEADY_TEXT[:200])


def test_a_reply_without_text_yet_has_its_live_entry(api: Api, connect: Connect) -> None:
    model = api.provider.one_of_its_own(text=behaviours.STEADY_TEXT, fault="hold", after=0)
    session = api.session(model)
    early, late = connect(), connect()
    early.join(session["id"])
    reply_id = start_reply(api, session["id"])
    early.expect("chat:stream:start", message_id=reply_id)

    joined = late.join(session["id"])
    reader = Reader()
    api.provider.release(model)
    reads(reader, late, session["id"], ended(reply_id))

    assert joined["live"] == [{"message_id": reply_id, "attempt": 1, "offset": 0, "text": ""}]
    assert reader.replies[reply_id].text == behaviours.STEADY_TEXT


def test_a_reader_that_comes_back_after_the_end_gets_the_end(api: Api, connect: Connect) -> None:
    session = api.session(behaviours.STEADY)
    first = connect()
    epoch = first.join(session["id"])["epoch"]
    reply_id = start_reply(api, session["id"])
    reader = Reader()
    reads(reader, first, session["id"], lambda frame: frame["type"] == "chat:stream:token")
    api.until_status(reply_id, frozenset({"complete"}))

    second = connect()
    joined = second.join(session["id"], epoch=epoch, after=reader.seq, live=[reader.position(reply_id)])
    end = second.until(ended(reply_id))

    assert joined["live"] == []
    assert end["content"] == behaviours.STEADY_TEXT
    assert end["seq"] > joined["seq"]


def test_a_connection_lost_again_and_again_costs_no_character(api: Api, connect: Connect) -> None:
    chance = random.Random(11)
    session = api.session(api.provider.one_of_its_own(text=behaviours.STEADY_TEXT, pace=60))
    reader = Reader()
    socket = connect()
    epoch = socket.join(session["id"])["epoch"]
    reply_id = start_reply(api, session["id"])
    connections = 1
    while not reader.ends:
        pieces = iter(range(chance.randint(1, 6)))
        reads(reader, socket, session["id"], partial(is_last, pieces=pieces))
        if not reader.ends:
            socket.connection.close()
            socket = connect()
            live = [reader.position(reply_id)] if reply_id in reader.replies else []
            socket.send("session:join", session_id=session["id"], epoch=epoch, after=reader.seq, live=live)
            connections += 1

    assert connections > 5
    assert reader.replies[reply_id].text == behaviours.STEADY_TEXT


def test_joining_twice_on_one_connection_repeats_no_event(api: Api, socket: Socket) -> None:
    session = api.session()
    for _ in range(2):
        socket.join(session["id"])

    new = api.store(session["id"], "One.")
    socket.settle()

    created = [frame for frame in socket.seen if frame["type"] == "message:created"]
    assert [frame["message"]["id"] for frame in created] == [new["id"]]


def test_events_survive_a_connections_silence(api: Api, connect: Connect) -> None:
    session = api.session()
    gone = connect()
    joined = gone.join(session["id"])
    gone.connection.close()
    stored = [api.store(session["id"], f"Number {n}.") for n in range(60)]

    back = connect()
    back.join(session["id"], epoch=joined["epoch"], after=joined["seq"])
    back.until(lambda frame: frame["type"] == "message:created" and frame["message"]["id"] == stored[-1]["id"])

    created = [frame["message"]["id"] for frame in back.seen if frame["type"] == "message:created"]
    assert created == ids(stored)
