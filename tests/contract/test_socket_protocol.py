"""The WebSocket's frames: what each client frame does, in which order the answers come, and what is refused."""

import json
import random
from collections.abc import Callable
from typing import Any

import pytest

from tests.contract import behaviours
from tests.contract.assembling import Frame, Reader, is_numbered
from tests.contract.making import NOBODY, Api, ids, is_uuid, mint
from tests.contract.serving import Server
from tests.contract.sockets import Socket, connected

Connect = Callable[..., Socket]

PROBLEM_MEMBERS = {"title", "status", "code", "detail", "retryable"}
FRAME_LIMIT = 256 * 1024
KINDS = [
    "hello",
    "session:join",
    "session:leave",
    "chat:message",
    "chat:stop",
    "chat:retry",
    "chat:continue",
    "chat:swipe",
    "typing",
    "ping",
]


def refused(frame: Frame, code: str | None = None) -> None:
    """Check that this is an `error` with the members of a problem document."""
    assert frame["type"] == "error", frame
    assert frame.keys() >= PROBLEM_MEMBERS
    if code is not None:
        assert frame["code"] == code, frame


def finished(socket: Socket, message_id: str, **members: Any) -> Frame:
    return socket.expect("chat:stream:end", message_id=message_id, **members)


def streaming(socket: Socket, message_id: str, attempt: int = 1) -> None:
    """Wait until text of this attempt has come."""
    socket.expect("chat:stream:token", message_id=message_id, attempt=attempt)


def test_the_server_speaks_first(server: Server) -> None:
    with connected(server.socket_url) as socket:
        welcome = socket.receive()

    assert welcome["type"] == "welcome"
    assert welcome["protocol"] == 1
    assert welcome["heartbeat"] > 0
    assert welcome["epoch"]
    assert welcome["connection_id"]
    assert isinstance(welcome["features"], list)


def test_connections_have_ids_of_their_own_and_one_epoch(server: Server) -> None:
    welcomes = []
    for _ in range(2):
        with connected(server.socket_url) as socket:
            welcomes.append(socket.receive())

    assert welcomes[0]["connection_id"] != welcomes[1]["connection_id"]
    assert welcomes[0]["epoch"] == welcomes[1]["epoch"]


@pytest.mark.req("S69")
def test_compression_is_not_accepted(socket: Socket) -> None:
    assert socket.connection.response is not None
    assert "Sec-WebSocket-Extensions" not in socket.connection.response.headers


def test_joining_brings_the_session_and_its_last_page(api: Api, socket: Socket) -> None:
    session = api.session(title="Tea")
    stored = [api.store(session["id"], text) for text in ("One.", "Two.")]

    joined = socket.join(session["id"])

    assert joined["session"]["title"] == "Tea"
    assert ids(joined["messages"]) == ids(stored)
    assert joined["live"] == []
    assert joined["seq"] >= 2
    assert joined["epoch"]


@pytest.mark.req("S24")
def test_a_session_that_is_not_there_cannot_be_joined(socket: Socket) -> None:
    refused(socket.answer("session:join", ref="j", session_id=mint()), "not_found")


@pytest.mark.req("S24")
@pytest.mark.parametrize("kind", ["chat:stop", "chat:retry", "chat:continue", "chat:swipe"])
def test_a_verb_on_a_message_that_is_not_there(socket: Socket, kind: str) -> None:
    refused(socket.answer(kind, ref="v", message_id=mint()), "not_found")


@pytest.mark.req("S23")
@pytest.mark.parametrize("name", ["session_id", "parent_id", "character_id", "user_profile_id", "ai_model_id"])
def test_saying_with_a_foreign_id_stores_nothing(api: Api, socket: Socket, name: str) -> None:
    session = api.session(behaviours.QUICK)
    fields = {"session_id": session["id"], "content": "Hello?"} | {name: mint()}

    refused(socket.answer("chat:message", ref="m", **fields), "not_found")

    assert api.branch(session["id"]) == []


