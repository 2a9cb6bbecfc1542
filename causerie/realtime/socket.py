"""The socket `/ws`: frames in, one unit of work each; frames out, drained from one channel."""

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any, Protocol
from uuid import UUID

import structlog
from starlette.requests import HTTPConnection
from starlette.types import Receive, Scope, Send

from causerie.chats import encoding, events, service
from causerie.chats.following import Channel, Following, Frame
from causerie.chats.service import Starter
from causerie.db.database import Database
from causerie.db.work import Actor, Work
from causerie.errors import CauserieError
from causerie.failpoints import failpoint
from causerie.http.front import ServerFault
from causerie.http.state import SignIn
from causerie.ids import new_id
from causerie.realtime.frames import (
    FEATURES,
    AnyClientFrame,
    ChatMessage,
    Continue,
    Hello,
    Join,
    Leave,
    Ping,
    Retry,
    Stop,
    Swipe,
    TypingNow,
    read_frame,
)

HEARTBEAT_SECONDS = 20
MISSED_HEARTBEATS = 3
STALL_SECONDS = 60
LOOK_SECONDS = 5
SLEPT_SECONDS = 3
CLOSE_SECONDS = 1
RETRY_AFTER_SECONDS = 1

SILENT, BINARY, FAULT, GOING_AWAY, STALLED = 1001, 1003, 1011, 1012, 4413

log = structlog.get_logger(__name__)


class Node(Protocol):
    """What a connection needs of its node; the application's state is one."""

    database: Database
    following: Following
    starter: Starter
    sign_in: SignIn


class Sockets:
    """All connections of this node, and the one task that looks after them. An ASGI application for `websocket`."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._open: set[Connection] = set()
        self._draining = False
        self._empty = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection until it ends."""
        connection = Connection(self._node, self._node.sign_in(HTTPConnection(scope)), receive, send)
        self._open.add(connection)
        try:
            if self._draining:
                connection.leave()
            await connection.serve()
        finally:
            self._open.discard(connection)
            if not self._open:
                self._empty.set()

    async def look_after(self) -> None:
        """Close what has not been heard for three heartbeats or reads nothing any more. Runs until cancelled."""
        looked = time.monotonic()
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            now = time.monotonic()
            if now - looked > LOOK_SECONDS + SLEPT_SECONDS:
                # This process was frozen, and what its clients sent meanwhile is still to be read.
                await self.woke()
            looked = now
            self.look(now)

    def look(self, now: float) -> None:
        """Close what is silent or stuck at this moment (of `time.monotonic`)."""
        for connection in self._open:
            connection.look(now)

    async def woke(self) -> None:
        """After a sleep of the process give each client one heartbeat to show that it is still there."""
        now = time.monotonic()
        for connection in self._open:
            connection.forgive(now)

    async def drain(self) -> None:
        """Say `bye` on every connection and close it, also when its client does not read."""
        self._draining = True
        for connection in self._open:
            connection.leave()
        self._empty.clear()
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                if self._open:
                    await self._empty.wait()
        except TimeoutError:
            for connection in self._open:
                connection.end(GOING_AWAY)

    def health(self) -> dict[str, Any]:
        """Return how many connections are open."""
        return {"open": len(self._open)}


