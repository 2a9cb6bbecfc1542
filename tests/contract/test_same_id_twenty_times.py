"""A client that is not sure whether it was heard says it again: one message and one reply come of it."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Barrier

import pytest

from tests.contract import behaviours
from tests.contract.making import FINAL, Api, Row, ids, mint
from tests.contract.serving import Server
from tests.contract.sockets import Socket, connected

TIMES = 20


@pytest.mark.parametrize("known_session", [True, False], ids=["in a session", "without a session"])
def test_over_twenty_sockets_at_once(api: Api, server: Server, known_session: bool) -> None:
    model = api.provider.one_of_its_own(text=behaviours.QUICK_TEXT)
    session_id = api.session()["id"] if known_session else None
    message_id = mint()
    fields = {"session_id": session_id, "content": "Who are you?", "ai_model_id": api.model(model)}
    together = Barrier(TIMES)

    def say(socket: Socket) -> Row:
        socket.receive()
        together.wait(10)
        return socket.answer("chat:message", ref="mine", id=message_id, **fields)

    with ExitStack() as stack, ThreadPoolExecutor(TIMES) as threads:
        sockets = [stack.enter_context(connected(server.socket_url)) for _ in range(TIMES)]
        acks = list(threads.map(say, sockets))

    assert {ack["type"] for ack in acks} == {"ack"}
    assert sorted(ack["duplicate"] for ack in acks) == [False] + [True] * (TIMES - 1)
    assert len({(ack["session_id"], ack["message_id"], ack["reply"]["id"]) for ack in acks}) == 1
    assert api.until_status(acks[0]["reply"]["id"], FINAL)["content"] == behaviours.QUICK_TEXT
    assert ids(api.branch(acks[0]["session_id"])) == [message_id, acks[0]["reply"]["id"]]
    assert api.get(f"/sessions/{acks[0]['session_id']}")["total_messages"] == 2
    assert len(api.provider.asked(model)) == 1


def test_twenty_times_over_one_socket(api: Api, server: Server) -> None:
    session, message_id = api.session(behaviours.QUICK), mint()
    with connected(server.socket_url) as socket:
        socket.receive()
        for n in range(TIMES):
            socket.send("chat:message", ref=str(n), id=message_id, session_id=session["id"], content="Who are you?")
        acks = [socket.expect("ack", ref=str(n)) for n in range(TIMES)]
        socket.expect("chat:stream:end")
        socket.settle()

    assert [ack["duplicate"] for ack in acks] == [False] + [True] * (TIMES - 1)
    assert len({ack["reply"]["id"] for ack in acks}) == 1
    created = [frame["message"]["id"] for frame in socket.seen if frame["type"] == "message:created"]
    assert created.count(message_id) == 1
    assert socket.kinds().count("chat:stream:end") == 1


@pytest.mark.parametrize("known_session", [True, False], ids=["in a session", "without a session"])
def test_over_rest_twenty_at_once(api: Api, known_session: bool) -> None:
    model = api.provider.one_of_its_own(text=behaviours.QUICK_TEXT)
    session_id = api.session()["id"] if known_session else None
    message_id, model_id = mint(), api.model(model)
    together = Barrier(TIMES)

    def say(_: int) -> Row:
        together.wait(10)
        return api.say(session_id, "Who are you?", message_id=message_id, ai_model_id=model_id)

    with ThreadPoolExecutor(TIMES) as threads:
        answers = list(threads.map(say, range(TIMES)))

    assert {answer["user_message"]["id"] for answer in answers} == {message_id}
    assert len({(answer["chat_session_id"], answer["ai_message"]["id"]) for answer in answers}) == 1
    assert {answer["ai_message"]["content"] for answer in answers} == {behaviours.QUICK_TEXT}
    assert len(api.branch(answers[0]["chat_session_id"])) == 2
    assert len(api.provider.asked(model)) == 1


def test_twenty_swipes_with_one_id_are_one_sibling(api: Api) -> None:
    model = api.provider.one_of_its_own(text=behaviours.QUICK_TEXT)
    session = api.session(model)
    reply, sibling = api.say(session["id"], "Who are you?")["ai_message"], mint()

    with ThreadPoolExecutor(TIMES) as threads:
        answers = list(threads.map(lambda _: api.act(reply["id"], "swipe", id=sibling), range(TIMES)))

    assert {answer.status_code for answer in answers} == {200}
    assert ids(api.get(f"/messages/{sibling}/siblings")["items"]) == [reply["id"], sibling]
    assert len(api.provider.asked(model)) == 2
