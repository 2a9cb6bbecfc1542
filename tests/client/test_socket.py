"""The client over a real socket, with a server at the other end that keeps the contract and cuts when it is told to."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any

import pytest
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from causerie.client import Client, NotSignedIn, Refused, SessionLeft, connect
from causerie.client import socket as socket_module

pytestmark = pytest.mark.anyio

ANSWER = "Come in out of the wind 🐋, traveller."


class Desk:
    """A server of one session, `s1`, whose tests decide what each frame is answered with."""

    def __init__(self) -> None:
        self.received: list[dict[str, Any]] = []
        self.events: list[dict[str, Any]] = []
        self.rows: dict[str, dict[str, Any]] = {}
        self.connections = 0
        self.heartbeat = 20.0
        self.on: dict[str, Callable[[ServerConnection, dict[str, Any]], Awaitable[None]]] = {
            "session:join": self.join,
            "chat:message": self.say,
        }

    async def serve(self, connection: ServerConnection) -> None:
        self.connections += 1
        welcome = {"type": "welcome", "connection_id": "c", "heartbeat": self.heartbeat, "epoch": "e1", "protocol": 1}
        await connection.send(json.dumps(welcome | {"features": []}))
        with suppress(ConnectionClosed):
            async for text in connection:
                frame = json.loads(text)
                self.received.append(frame)
                if handler := self.on.get(frame["type"]):
                    await handler(connection, frame)

    def frames(self, kind: str) -> list[dict[str, Any]]:
        return [frame for frame in self.received if frame["type"] == kind]

    def event(self, kind: str, **fields: Any) -> dict[str, Any]:
        self.events.append({"type": kind, "seq": len(self.events) + 1, "session_id": "s1", **fields})
        return self.events[-1]

    def row(self, message_id: str, role: str, content: str, status: str) -> dict[str, Any]:
        facts = {"id": message_id, "parent_id": None, "role": role, "content": content, "status": status}
        self.rows[message_id] = facts | {"attempt": 0, "version": 1, "timestamp": "2026-01-01T10:00:00Z"}
        return self.rows[message_id]

    async def join(self, connection: ServerConnection, frame: dict[str, Any]) -> None:
        after = frame.get("after")
        page = {} if after is not None else {"messages": list(self.rows.values())}
        seq = len(self.events) if after is None else after
        joined = {"type": "session:joined", "session_id": "s1", "epoch": "e1", "seq": seq, "session": {"id": "s1"}}
        await send(connection, joined | page | {"live": []}, *self.events[seq:])

    async def say(self, connection: ServerConnection, frame: dict[str, Any]) -> None:
        duplicate = frame["id"] in self.rows
        if not duplicate:
            await self.join(connection, {})
            asked = self.event("message:created", message=self.row(frame["id"], "user", frame["content"], "complete"))
            reply = self.event("message:created", message=self.row(f"r-{frame['id']}", "assistant", "", "queued"))
            await send(connection, asked, reply)
        ack = {"type": "ack", "ref": frame["ref"], "session_id": "s1", "message_id": frame["id"], "seq": 1}
        await send(connection, ack | {"reply": {"id": f"r-{frame['id']}"}, "duplicate": duplicate})

    def start(self, reply: str) -> dict[str, Any]:
        return self.event("chat:stream:start", message_id=reply, attempt=1, intent="chat")

    def end(self, reply: str, content: str = ANSWER, **over: Any) -> dict[str, Any]:
        digest = hashlib.sha256(content.encode()).hexdigest()
        self.rows[reply] |= {"content": content, "status": "complete", "attempt": 1}
        facts = {"content": content, "length": len(content), "sha256": digest} | over
        return self.event("chat:stream:end", message_id=reply, attempt=1, status="complete", **facts)


def token(reply: str, offset: int, text: str) -> dict[str, Any]:
    at = {"session_id": "s1", "message_id": reply, "attempt": 1}
    return {"type": "chat:stream:token", **at, "offset": offset, "token": text}


async def send(connection: ServerConnection, *frames: dict[str, Any]) -> None:
    for frame in frames:
        await connection.send(json.dumps(frame))


@pytest.fixture(autouse=True)
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket_module, "BACKOFF_SECONDS", (0.001, 0.01))
    monkeypatch.setattr(socket_module, "ACK_SECONDS", 0.2)


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture
async def url(desk: Desk) -> AsyncIterator[str]:
    async with serve(desk.serve, "127.0.0.1", 0) as server:
        yield address(server)


@pytest.fixture
async def client(url: str) -> AsyncIterator[Client]:
    async with asyncio.timeout(10), connect(url) as client:
        yield client


def address(server: Server) -> str:
    return f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}/ws"


async def test_saying_makes_a_session_and_its_reply_is_followed(desk: Desk, client: Client) -> None:
    async def answer(connection: ServerConnection, frame: dict[str, Any]) -> None:
        await desk.say(connection, frame)
        reply = f"r-{frame['id']}"
        await send(connection, desk.start(reply), token(reply, 0, ANSWER[:10]), token(reply, 5, ANSWER[5:]))
        await send(connection, desk.end(reply))

    desk.on["chat:message"] = answer

    said = await client.say(None, "Who are you?")
    row = await client.finished(said.session_id, said.reply_id or "")

    assert (said.session_id, said.duplicate) == ("s1", False)
    assert (row["content"], row["status"]) == (ANSWER, "complete")
    assert client.sessions["s1"].text_of(said.message_id) == "Who are you?"
    assert client.divergences == []


async def test_what_is_cut_between_commit_and_ack_is_said_again_under_its_id(desk: Desk, client: Client) -> None:
    async def cut(connection: ServerConnection, frame: dict[str, Any]) -> None:
        desk.row(frame["id"], "user", frame["content"], "complete")
        desk.on["chat:message"] = desk.say
        connection.transport.abort()

    desk.on["chat:message"] = cut

    said = await client.say(None, "Who are you?")

    assert said.duplicate
    assert [frame["id"] for frame in desk.frames("chat:message")] == [said.message_id] * 2


async def test_an_ack_that_does_not_come_makes_a_new_connection(desk: Desk, client: Client) -> None:
    async def ignore(connection: ServerConnection, frame: dict[str, Any]) -> None:
        desk.on["chat:message"] = desk.say

    desk.on["chat:message"] = ignore

    said = await client.say(None, "Who are you?")

    assert not said.duplicate
    assert desk.connections == 2


async def test_acks_that_are_slow_cost_one_connection_and_not_one_each(desk: Desk, client: Client) -> None:
    async def ignore(connection: ServerConnection, frame: dict[str, Any]) -> None:
        if desk.connections > 1:
            desk.on["chat:message"] = desk.say
            await asyncio.sleep(0.1)
            await desk.say(connection, frame)

    desk.on["chat:message"] = ignore

    async def say(number: int) -> None:
        await asyncio.sleep(number * 0.015)  # so that each one's time would be over at another moment
        await client.say(None, f"Who are you, {number}?")

    await asyncio.gather(*(say(number) for number in range(10)))

    assert desk.connections == 2


async def test_a_lost_connection_goes_on_where_it_was(desk: Desk, client: Client) -> None:
    desk.row("r1", "assistant", "", "queued")
    await client.join("s1")

    async def cut(connection: ServerConnection, frame: dict[str, Any]) -> None:
        await send(connection, desk.start("r1"), token("r1", 0, ANSWER[:26]))
        desk.on["session:join"] = resume
        await connection.close(1012)

    async def resume(connection: ServerConnection, frame: dict[str, Any]) -> None:
        at = frame["live"][0]["offset"]
        live = [{"message_id": "r1", "attempt": 1, "offset": at, "text": ANSWER[at:30]}]
        joined = {"type": "session:joined", "session_id": "s1", "epoch": "e1", "seq": frame["after"]}
        await send(connection, joined | {"session": {"id": "s1"}, "live": live}, token("r1", 28, ANSWER[28:]))
        await send(connection, desk.end("r1"))

    desk.on["session:join"] = cut
    await client.drop()
    row = await client.finished("s1", "r1")

    resumed = desk.frames("session:join")[-1]
    assert (resumed["epoch"], resumed["after"]) == ("e1", 1)
    assert resumed["live"] == [{"message_id": "r1", "attempt": 1, "offset": 26}]
    assert row["content"] == ANSWER
    assert client.divergences == []


@pytest.mark.parametrize("retryable", [True, False])
async def test_a_refused_resume_is_tried_again_or_ends_the_following(
    desk: Desk, client: Client, monkeypatch: pytest.MonkeyPatch, retryable: bool
) -> None:
    monkeypatch.setattr(socket_module, "RETRY_SECONDS", 0.01)
    desk.row("r1", "assistant", "", "queued")
    await client.join("s1")

    async def refuse(connection: ServerConnection, frame: dict[str, Any]) -> None:
        desk.on["session:join"] = desk.join
        problem = {"status": 503, "code": "storage_unavailable", "title": "Not now", "retryable": retryable}
        await send(connection, {"type": "error", "ref": frame["ref"], **problem})

    desk.on["session:join"] = refuse
    await client.drop()
    desk.start("r1")
    desk.end("r1")

    if retryable:
        assert (await client.finished("s1", "r1"))["content"] == ANSWER
    else:
        with pytest.raises(SessionLeft):
            await client.finished("s1", "r1")


async def test_a_refusal_says_why_and_the_connection_stays(desk: Desk, client: Client) -> None:
    async def refuse(connection: ServerConnection, frame: dict[str, Any]) -> None:
        problem = {"type": "error", "ref": frame["ref"], "status": 404, "code": "not_found", "title": "Nothing here"}
        await send(connection, problem)

    desk.on["session:join"] = refuse
    with pytest.raises(Refused, match="not_found") as refusal:
        await client.join("s2")

    assert refusal.value.problem["status"] == 404
    assert "s2" not in client.sessions
    assert not (await client.say(None, "Hello")).duplicate
    assert desk.connections == 1


async def test_a_planned_close_is_followed_by_a_new_connection(desk: Desk, client: Client) -> None:
    async def drain(connection: ServerConnection, frame: dict[str, Any]) -> None:
        desk.on["chat:message"] = desk.say
        await send(connection, {"type": "bye", "code": "drain", "retry_after": 0.01})
        await connection.close(1012)

    desk.on["chat:message"] = drain

    assert not (await client.say(None, "Hello")).duplicate
    assert desk.connections == 2


async def test_who_is_signed_out_is_told_and_does_not_come_back(desk: Desk, client: Client) -> None:
    async def revoke(connection: ServerConnection, frame: dict[str, Any]) -> None:
        await connection.close(4401, "revoked")

    desk.on["chat:message"] = revoke

    with pytest.raises(NotSignedIn, match="revoked"):
        await client.say(None, "Hello")
    with pytest.raises(NotSignedIn, match="revoked"):
        await client.join("s1")
    assert desk.connections == 1


async def test_a_silent_connection_is_pinged_and_given_up(desk: Desk, url: str) -> None:
    desk.heartbeat = 0.02
    async with asyncio.timeout(10), connect(url) as client:
        await client.join("s1")
        desk.heartbeat = 20
        await client.until("s1", lambda _: desk.connections == 2 and len(desk.frames("session:join")) == 2)

    assert [frame["n"] for frame in desk.frames("ping")] == [1, 2, 3]


async def test_who_only_listens_pings_too(desk: Desk, url: str) -> None:
    async def talk(connection: ServerConnection) -> None:
        while not desk.frames("ping"):
            await send(connection, {"type": "typing", "session_id": "s1", "who": "Wren", "active": True})
            await asyncio.sleep(0.001)

    async def begin(connection: ServerConnection, frame: dict[str, Any]) -> None:
        await desk.join(connection, frame)
        talks.append(asyncio.create_task(talk(connection)))

    talks: list[asyncio.Task[None]] = []
    desk.heartbeat = 0.05
    desk.on["session:join"] = begin
    async with asyncio.timeout(10), connect(url) as client:
        await client.join("s1")
        await talks[0]

    assert desk.connections == 1


async def test_a_deleted_session_ends_its_following(desk: Desk, client: Client) -> None:
    async def delete(connection: ServerConnection, frame: dict[str, Any]) -> None:
        await send(connection, {"type": "session:deleted", "session_id": "s1", "session": {"id": "s1"}})

    desk.on["chat:stop"] = delete
    await client.join("s1")
    stopping = asyncio.create_task(client.stop("r1"))

    with pytest.raises(SessionLeft):
        await client.until("s1", lambda _: False)
    assert client.sessions == {}
    stopping.cancel()


async def test_a_reply_that_arrived_damaged_is_read_anew(desk: Desk, client: Client) -> None:
    async def damage(connection: ServerConnection, frame: dict[str, Any]) -> None:
        desk.on["session:join"] = desk.join
        await desk.join(connection, frame)
        await send(connection, desk.start("r1"), desk.end("r1") | {"content": "Come in out of the wine"})

    desk.row("r1", "assistant", "", "queued")
    desk.on["session:join"] = damage
    await client.join("s1")

    state = await client.until("s1", lambda state: state.text_of("r1") == ANSWER)

    assert state.messages["r1"]["status"] == "complete"
    assert [frame.get("after") for frame in desk.frames("session:join")] == [None, None]


@pytest.mark.parametrize("verb", ["stop", "retry", "continue", "swipe"])
async def test_verbs_name_what_was_seen_and_are_sent_until_acknowledged(desk: Desk, client: Client, verb: str) -> None:
    async def acknowledge(connection: ServerConnection, frame: dict[str, Any]) -> None:
        ack = {"type": "ack", "ref": frame["ref"], "session_id": "s1", "duplicate": False}
        await send(connection, ack | {"message_id": frame.get("id", frame["message_id"])})

    async def cut(connection: ServerConnection, frame: dict[str, Any]) -> None:
        desk.on[f"chat:{verb}"] = acknowledge
        connection.transport.abort()

    desk.row("r1", "assistant", "Come in", "stopped")["attempt"] = 3
    await client.join("s1")
    desk.on[f"chat:{verb}"] = cut
    call = {"stop": client.stop, "retry": client.retry, "continue": client.carry_on, "swipe": client.swipe}[verb]

    ack = await call("r1")

    first, again = desk.frames(f"chat:{verb}")
    assert first == again
    assert first.get("attempt") == (3 if verb in ("retry", "continue") else None)
    assert ack.message_id == first.get("id", "r1")
    assert (ack.message_id == "r1") == (verb != "swipe")