def test_saying_joins_then_acknowledges_then_streams(api: Api, socket: Socket) -> None:
    session, message_id = api.session(behaviours.STEADY), mint()

    socket.send("chat:message", id=message_id, session_id=session["id"], content="Who are you?")
    ack = socket.expect("ack", ref=message_id)
    end = finished(socket, ack["reply"]["id"])

    kinds = [frame["type"] for frame in socket.of_session(session["id"])]
    assert kinds.index("session:joined") < kinds.index("ack")
    order = ["session:joined", "chat:stream:start", "chat:stream:token", "chat:stream:end"]
    assert [kinds.index(kind) for kind in order] == sorted(kinds.index(kind) for kind in order)
    assert ack["session_id"] == session["id"]
    assert ack["message_id"] == message_id
    assert ack["duplicate"] is False
    assert end["status"] == "complete"
    assert end["finish_reason"] == "stop"
    assert end["content"] == behaviours.STEADY_TEXT


def test_what_is_streamed_assembles_to_what_is_stored(api: Api, socket: Socket) -> None:
    session, message_id = api.session(behaviours.UNICODE), mint()

    socket.send("chat:message", id=message_id, session_id=session["id"], content="Sing.")
    reply_id = socket.expect("ack", ref=message_id)["reply"]["id"]
    finished(socket, reply_id)

    reader = Reader()
    for frame in socket.of_session(session["id"]):
        reader.take(frame)
    assert reader.replies[reply_id].text == behaviours.UNICODE_TEXT == api.message(reply_id)["content"]


def test_every_joined_connection_gets_the_users_message_and_the_sender_too(api: Api, connect: Connect) -> None:
    session, message_id = api.session(behaviours.QUICK), mint()
    sender, listener = connect(), connect()
    listener.join(session["id"])

    sender.send("chat:message", id=message_id, session_id=session["id"], content="Who are you?")
    ack = sender.expect("ack", ref=message_id)

    for socket in (sender, listener):
        created = socket.until(
            lambda frame: frame["type"] == "message:created" and frame["message"]["id"] == message_id
        )
        assert created["message"]["content"] == "Who are you?"
        assert created["seq"] == ack["seq"]
    listener.settle()
    assert "ack" not in listener.kinds()


def test_two_connections_get_the_same_events_in_the_same_order(api: Api, connect: Connect) -> None:
    session = api.session(behaviours.STEADY)
    sender, listener = connect(), connect()
    for socket in (sender, listener):
        socket.join(session["id"])

    for text in ("One.", "Two."):
        message_id = mint()
        sender.send("chat:message", id=message_id, session_id=session["id"], content=text)
        reply_id = sender.expect("ack", ref=message_id)["reply"]["id"]
        finished(sender, reply_id)
        finished(listener, reply_id)

    def numbered(socket: Socket) -> list[Frame]:
        return [frame for frame in socket.of_session(session["id"]) if is_numbered(frame)]

    for socket in (sender, listener):
        socket.settle()
    assert numbered(sender) == numbered(listener)
    seqs = [frame["seq"] for frame in numbered(sender)]
    assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))


def test_saying_without_a_session_makes_one(api: Api, socket: Socket) -> None:
    message_id = mint()

    socket.send(
        "chat:message",
        id=message_id,
        session_id=None,
        content="Who are you?",
        ai_model_id=api.model(behaviours.QUICK),
        user_persona="A sailor",
        world_time="dusk",
    )
    ack = socket.expect("ack", ref=message_id)
    finished(socket, ack["reply"]["id"])

    session = api.get(f"/sessions/{ack['session_id']}")
    assert (session["user_persona"], session["world_time"]) == ("A sailor", "dusk")
    assert ids(api.branch(session["id"])) == [message_id, ack["reply"]["id"]]


def test_without_an_id_the_server_mints_one_and_saying_again_says_again(api: Api, socket: Socket) -> None:
    session = api.session(behaviours.QUICK)

    acks = [
        socket.answer("chat:message", ref=ref, session_id=session["id"], content="Who are you?") for ref in ("a", "b")
    ]

    assert all(is_uuid(ack["message_id"]) for ack in acks)
    assert acks[0]["message_id"] != acks[1]["message_id"]
    assert [ack["duplicate"] for ack in acks] == [False, False]
    for ack in acks:
        finished(socket, ack["reply"]["id"])


