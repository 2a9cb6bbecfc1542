"""The socket `/ws`: frames in, one unit of work each; frames out, drained from one channel."""

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import structlog
from starlette.datastructures import State
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from causerie.chats import encoding, service
from causerie.chats.errors import SessionNotFound
from causerie.chats.following import Channel, Following, Frame
from causerie.chats.schemas import SessionOut
from causerie.chats.signals import Starter
from causerie.db.database import Database
from causerie.db.work import Actor, Work
from causerie.errors import CauserieError
from causerie.http.front import ServerFault
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

PROTOCOL = 1
HEARTBEAT_SECONDS = 20
MISSED_HEARTBEATS = 3
STALL_SECONDS = 60
LOOK_SECONDS = 5
CLOSE_SECONDS = 1
RETRY_AFTER_SECONDS = 1

GOING_AWAY, UNSUPPORTED, STALLED, NO_HEARTBEAT = 1012, 1003, 4413, 1001

log = structlog.get_logger(__name__)


class Sockets:
    """All connections of this node, and the one task that looks after them."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._open: set[Connection] = set()

    async def __call__(self, websocket: WebSocket) -> None:
        """Serve one connection until it ends."""
        actor = self._state.sign_in(websocket)
        connection = Connection(websocket, self._state, actor)
        self._open.add(connection)
        try:
            await connection.serve()
        finally:
            self._open.discard(connection)

    async def look_after(self) -> None:
        """Close what has not been heard for three heartbeats or reads nothing any more. Runs until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            now = time.monotonic()
            for connection in list(self._open):
                connection.look(now)

    async def drain(self) -> None:
        """Say `bye` on every connection and close it."""
        bye = Frame(_frame(type="bye", code=GOING_AWAY, retry_after=RETRY_AFTER_SECONDS))
        await asyncio.gather(*(connection.leave(bye, GOING_AWAY) for connection in self._open))

    def health(self) -> dict[str, Any]:
        """Return how many connections are open."""
        return {"open": len(self._open)}


