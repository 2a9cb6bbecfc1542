"""Stop, retry, continue and swipe over the WebSocket."""

import json

import pytest

from tests.contract import behaviours
from tests.contract.making import Api, mint
from tests.contract.sockets import Socket, finished, refused, streaming


@pytest.mark.req("S24")
@pytest.mark.parametrize("kind", ["chat:stop", "chat:retry", "chat:continue", "chat:swipe"])
def test_a_verb_on_a_message_that_is_not_there(socket: Socket, kind: str) -> None:
    refused(socket.answer(kind, ref="v", message_id=mint()), "not_found")


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