def test_a_known_id_is_answered_as_a_duplicate_of_its_own_session(api: Api, socket: Socket) -> None:
    message_id = mint()
    fields = {"id": message_id, "content": "Who are you?", "ai_model_id": api.model(behaviours.QUICK)}
    first = socket.answer("chat:message", ref="first", session_id=None, **fields)

    again = socket.answer("chat:message", ref="again", session_id=None, **fields)

    assert again["duplicate"] is True
    assert (again["session_id"], again["message_id"]) == (first["session_id"], message_id)
    assert again["reply"]["id"] == first["reply"]["id"]
    finished(socket, first["reply"]["id"])
    assert len(api.branch(first["session_id"])) == 2


@pytest.mark.parametrize("other", ["content", "character_id", "session_id"])
def test_a_known_id_with_something_else_is_a_conflict(api: Api, socket: Socket, other: str) -> None:
    session, message_id = api.session(behaviours.QUICK), mint()
    said = {"id": message_id, "session_id": session["id"], "content": "Who are you?"}
    changes = {
        "content": "Something else.",
        "character_id": api.character()["id"],
        "session_id": api.session(behaviours.QUICK)["id"],
    }
    reply_id = socket.answer("chat:message", ref="first", **said)["reply"]["id"]

    refused(socket.answer("chat:message", ref="second", **(said | {other: changes[other]})), "id_conflict")

    finished(socket, reply_id)
    assert len(api.branch(session["id"])) == 2


def test_a_message_that_wants_no_reply_gets_none(api: Api, socket: Socket) -> None:
    session = api.session(behaviours.QUICK)

    ack = socket.answer("chat:message", ref="m", session_id=session["id"], content="Note.", generate=False)
    socket.settle()

    assert not ack.get("reply")
    assert "chat:stream:start" not in socket.kinds()
    assert ids(api.branch(session["id"])) == [ack["message_id"]]


def test_an_error_that_belongs_to_a_reply_is_in_its_end(api: Api, socket: Socket) -> None:
    session = api.session(behaviours.FAILING)

    ack = socket.answer("chat:message", ref="m", session_id=session["id"], content="Who are you?")
    end = finished(socket, ack["reply"]["id"])

    assert end["status"] == "failed"
    assert end["error"].keys() >= {"code", "title", "detail", "retryable"}
    assert api.message(ack["reply"]["id"])["error"] == end["error"]


def test_stop_ends_with_the_partial_and_may_be_repeated(api: Api, socket: Socket) -> None:
    session = api.session(behaviours.SLOW)
    reply_id = socket.answer("chat:message", ref="m", session_id=session["id"], content="A story?")["reply"]["id"]
    streaming(socket, reply_id)

    acks = [socket.answer("chat:stop", ref=ref, message_id=reply_id) for ref in ("one", "two")]
    end = finished(socket, reply_id)
    late = socket.answer("chat:stop", ref="late", message_id=reply_id)
    socket.settle()

    assert {ack["type"] for ack in [*acks, late]} == {"ack"}
    assert {ack["message_id"] for ack in [*acks, late]} == {reply_id}
    assert end["status"] == "stopped"
    assert end["content"]
    assert behaviours.SLOW_TEXT.startswith(end["content"])
    assert api.message(reply_id)["content"] == end["content"]
    assert socket.kinds().count("chat:stream:end") == 1


def test_a_reply_that_ends_while_queued_has_only_its_end(api: Api, socket: Socket) -> None:
    session = api.session(behaviours.SLOW)
    first = socket.answer("chat:message", ref="a", session_id=session["id"], content="A story?")["reply"]["id"]
    second = socket.answer("chat:message", ref="b", session_id=session["id"], content="Another?")["reply"]["id"]

    socket.answer("chat:stop", ref="stop second", message_id=second)
    end = finished(socket, second)
    socket.answer("chat:stop", ref="stop first", message_id=first)
    finished(socket, first)

    assert (end["status"], end["attempt"], end["content"]) == ("stopped", 0, "")
    streams = [frame["type"] for frame in socket.seen if frame.get("message_id") == second]
    assert [kind for kind in streams if kind.startswith("chat:stream")] == ["chat:stream:end"]


