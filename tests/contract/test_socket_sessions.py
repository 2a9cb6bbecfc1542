"""What a connection hears of sessions: those it has joined, those it has left, and all others."""

from collections.abc import Callable

import pytest

from tests.contract import behaviours
from tests.contract.assembling import Frame, is_numbered
from tests.contract.making import Api, ids, mint
from tests.contract.sockets import Socket, finished, refused, streaming

Connect = Callable[..., Socket]


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
