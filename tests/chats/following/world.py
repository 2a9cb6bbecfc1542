"""A small world to follow: a session that is written, a bus that loses and reorders, readers that check."""

import asyncio
import json
import selectors
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

from causerie.broker.memory import MemoryBus
from causerie.broker.ports import (
    EventNotice,
    LiveText,
    SessionHint,
    SessionKey,
    SessionListener,
    TextPiece,
    UserListener,
)
from causerie.chats import encoding
from causerie.chats.following import Beginning, Channel, Following, Frame, Place, ReplyState, Running, Snapshot
from causerie.client.reducer import SessionState, reduce
from causerie.db.work import Actor
from causerie.errors import NotFound
from causerie.ids import new_id

EPOCH = "e1"
TIMESTAMP = "2026-11-21T10:00:00Z"
NUMBERED = {"message:created", "message:updated", "session:updated", encoding.START, encoding.RESET, encoding.END}

T = TypeVar("T")


class SkippingSelector(selectors.SelectSelector):
    """Passes over the time in which nothing would happen."""

    def __init__(self) -> None:
        super().__init__()
        self.passed = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        self.passed += timeout or 0.0
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop whose time passes only when nothing else can happen: waits cost nothing and are exact."""

    def __init__(self) -> None:
        self._skipping = SkippingSelector()
        super().__init__(self._skipping)

    def time(self) -> float:
        return self._skipping.passed


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run `main` in virtual time."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)


class WireBus:
    """A bus whose deliveries wait on a wire, where they can be delayed, swapped, doubled and lost.

    While it is `away` nothing gets onto the wire and nothing can be read. What was published until then is kept by
    `store`, which can lose all of it; the next piece of an attempt that it does not know brings that one back whole.
    """

    def __init__(self) -> None:
        self.store = MemoryBus()
        self.away = False
        self.listening_seconds = 0.0
        self.reading_seconds = 0.0
        self.wire: list[Callable[[SessionListener], None]] = []
        self._texts: dict[UUID, tuple[SessionKey, int, str]] = {}
        self._listeners: list[tuple[SessionKey, SessionListener]] = []
        self._heard_from: dict[SessionKey, float] = {}

    def open(self, session: SessionKey, message_id: UUID, attempt: int, kept: str) -> None:
        self._texts[message_id] = (session, attempt, kept)
        if not self.away:
            self.store.open(session, message_id, attempt, kept)

    def publish_text(self, piece: TextPiece) -> None:
        session, attempt, text = self._texts[piece.message_id]
        self._texts[piece.message_id] = (session, attempt, text + piece.text)
        if self.away:
            return
        self.store.close(session, piece.message_id, attempt)
        self.store.open(session, piece.message_id, attempt, text + piece.text)
        self.wire.append(lambda listener: listener.on_text(piece))

    def close(self, session: SessionKey, message_id: UUID, attempt: int) -> None:
        self._texts.pop(message_id, None)
        if not self.away:
            self.store.close(session, message_id, attempt)

    def publish_event(self, notice: EventNotice) -> None:
        if not self.away:
            self.wire.append(lambda listener: listener.on_event(notice))

    def publish_hint(self, hint: SessionHint) -> None:
        self.store.publish_hint(hint)

    def subscribe(self, session: SessionKey, listener: SessionListener) -> Callable[[], None]:
        entry = (session, listener)
        self._listeners.append(entry)
        self._heard_from.setdefault(session, asyncio.get_running_loop().time() + self.listening_seconds)

        def leave() -> None:
            self._listeners.remove(entry)
            if not any(other == session for other, _ in self._listeners):
                del self._heard_from[session]

        return leave

    def subscribe_user(self, user_id: UUID, listener: UserListener) -> Callable[[], None]:
        return self.store.subscribe_user(user_id, listener)

    def publish_stop(self, user_id: UUID, message_id: UUID) -> None:
        self.store.publish_stop(user_id, message_id)

    def subscribe_stops(self, listener: Callable[[UUID, UUID], None]) -> Callable[[], None]:
        return self.store.subscribe_stops(listener)

    async def listening(self, session: SessionKey) -> None:
        if not self.away:
            await asyncio.sleep(max(0.0, self._heard_from[session] - asyncio.get_running_loop().time()))

    async def read(self, session: SessionKey, message_ids: Collection[UUID]) -> list[LiveText]:
        await asyncio.sleep(self.reading_seconds)
        return [] if self.away else await self.store.read(session, message_ids)

    @property
    def listeners(self) -> int:
        return len(self._listeners)

    def forget_texts(self) -> None:
        """Lose what was published, as an emptied server does."""
        self.store = MemoryBus()

    def leave(self) -> None:
        """Go away, with all that was on its way."""
        self.away = True
        self.wire.clear()

    def deliver(self, index: int = 0) -> None:
        """Let one delivery arrive, not always the oldest, where somebody listens already."""
        if self.wire:
            delivery = self.wire.pop(min(index, len(self.wire) - 1))
            now = asyncio.get_running_loop().time()
            for session, listener in tuple(self._listeners):
                if now >= self._heard_from[session]:
                    delivery(listener)

    def deliver_all(self) -> None:
        while self.wire:
            self.deliver()


@dataclass
class StoredReply:
    """A reply as the database has it; `text` is what its worker has."""

    status: str = "queued"
    attempt: int = 0
    text: str = ""
    content: str = ""
    keep: int = 0
    partial: str = ""
    partial_attempt: int = 0


@dataclass
class World:
    """One session, the engine that writes in it, and its `History`; `reads` counts what was asked but for heads."""

    bus: WireBus = field(default_factory=WireBus)
    key: SessionKey = field(default_factory=lambda: SessionKey(new_id(), new_id()))
    events: list[EventNotice] = field(default_factory=list)
    replies: dict[UUID, StoredReply] = field(default_factory=dict)
    reading_seconds: float = 0.0
    reads: int = 0
    kept_from: int = 0
    deleted: bool = False

    @property
    def actor(self) -> Actor:
        return Actor(self.key.user_id)

    @property
    def head(self) -> int:
        return len(self.events)

    # The engine.

    def commit(self, kind: str, body: Callable[[int], str], message_id: UUID | None = None, **members: int) -> None:
        notice = EventNotice(self.key, self.head + 1, kind, body(self.head + 1), message_id, **members)
        self.events.append(notice)
        self.bus.publish_event(notice)

    def rename(self) -> None:
        session_id = self.key.session_id
        self.commit("session:updated", lambda seq: encoding.session_updated(seq, session_id, self.session()))

    def say(self) -> UUID:
        message_id = new_id()
        self.replies[message_id] = StoredReply()
        self._tell("message:created", message_id)
        return message_id

    def begin(self, message_id: UUID, keep: int = 0) -> None:
        """Start the next attempt; a text that was begun is kept up to `keep` code points."""
        reply, session_id = self.replies[message_id], self.key.session_id
        again = reply.attempt > 0
        reply.attempt += 1
        reply.status = "streaming"
        reply.keep = min(keep, len(reply.text)) if again else 0
        reply.text = reply.text[: reply.keep]
        attempt, kept = reply.attempt, reply.keep
        if again:
            self.commit(
                encoding.RESET,
                lambda seq: encoding.stream_reset(seq, session_id, message_id, attempt, kept),
                message_id,
                attempt=attempt,
                keep=kept,
            )
        else:
            self.commit(
                encoding.START,
                lambda seq: encoding.stream_start(seq, session_id, message_id, attempt, "chat"),
                message_id,
                attempt=attempt,
            )
        self.bus.open(self.key, message_id, attempt, reply.text)

    def write(self, message_id: UUID, text: str) -> None:
        reply = self.replies[message_id]
        offset = len(reply.text)
        reply.text += text
        self.bus.publish_text(TextPiece(self.key, message_id, reply.attempt, offset, text))

    def checkpoint(self, message_id: UUID) -> None:
        reply = self.replies[message_id]
        reply.partial, reply.partial_attempt = reply.text, reply.attempt

    def end(self, message_id: UUID, status: str = "complete") -> None:
        reply, session_id = self.replies[message_id], self.key.session_id
        reply.status, reply.content = status, reply.text
        attempt, content = reply.attempt, reply.text
        self.commit(
            encoding.END,
            lambda seq: encoding.stream_end(seq, session_id, message_id, attempt, status, content, "stop", None),
            message_id,
            attempt=attempt,
        )
        self.bus.close(self.key, message_id, attempt)

    def ask_again(self, message_id: UUID, *, keeps_text: bool) -> None:
        reply = self.replies[message_id]
        reply.status = "queued"
        reply.text = reply.content if keeps_text else ""
        reply.partial, reply.partial_attempt = reply.text, reply.attempt
        self._tell("message:updated", message_id)

    def _tell(self, kind: str, message_id: UUID) -> None:
        row = json.dumps(self.row(message_id))
        self.commit(kind, lambda seq: encoding.message_event(kind, seq, self.key.session_id, row), message_id)

    # The history.

    def session(self) -> str:
        return json.dumps({"id": str(self.key.session_id)})

    def row(self, message_id: UUID) -> dict[str, Any]:
        reply = self.replies[message_id]
        final = reply.status in {"complete", "stopped", "failed"}
        return {
            "id": str(message_id),
            "parent_id": None,
            "content": reply.content if final else reply.partial,
            "status": reply.status,
            "attempt": reply.attempt,
            "timestamp": TIMESTAMP,
            "version": 1,
        }

    def running_now(self) -> list[Running]:
        return [
            Running(message_id, reply.attempt, reply.partial, reply.partial_attempt)
            for message_id, reply in self.replies.items()
            if reply.status == "streaming"
        ]

    async def snapshot(self, actor: Actor, session_id: UUID, after: int | None = None) -> Snapshot:
        self._check(actor, session_id)
        usable = after is not None and self.kept_from <= after <= self.head
        page = None if usable else json.dumps([self.row(message_id) for message_id in self.replies])
        return await self._answered(Snapshot(self.head, self.session(), page, self.running_now()))

    async def events_after(self, actor: Actor, session_id: UUID, after: int) -> Sequence[EventNotice] | None:
        self._check(actor, session_id)
        found = self.events[after : after + 3] if self.kept_from <= after <= self.head else None
        return await self._answered(found)

    async def beginning(self, actor: Actor, session_id: UUID) -> Beginning:
        self._check(actor, session_id)
        return await self._answered(Beginning(self.session(), self.events[:3]))

    async def reply(self, actor: Actor, session_id: UUID, message_id: UUID) -> ReplyState:
        self._check(actor, session_id)
        begun: list[EventNotice] = []
        end = None
        for event in self.events:
            if event.message_id == message_id and event.kind in {encoding.START, encoding.RESET}:
                begun.append(event)
            elif event.message_id == message_id and event.kind == encoding.END:
                begun, end = [], event
        final = self.replies[message_id].status not in {"queued", "streaming"}
        return await self._answered(ReplyState(self.head, begun, end if final else None, self.running_now()))

    async def running(self, actor: Actor, session_ids: Collection[UUID]) -> Mapping[UUID, Sequence[Running]]:
        return await self._answered(
            {key: self.running_now() for key in session_ids if SessionKey(actor.user_id, key) == self.key}
        )

    async def heads(self, sessions: Collection[SessionKey]) -> Mapping[SessionKey, int]:
        await asyncio.sleep(self.reading_seconds)
        return {key: self.head for key in sessions if key == self.key and not self.deleted}

    def _check(self, actor: Actor, session_id: UUID) -> None:
        if SessionKey(actor.user_id, session_id) != self.key:
            raise NotFound("There is no such session.")

    async def _answered(self, answer: T) -> T:
        """Answer with what was true when it was asked, after a while."""
        self.reads += 1
        await asyncio.sleep(self.reading_seconds)
        return answer


class Violation(AssertionError):
    """A reader got what the contract says cannot come."""


class Reader:
    """A connection that has joined: reduces what it gets as clients do, and refuses what may not come."""

    def __init__(self, world: World, following: Following) -> None:
        self.world = world
        self.following = following
        self.channel = Channel()
        self.state = SessionState(str(world.key.session_id))
        self.seq = 0
        self.got: list[dict[str, Any]] = []

    async def join(self) -> None:
        """Join as a client does: with all it knows, if it knows anything."""
        asked = self.state.join_frame()
        await self.following.join(
            self.world.actor,
            self.channel,
            self.world.key.session_id,
            epoch=asked.get("epoch"),
            after=asked.get("after"),
            live=[Place(UUID(live["message_id"]), live["attempt"], live["offset"]) for live in asked.get("live", ())],
        )

    async def reconnect(self) -> None:
        """Lose the connection with all that was queued, and join over another."""
        self.following.close(self.channel)
        self.channel = Channel()
        await self.join()

    async def read(self, seconds: float = 0.001) -> int:
        """Take what there is to take, and return how much that was."""
        try:
            frames = await asyncio.wait_for(self.channel.frames(), seconds)
        except TimeoutError:
            return 0
        for frame in frames:
            self.take(frame)
        return len(frames)

    async def read_all(self) -> None:
        """Take all there is, also what must be read from the database first."""
        while await self.read(seconds=5):
            pass

    def take(self, frame: Frame) -> None:
        got = json.loads(frame.body)
        self.got.append(got)
        self._check(got, frame)
        self.state, effects = reduce(self.state, got)
        if effects:
            raise Violation(f"{got} left the reader with {effects}")

    def kinds(self) -> list[str]:
        return [got["type"] for got in self.got]

    def text(self, message_id: UUID) -> str:
        return self.state.text_of(str(message_id))

    def _check(self, got: dict[str, Any], frame: Frame) -> None:
        if frame.seq != (got["seq"] if got["type"] in NUMBERED else None):
            raise Violation(f"{got} travels as event {frame.seq}")
        if got["type"] == "session:joined":
            self.seq = got["seq"]
        if got["type"] in NUMBERED:
            if got["seq"] != self.seq + 1:
                raise Violation(f"event {got['seq']} after {self.seq}")
            self.seq = got["seq"]
        if got["type"] == "chat:stream:token":
            known = self.state.known(got["message_id"])
            if got["attempt"] < known.attempt:
                raise Violation(f"{got} comes after a newer attempt began")
            if got["offset"] > len(known.text):
                raise Violation(f"{got} leaves a hole after {len(known.text)}")
            if known.closed and got["offset"] + len(got["token"]) > len(known.text):
                raise Violation(f"{got} extends a text that has ended")
        if got["type"] == encoding.END and got["attempt"] >= self.state.known(got["message_id"]).attempt:
            text = self.state.text_of(got["message_id"])
            if got["attempt"] > 0 and text != got["content"]:
                raise Violation(f"the end says {got['content']!r} where {text!r} was sent")

    def check_is_current(self) -> None:
        """Check that this reader has what the database has."""
        if self.state.seq != self.world.head:
            raise Violation(f"the reader is at {self.state.seq}, the session at {self.world.head}")
        for message_id, reply in self.world.replies.items():
            text = self.state.text_of(str(message_id))
            final = reply.status in {"complete", "stopped", "failed"}
            if final and text != reply.content:
                raise Violation(f"the reader has {text!r}, the database {reply.content!r}")
            if reply.status == "streaming" and not reply.text.startswith(text):
                raise Violation(f"the reader has {text!r} of {reply.text!r}")