def test_retry_is_a_new_attempt_of_the_same_message(api: Api, socket: Socket) -> None:
    session = api.session(behaviours.SLOW)
    reply_id = socket.answer("chat:message", ref="m", session_id=session["id"], content="A story?")["reply"]["id"]
    streaming(socket, reply_id)
    socket.answer("chat:stop", ref="stop", message_id=reply_id)
    finished(socket, reply_id)
    api.patch(f"/sessions/{session['id']}", ai_model_id=api.model(behaviours.STEADY))

    ack = socket.answer("chat:retry", ref="retry", message_id=reply_id, attempt=1)
    reset = socket.expect("chat:stream:reset", message_id=reply_id)
    end = finished(socket, reply_id, attempt=reset["attempt"])

    assert ack["message_id"] == reply_id
    assert reset["attempt"] > 1
    assert reset["keep"] == 0
    assert (end["status"], end["content"]) == ("complete", behaviours.STEADY_TEXT)
    assert socket.kinds().count("chat:stream:start") == 1
    assert len(api.branch(session["id"])) == 2


def test_retrying_twice_with_the_attempt_that_was_seen_retries_once(api: Api, socket: Socket) -> None:
    session = api.session(behaviours.FAILING)
    reply_id = socket.answer("chat:message", ref="m", session_id=session["id"], content="Hello?")["reply"]["id"]
    failed = finished(socket, reply_id)
    model = api.provider.one_of_its_own(text=behaviours.QUICK_TEXT)
    api.patch(f"/sessions/{session['id']}", ai_model_id=api.model(model))

    for ref in ("one", "two"):
        assert socket.answer("chat:retry", ref=ref, message_id=reply_id, attempt=failed["attempt"])["type"] == "ack"
    finished(socket, reply_id, status="complete")
    late = socket.answer("chat:retry", ref="late", message_id=reply_id, attempt=failed["attempt"])
    socket.settle()

    assert late["type"] == "ack"
    assert socket.kinds().count("chat:stream:reset") == 1
    assert len(api.provider.asked(model)) == 1


def test_continue_keeps_the_partial_and_adds_to_it(api: Api, socket: Socket) -> None:
    text = behaviours.STEADY_TEXT
    model = api.provider.one_of_its_own(text=text, fault="hold", after=120)
    session = api.session(ai_model_id=api.model(model, continue_prefix=True))
    reply_id = socket.answer("chat:message", ref="m", session_id=session["id"], content="A story?")["reply"]["id"]
    socket.text_reaches(120)
    socket.answer("chat:stop", ref="stop", message_id=reply_id)
    stopped = finished(socket, reply_id)
    api.provider.release(model)

    ack = socket.answer("chat:continue", ref="go on", message_id=reply_id, attempt=stopped["attempt"])
    reset = socket.expect("chat:stream:reset", message_id=reply_id)
    end = finished(socket, reply_id, attempt=reset["attempt"])

    assert ack["type"] == "ack"
    assert stopped["content"] == text[:120]
    assert reset["keep"] == stopped["length"]
    assert (end["status"], end["content"]) == ("complete", text)


def test_a_swipe_is_a_new_sibling_under_the_clients_id(api: Api, socket: Socket) -> None:
    session, sibling = api.session(behaviours.QUICK), mint()
    said = socket.answer("chat:message", ref="m", session_id=session["id"], content="Who are you?")
    finished(socket, said["reply"]["id"])

    acks = [socket.answer("chat:swipe", ref=ref, message_id=said["reply"]["id"], id=sibling) for ref in ("one", "two")]
    created = socket.until(lambda frame: frame["type"] == "message:created" and frame["message"]["id"] == sibling)
    end = finished(socket, sibling)
    socket.settle()

    assert {ack["type"] for ack in acks} == {"ack"}
    assert created["message"]["parent_id"] == said["message_id"]
    assert (end["status"], end["content"]) == ("complete", behaviours.QUICK_TEXT)
    starts = [frame for frame in socket.seen if frame["type"] == "chat:stream:start"]
    assert [start["message_id"] for start in starts] == [said["reply"]["id"], sibling]
    assert api.get(f"/sessions/{session['id']}")["active_leaf_id"] == sibling


