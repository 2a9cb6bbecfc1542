"""Saying something over the WebSocket: what it stores, and how it is answered."""

import pytest

from tests.contract import behaviours
from tests.contract.assembling import Reader
from tests.contract.making import Api, ids, is_uuid, mint
from tests.contract.sockets import Socket, finished, refused


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


@pytest.mark.req("S50")
def test_a_lone_surrogate_is_replaced(api: Api, socket: Socket) -> None:
    session = api.session()

    fields = {"session_id": session["id"], "content": "a\ud800b", "generate": False}

    ack = socket.answer("chat:message", ref="m", **fields)

    assert api.message(ack["message_id"])["content"] == "a\ufffdb"