class Connection:
    """One client. The task that serves it reads and answers; a second one drains its channel."""

    __slots__ = (
        "_actor",
        "_channel",
        "_ending",
        "_heard",
        "_id",
        "_leaving",
        "_node",
        "_reader",
        "_receive",
        "_send",
        "_sending_since",
    )

    def __init__(self, node: Node, actor: Actor, receive: Receive, send: Send) -> None:
        self._node = node
        self._actor = actor
        self._receive = receive
        self._send = send
        self._id = new_id()
        self._channel = Channel()
        self._heard = time.monotonic()
        self._sending_since: float | None = None
        self._leaving = False
        self._ending: int | None = None
        self._reader: asyncio.Task[Any] | None = None

    async def serve(self) -> None:
        """Accept the connection, greet it, and answer its frames until one side ends it."""
        await self._receive()
        await self._send({"type": "websocket.accept"})
        self._reader = asyncio.current_task()
        self._channel.push(Frame(self._welcome()))
        if self._leaving:
            self.leave()
        self._node.following.register(self._channel, self._actor, curious=True)
        writer = asyncio.create_task(self._write(), name="socket writer")
        try:
            await self._read()
        except asyncio.CancelledError:
            if self._ending is None:
                raise
        finally:
            self._reader = None
            self._node.following.close(self._channel)
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)
        if self._ending is not None:
            await self._close(self._ending)

    def look(self, now: float) -> None:
        """End the connection if it is silent or stuck."""
        if self._channel.stalled or (self._sending_since is not None and now - self._sending_since > STALL_SECONDS):
            self.end(STALLED)
        elif now - self._heard > MISSED_HEARTBEATS * HEARTBEAT_SECONDS:
            self.end(SILENT)

    def forgive(self, now: float) -> None:
        """Count neither silence nor a full buffer that lie before this moment; the next heartbeat must come."""
        self._heard = now - (MISSED_HEARTBEATS - 1) * HEARTBEAT_SECONDS
        if self._sending_since is not None:
            self._sending_since = now

    def leave(self) -> None:
        """Send what waits, say `bye`, and close."""
        self._leaving = True
        if self._reader is not None:
            bye = events.Bye(code=GOING_AWAY, retry_after=RETRY_AFTER_SECONDS)
            self._channel.push(Frame(bye.model_dump_json()))
            self._channel.finish()

    def end(self, code: int) -> None:
        """Close with this code, whatever still waits."""
        if self._ending is None and self._reader is not None:
            self._ending = code
            self._reader.cancel()

    async def _close(self, code: int) -> None:
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._send({"type": "websocket.close", "code": code})
        except (TimeoutError, OSError):
            log.debug("socket_was_gone", connection_id=str(self._id))

    # Writing.

    async def _write(self) -> None:
        send, frames = self._send, self._channel.frames
        try:
            while batch := await frames():
                self._sending_since = time.monotonic()
                for frame in batch:
                    await send({"type": "websocket.send", "text": frame.body})
                self._sending_since = None
        except OSError:
            return  # the client is gone, which the reader is told too
        except Exception:
            # A connection that cannot be written to would look alive for ever.
            log.exception("socket_writer_failed", connection_id=str(self._id))
            self.end(FAULT)
            return
        self.end(STALLED if self._channel.stalled else GOING_AWAY)

    def _welcome(self) -> str:
        return events.Welcome(
            connection_id=self._id,
            heartbeat=HEARTBEAT_SECONDS,
            epoch=self._node.following.epoch,
            features=FEATURES,
        ).model_dump_json()

    # Reading: a frame at a time, so that what is said in one session keeps its order.

    async def _read(self) -> None:
        while True:
            message = await self._receive()
            if message["type"] == "websocket.disconnect":
                return
            self._heard = time.monotonic()
            text = message.get("text")
            if text is None:
                self._ending = BINARY
                return
            ref, frame = read_frame(text)
            try:
                if isinstance(frame, CauserieError):
                    raise frame
                await self._answer(ref, frame)
            except CauserieError as refusal:
                self._refuse(ref, refusal)
            except Exception:
                # One frame's fault must not end the connection: its sender is told, everybody else is unharmed.
                log.exception("frame_failed", connection_id=str(self._id), type=getattr(frame, "type", None))
                self._refuse(ref, ServerFault("The server has a fault; its log has the details under this id."))

    async def _answer(self, ref: str | None, frame: AnyClientFrame) -> None:
        following, channel, database = self._node.following, self._channel, self._node.database
        match frame:
            case Ping(n=n):
                channel.push(Frame(self._pong(n)))
            case ChatMessage():
                await self._say(ref, frame)
            case Join():
                live = [place.place() for place in frame.live]
                await following.join(
                    self._actor, channel, frame.session_id, epoch=frame.epoch, after=frame.after, live=live
                )
            case Leave(session_id=session_id):
                following.leave(channel, session_id)
            case Stop(message_id=message_id):
                message = await database.work(self._actor, service.stop, message_id)
                self._ack(ref, message.session_id, message_id)
            case Retry(message_id=message_id):
                await self._ask(ref, service.retry, message_id, frame.asked())
            case Continue(message_id=message_id):
                await self._ask(ref, service.continue_, message_id, frame.asked())
            case Swipe(message_id=message_id):
                await self._ask(ref, service.swipe, message_id, frame.new())
            case TypingNow():
                await self._tell_typing(frame)
            case Hello():
                pass  # whoever reaches this socket without accounts is the owner already

    async def _say(self, ref: str | None, frame: ChatMessage) -> None:
        following, channel, session_id = self._node.following, self._channel, frame.session_id
        if session_id is not None and not following.has_joined(channel, session_id):
            await following.join(self._actor, channel, session_id)

        def say(work: Work) -> service.Said:
            said = service.say(work, frame.saying(), self._node.starter)
            if following.has_joined(channel, said.session_id):
                work.on_commit(lambda: self._acknowledge(ref, said))  # ahead of the events that it causes
            return said

        said = await self._node.database.work(self._actor, say)
        if said.began:
            await following.join_new(self._actor, channel, said.session_id)
            self._acknowledge(ref, said)
        elif session_id is None and not following.has_joined(channel, said.session_id):
            await following.join(self._actor, channel, said.session_id)
            self._acknowledge(ref, said)

    def _acknowledge(self, ref: str | None, said: service.Said) -> None:
        failpoint("after_commit_before_ack")
        body = encoding.ack(
            said.session_id,
            said.user_message.id,
            ref=ref,
            seq=said.seq,
            message=said.user_message.model_dump_json(exclude={"position", "sibling_ids"}),
            reply_id=said.ai_message.id if said.ai_message else None,
            duplicate=said.duplicate,
        )
        self._channel.push(Frame(body))

    async def _ask(self, ref: str | None, verb: Callable[..., service.Asked], message_id: UUID, body: object) -> None:
        asked = await self._node.database.work(self._actor, verb, message_id, body, self._node.starter)
        self._ack(ref, asked.message.session_id, asked.message.id, duplicate=not asked.changed)

    def _ack(self, ref: str | None, session_id: UUID, message_id: UUID, *, duplicate: bool = False) -> None:
        self._channel.push(Frame(encoding.ack(session_id, message_id, ref=ref, duplicate=duplicate)))

    async def _tell_typing(self, frame: TypingNow) -> None:
        following = self._node.following
        if not following.has_joined(self._channel, frame.session_id):
            await self._node.database.read(self._actor, service.get, frame.session_id)
        typing = events.Typing(session_id=frame.session_id, who=str(self._actor.user_id), active=frame.active)
        following.tell_others(self._actor, self._channel, frame.session_id, typing.model_dump_json())

    def _pong(self, n: int) -> str:
        heads = [
            events.Head(
                session_id=head.session_id,
                seq=head.seq,
                live=[
                    events.HeadReply(message_id=place.message_id, attempt=place.attempt, offset=place.offset)
                    for place in head.live
                ],
            )
            for head in self._node.following.heads(self._channel)
        ]
        delayed = True if self._node.following.delayed else None
        return events.Pong(n=n, heads=heads, delayed=delayed).model_dump_json(exclude_none=True)

    def _refuse(self, ref: str | None, refusal: CauserieError) -> None:
        problem = refusal.problem(str(self._id)).model_dump(mode="json", exclude_none=True)
        told = {"ref": ref} if ref is not None else {}
        body = json.dumps({**problem, "type": "error", **told}, ensure_ascii=False, separators=(",", ":"))
        self._channel.push(Frame(body))