def test_a_swipe_may_carry_an_instruction(api: Api, socket: Socket) -> None:
    model = api.provider.one_of_its_own(text=behaviours.QUICK_TEXT)
    session = api.session(model)
    said = socket.answer("chat:message", ref="m", session_id=session["id"], content="Who are you?")
    finished(socket, said["reply"]["id"])

    socket.answer("chat:swipe", ref="s", message_id=said["reply"]["id"], id=mint(), instruction="Whisper it.")
    socket.until(lambda frame: frame["type"] == "chat:stream:end" and frame["message_id"] != said["reply"]["id"])

    first, second = (json.dumps(asked["body"]) for asked in api.provider.asked(model))
    assert "Whisper it." not in first
    assert "Whisper it." in second


def test_an_edit_and_a_deletion_reach_who_has_joined(api: Api, socket: Socket) -> None:
    session = api.session()
    message = api.store(session["id"], "Hello.")
    joined = socket.join(session["id"])

    api.patch(f"/messages/{message['id']}", content="Good evening.")
    updated = socket.expect("message:updated")
    api.delete(f"/messages/{message['id']}")
    deleted = socket.expect("message:deleted")

    assert updated["message"]["content"] == "Good evening."
    assert deleted["message"]["id"] == message["id"]
    assert joined["seq"] < updated["seq"] < deleted["seq"]


def test_the_sessions_title_and_counts_reach_who_has_joined(api: Api, socket: Socket) -> None:
    session = api.session()
    socket.join(session["id"])

    api.patch(f"/sessions/{session['id']}", title="Tea")

    updated = socket.until(lambda frame: frame["type"] == "session:updated" and frame["session"]["title"] == "Tea")
    assert "seq" in updated


def test_after_leaving_nothing_of_the_session_comes(api: Api, socket: Socket) -> None:
    session = api.session()
    socket.join(session["id"])
    socket.send("session:leave", session_id=session["id"])
    socket.settle(1)

    api.store(session["id"], "Hello.")
    socket.settle(2)

    assert "message:created" not in socket.kinds()


def test_who_has_not_joined_gets_hints_without_a_number(api: Api, socket: Socket) -> None:
    session = api.session(title="Tea")
    created = socket.until(lambda frame: frame["type"] == "session:created" and frame["session_id"] == session["id"])
    api.patch(f"/sessions/{session['id']}", title="Coffee")
    updated = socket.until(lambda frame: frame["type"] == "session:updated" and frame["session"]["title"] == "Coffee")
    api.store(session["id"], "A secret.")
    api.delete(f"/sessions/{session['id']}")
    deleted = socket.until(lambda frame: frame["type"] == "session:deleted" and frame["session_id"] == session["id"])

    assert created["session"]["title"] == "Tea"
    for hint in (created, updated, deleted):
        assert "seq" not in hint
    assert "message:created" not in socket.kinds()


def test_who_has_not_joined_learns_that_something_was_said(api: Api, socket: Socket) -> None:
    session = api.session(behaviours.QUICK)

    api.say(session["id"], "Who lives in the lighthouse?")

    hint = socket.until(
        lambda frame: (
            frame["type"] == "session:updated"
            and frame["session_id"] == session["id"]
            and frame["session"]["total_messages"] == 2
        )
    )
    assert hint["session"]["title"].startswith("Who lives in the")
    assert "seq" not in hint
    assert not [kind for kind in socket.kinds() if kind.startswith(("message:", "chat:"))]


@pytest.mark.req("S24")
def test_a_session_in_the_trash_can_neither_be_joined_nor_spoken_in(api: Api, socket: Socket) -> None:
    session = api.session(behaviours.QUICK)
    api.delete(f"/sessions/{session['id']}")

    refused(socket.answer("session:join", ref="j", session_id=session["id"]), "not_found")
    refused(socket.answer("chat:message", ref="m", session_id=session["id"], content="Anyone?"), "not_found")


def test_one_connection_follows_many_sessions(api: Api, socket: Socket) -> None:
    sessions = [api.session()["id"] for _ in range(40)]
    for session_id in sessions:
        socket.join(session_id)

    for session_id in sessions:
        api.store(session_id, "Hello.")
    socket.send("ping", n=7)

    assert {head["session_id"] for head in socket.expect("pong", n=7)["heads"]} == set(sessions)
    for session_id in sessions:
        socket.expect("message:created", session_id=session_id)