class Connection:
    """One client. The reader is the task that serves it; the writer drains its channel."""

    def __init__(self, websocket: WebSocket, state: State, actor: Actor) -> None:
        self._websocket = websocket
        self._database: Database = state.database
        self._following: Following = state.following
        self._starter: Starter = state.starter
        self._actor = actor
        self._channel = Channel()
        self._heard = time.monotonic()
        self._sending_since: float | None = None
        self._close_code: int | None = None
        self._reader: asyncio.Task[Any] | None = None
        self._drained = asyncio.Event()

    async def serve(self) -> None:
        """Accept the connection, greet it, and answer its frames until one side ends it."""
        await self._websocket.accept()
        self._reader = asyncio.current_task()
        self._following.register(self._channel, self._actor, curious=True)
        self._channel.push(Frame(self._welcome()))
        writer = asyncio.create_task(self._write(), name="socket writer")
        try:
            await self._read()
        except WebSocketDisconnect:
            self._close_code = self._close_code or 1000
        except asyncio.CancelledError:
            if self._close_code is None:
                raise
        finally:
            self._following.close(self._channel)
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)
            await self._close()

    def look(self, now: float) -> None:
        """End the connection if it is silent or stuck."""
        if self._channel.stalled or (self._sending_since is not None and now - self._sending_since > STALL_SECONDS):
            self._end(STALLED)
        elif now - self._heard > MISSED_HEARTBEATS * HEARTBEAT_SECONDS:
            self._end(NO_HEARTBEAT)

    async def leave(self, last: Frame, code: int) -> None:
        """Send a last frame, as far as the client still reads, and close."""
        self._channel.push(last)
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._drained.wait()
        except TimeoutError:
            log.info("socket_left_unread")
        self._end(code)

    def _end(self, code: int) -> None:
        if self._close_code is None and self._reader is not None:
            self._close_code = code
            self._reader.cancel()

    async def _close(self) -> None:
        if self._websocket.application_state is WebSocketState.CONNECTED:
            try:
                async with asyncio.timeout(CLOSE_SECONDS):
                    await self._websocket.close(self._close_code or 1000)
            except (TimeoutError, RuntimeError, WebSocketDisconnect, OSError):
                log.debug("socket_was_gone")  # whoever does not read cannot be told goodbye

    # Writing.

    async def _write(self) -> None:
        send, frames = self._websocket.send, self._channel.frames
        while batch := await frames():
            self._drained.clear()
            self._sending_since = time.monotonic()
            for frame in batch:
                await send({"type": "websocket.send", "text": frame.body})
            self._sending_since = None
            if self._channel.idle:
                self._drained.set()
        if self._channel.stalled:
            self._end(STALLED)

    def _welcome(self) -> str:
        return _frame(
            type="welcome",
            connection_id=str(new_id()),
            heartbeat=HEARTBEAT_SECONDS,
            epoch=self._following.epoch,
            protocol=PROTOCOL,
            features=FEATURES,
        )

    # Reading: a frame at a time, so that what is said in one session keeps its order.

    async def _read(self) -> None:
        while True:
            message = await self._websocket.receive()
            if message["type"] == "websocket.disconnect":
                return
            self._heard = time.monotonic()
            text = message.get("text")
            if text is None:
                self._close_code = UNSUPPORTED
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
                log.exception("frame_failed", type=getattr(frame, "type", None))
                self._refuse(ref, ServerFault("The server has a fault; its log has the details."))

    async def _answer(self, ref: str | None, frame: AnyClientFrame) -> None:
        match frame:
            case Ping(n=n):
                self._channel.push(Frame(self._pong(n)))
            case ChatMessage():
                await self._say(ref, frame)
            case Join():
                live = [place.place() for place in frame.live]
                await self._following.join(
                    self._actor, self._channel, frame.session_id, epoch=frame.epoch, after=frame.after, live=live
                )
            case Leave(session_id=session_id):
                self._following.leave(self._channel, session_id)
            case Stop(message_id=message_id):
                message = await self._database.work(self._actor, service.stop, message_id)
                self._ack(ref, message.session_id, message_id)
            case Retry(message_id=message_id):
                await self._ask(ref, service.retry, message_id, frame.asked())
            case Continue(message_id=message_id):
                await self._ask(ref, service.continue_, message_id, frame.asked())
            case Swipe(message_id=message_id):
                await self._ask(ref, service.swipe, message_id, frame.new())
            case TypingNow():
                self._tell_typing(frame)
            case Hello():
                pass  # whoever reaches this socket without accounts is the owner already

    async def _say(self, ref: str | None, frame: ChatMessage) -> None:
        following, channel, session_id = self._following, self._channel, frame.session_id
        if session_id is not None and not following.has_joined(channel, session_id):
            await following.join(self._actor, channel, session_id)

        def say(work: Work) -> service.Said:
            said = service.say(work, frame.saying(), self._starter)
            if following.has_joined(channel, said.session_id):
                work.on_commit(lambda: self._acknowledge(ref, said))  # before the events that it is acknowledged by
            return said

        said = await self._database.work(self._actor, say)
        if said.began:
            session = await self._database.read(self._actor, service.get, said.session_id)
            row = SessionOut.model_validate(session).model_dump_json()
            await following.join_new(self._actor, channel, said.session_id, row)
            self._acknowledge(ref, said)
        elif session_id is None and not following.has_joined(channel, said.session_id):
            await following.join(self._actor, channel, said.session_id)
            self._acknowledge(ref, said)

    def _acknowledge(self, ref: str | None, said: service.Said) -> None:
        self._channel.push(
            Frame(
                encoding.ack(
                    said.session_id,
                    said.user_message.id,
                    ref=ref,
                    seq=said.seq,
                    message=said.user_message.model_dump_json(exclude={"position", "sibling_ids"}),
                    reply_id=said.ai_message.id if said.ai_message else None,
                    duplicate=said.duplicate,
                )
            )
        )

    async def _ask(self, ref: str | None, verb: Callable[..., service.Asked], message_id: UUID, body: object) -> None:
        asked = await self._database.work(self._actor, verb, message_id, body, self._starter)
        self._ack(ref, asked.message.session_id, asked.message.id, duplicate=not asked.changed)

    def _ack(self, ref: str | None, session_id: UUID, message_id: UUID, *, duplicate: bool = False) -> None:
        self._channel.push(Frame(encoding.ack(session_id, message_id, ref=ref, duplicate=duplicate)))

    def _tell_typing(self, frame: TypingNow) -> None:
        if not self._following.has_joined(self._channel, frame.session_id):
            raise SessionNotFound
        body = _frame(
            type="typing", session_id=str(frame.session_id), who=str(self._actor.user_id), active=frame.active
        )
        self._following.tell_others(self._channel, frame.session_id, body)

    def _pong(self, n: int) -> str:
        heads = [
            {
                "session_id": str(head.session_id),
                "seq": head.seq,
                "live": [
                    {"message_id": str(place.message_id), "attempt": place.attempt, "offset": place.offset}
                    for place in head.live
                ],
            }
            for head in self._following.heads(self._channel)
        ]
        return _frame(type="pong", n=n, heads=heads)

    def _refuse(self, ref: str | None, refusal: CauserieError) -> None:
        problem = refusal.problem().model_dump(mode="json", exclude_none=True)
        told = {"ref": ref} if ref is not None else {}
        self._channel.push(Frame(_frame(**{**problem, "type": "error", **told})))


def _frame(**members: Any) -> str:
    return json.dumps(members, ensure_ascii=False, separators=(",", ":"))