def test_deleting_a_session_ends_its_joins(api: Api, socket: Socket) -> None:
    session = api.session()
    socket.join(session["id"])

    api.delete(f"/sessions/{session['id']}")
    socket.expect("session:deleted", session_id=session["id"])
    api.http.post(f"/sessions/{session['id']}/restore")
    api.store(session["id"], "Back.")
    socket.settle()

    assert "message:created" not in socket.kinds()


def test_typing_reaches_the_other_connections(api: Api, connect: Connect) -> None:
    session = api.session()
    typist, reader = connect(), connect()
    for socket in (typist, reader):
        socket.join(session["id"])

    typist.send("typing", session_id=session["id"], active=True)

    frame = reader.expect("typing", session_id=session["id"])
    assert frame["active"] is True
    assert frame["who"]


@pytest.mark.req("S24")
def test_typing_in_a_session_that_is_not_there(socket: Socket) -> None:
    refused(socket.answer("typing", ref="t", session_id=mint(), active=True), "not_found")


def test_pong_repeats_the_number_and_shows_the_heads(api: Api, socket: Socket) -> None:
    session = api.session(behaviours.SLOW)
    reply_id = socket.answer("chat:message", ref="m", session_id=session["id"], content="A story?")["reply"]["id"]
    streaming(socket, reply_id)

    socket.send("ping", n=41)
    pong = socket.expect("pong", n=41)
    socket.answer("chat:stop", ref="stop", message_id=reply_id)
    finished(socket, reply_id)
    socket.send("ping", n=42)
    quiet = socket.expect("pong", n=42)

    (head,) = pong["heads"]
    (live,) = head["live"]
    assert head["session_id"] == session["id"]
    assert (live["message_id"], live["attempt"]) == (reply_id, 1)
    assert live["offset"] > 0
    (head,) = quiet["heads"]
    assert head["live"] == []
    assert head["seq"] == max(frame["seq"] for frame in socket.seen if is_numbered(frame))


def test_hello_is_welcome_though_nobody_needs_it_here(socket: Socket) -> None:
    socket.send("hello")
    socket.settle()

    assert "error" not in socket.kinds()


@pytest.mark.parametrize(
    "frame",
    [
        {"type": "chat:sing"},
        {"type": "welcome"},
        {"type": 7},
        {},
        {"type": "ping"},
        {"type": "ping", "n": "one"},
        {"type": "ping", "n": 1, "loud": True},
        {"type": "session:join"},
        {"type": "session:join", "session_id": "not-an-id"},
        {"type": "session:join", "session_id": 7},
        {"type": "chat:message", "session_id": None},
        {"type": "chat:message", "session_id": None, "content": 7},
        {"type": "chat:message", "session_id": None, "content": "Hello", "id": "not-an-id"},
        {"type": "chat:stop"},
        {"type": "chat:retry", "message_id": NOBODY, "attempt": "last"},
        {"type": "typing", "session_id": NOBODY, "active": "yes, very"},
    ],
    ids=lambda frame: json.dumps(frame)[:60],
)
def test_a_frame_that_is_none_is_answered_by_an_error_with_its_ref(socket: Socket, frame: Frame) -> None:
    socket.connection.send(json.dumps(frame | {"ref": "mine"}))

    refused(socket.expect("error", ref="mine"))
    socket.settle(99)


def test_an_unknown_field_changes_nothing(api: Api, socket: Socket) -> None:
    session = api.session(behaviours.QUICK)

    answer = socket.answer(
        "chat:message", ref="m", session_id=session["id"], content="Hello?", user_id=mint(), status="complete"
    )

    refused(answer)
    assert api.branch(session["id"]) == []


def test_a_message_over_the_limit_is_too_long(api: Api, socket: Socket) -> None:
    session = api.session(behaviours.QUICK)

    answer = socket.answer("chat:message", ref="m", session_id=session["id"], content="é" * 32_769)

    refused(answer)
    assert "too_long" in {answer["code"]} | {error["code"] for error in answer.get("errors") or []}
    assert api.branch(session["id"]) == []


def test_a_ref_may_have_64_characters_and_not_one_more(socket: Socket) -> None:
    refused(socket.answer("chat:stop", ref="r" * 64, message_id=mint()), "not_found")

    socket.send("chat:stop", ref="r" * 65, message_id=mint())

    too_long = socket.until(lambda frame: frame["type"] == "error" and frame.get("ref") != "r" * 64)
    assert too_long["code"] != "not_found"


@pytest.mark.req("S74")
@pytest.mark.req("S50")
@pytest.mark.parametrize(
    "text",
    [
        "",
        "not json",
        "[]",
        "null",
        '"ping"',
        "7",
        '{"type": "ping", "n": NaN}',
        '{"type": "ping", "n": Infinity}',
        '{"type": "ping", "n": 1e999}',
        '{"type": "ping", "n": 123456789012345678901234567890}',
        '{"type": "ping", "n": 1',
        '{"type": "ping\\u0000", "n": 1}',
        '{"type": "chat:message", "session_id": null, "content": "a\\u0000b"}',
        "[" * 100_000,
        '{"a":' * 20_000 + "1" + "}" * 20_000,
        '{"type": "ping", "n": ' + "[" * 65 + "]" * 65 + "}",
    ],
    ids=range(16),
)
def test_text_that_is_no_frame_is_answered_and_harms_nobody(connect: Connect, text: str) -> None:
    sender, bystander = connect(), connect()

    sender.connection.send(text)

    refused(sender.expect("error"))
    sender.settle(1)
    bystander.settle(2)


@pytest.mark.req("S50")
def test_a_lone_surrogate_is_replaced(api: Api, socket: Socket) -> None:
    session = api.session()

    fields = {"session_id": session["id"], "content": "a\ud800b", "generate": False}

    ack = socket.answer("chat:message", ref="m", **fields)

    assert api.message(ack["message_id"])["content"] == "a\ufffdb"


@pytest.mark.req("S74")
def test_a_binary_frame_closes_its_own_connection_only(connect: Connect) -> None:
    sender, bystander = connect(), connect()

    sender.connection.send(b'{"type": "ping", "n": 1}')

    assert sender.close_code() == 1003
    bystander.settle()


def test_a_frame_of_256_kib_is_read_and_a_longer_one_is_not(connect: Connect) -> None:
    socket = connect()
    frame = json.dumps({"type": "chat:sing", "ref": "r", "text": ""})
    socket.connection.send(frame[:-2] + "x" * (FRAME_LIMIT - len(frame)) + frame[-2:])
    refused(socket.expect("error", ref="r"))

    socket.connection.send(frame[:-2] + "x" * (FRAME_LIMIT - len(frame) + 1) + frame[-2:])

    assert socket.close_code() == 1009


@pytest.mark.req("S69")
@pytest.mark.req("S74")
def test_16_mib_are_not_read(connect: Connect) -> None:
    sender, bystander = connect(), connect()

    announced = b"\x81\xff" + (16 << 20).to_bytes(8, "big") + bytes(4)  # a masked text frame of 16 MiB begins
    sender.connection.socket.sendall(announced + b"x" * 1_000)

    assert sender.close_code() == 1009
    bystander.settle()


@pytest.mark.req("S74")
def test_frames_made_by_chance_harm_nobody(api: Api, connect: Connect) -> None:
    chance = random.Random(5)
    session = api.session(title="Untouched")
    message = api.store(session["id"], "Untouched")
    values: list[object] = [None, True, 0, -1, 2**70, 1.5, "", "x", "\x00", "é" * 300, [], {}, [[]], NOBODY, mint()]
    fields = ["ref", "n", "id", "session_id", "message_id", "content", "attempt", "live", "after", "epoch", "active"]
    kinds = [*KINDS, "welcome", "", "chat:stream:token", "CHAT:STOP", None, 7]
    sender, bystander = connect(), connect()

    for n in range(400):
        frame = {"type": chance.choice(kinds)} | {
            name: chance.choice(values) for name in chance.sample(fields, chance.randint(0, 6))
        }
        text = json.dumps(frame)
        sender.connection.send(text if chance.random() < 0.8 else text[: chance.randint(0, len(text))])
        if n % 100 == 99:
            sender.settle(1_000 + n)

    bystander.settle(2_000)
    assert api.get(f"/sessions/{session['id']}")["title"] == "Untouched"
    assert api.message(message["id"])["content"] == "Untouched"
