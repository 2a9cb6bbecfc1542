"""A Redis that loses, repeats, reorders, forgets and goes away, and each process's end of it."""

import asyncio
from collections import deque
from collections.abc import Callable, Collection
from contextvars import Context
from dataclasses import dataclass, field
from random import Random
from typing import Any, Literal, TypeVar
from uuid import UUID

from causerie.broker.ports import (
    CachedSession,
    EventNotice,
    LiveText,
    SessionHint,
    SessionKey,
    SessionListener,
    TextPiece,
    UserListener,
    WakeUp,
)
from tests.faults.simulated.clockwork import Process

Channel = SessionKey | UUID | Literal["stops"]
Listener = TypeVar("Listener")

NOTICED_SECONDS = 2.0
READ_SECONDS = 4.0
RECLAIMED_SECONDS = 10.0

_NOWHERE = Context()
"""What is on its way, or in Redis, belongs to no process any more: it goes on while its sender is frozen or dead."""


@dataclass
class Faults:
    """What befalls messages: each is lost, doubled or late with these odds. `cut` names who cannot reach Redis."""

    lost: float = 0.0
    doubled: float = 0.0
    late: float = 0.0
    away: bool = False
    cut: set[str] = field(default_factory=set)


class SimulatedRedis:
    """What all processes share: the live texts, who hears what, and the queue of wake-ups."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self.faults = Faults()
        self.texts: dict[tuple[SessionKey, UUID], LiveText] = {}
        self.sessions: dict[SessionKey, CachedSession] = {}
        self.buses: list[SimulatedBus] = []
        self._queue: deque[WakeUp] = deque()
        self._pending: dict[str, WakeUp] = {}
        self._askers: deque[tuple[Process, asyncio.Future[WakeUp]]] = deque()
        self._receipts = 0

    @property
    def subscriptions(self) -> int:
        """How many listeners there are."""
        return sum(bus.listeners for bus in self.buses if bus.process.alive)

    def reaches(self, process: Process) -> bool:
        """Whether a process can talk with it now."""
        return process.alive and not self.faults.away and process.name not in self.faults.cut

    def flush(self) -> None:
        """FLUSHALL."""
        self.texts.clear()
        self.sessions.clear()
        self._queue.clear()
        self._pending.clear()

    def publish(self, channel: Channel, message: object) -> None:
        """Tell everybody who listens, each in its own time."""
        for bus in self.buses:
            if not bus.hears(channel) or self.chance.random() < self.faults.lost:
                continue
            for _ in range(2 if self.chance.random() < self.faults.doubled else 1):
                bus.process.later(self.delay(), bus.hear, channel, message)

    def put_text(self, session: SessionKey, text: LiveText, piece: TextPiece | None) -> None:
        """Keep the longest text of the newest attempt; what an older attempt brings is dropped."""
        stored = self.texts.get((session, text.message_id))
        if stored is not None and (stored.attempt, len(stored.text)) > (text.attempt, len(text.text)):
            return
        self.texts[session, text.message_id] = text
        if piece is not None:
            self.publish(session, piece)

    def drop_text(self, session: SessionKey, message_id: UUID, attempt: int) -> None:
        """Forget an attempt's text."""
        stored = self.texts.get((session, message_id))
        if stored is not None and stored.attempt <= attempt:
            del self.texts[session, message_id]

    def put_wake_up(self, user_id: UUID, message_id: UUID) -> None:
        """Queue a wake-up."""
        if self.chance.random() < self.faults.lost:
            return
        for _ in range(2 if self.chance.random() < self.faults.doubled else 1):
            self._receipts += 1
            self._queue.append(WakeUp(user_id, message_id, str(self._receipts)))
        self._hand_out()

    def ask(self, process: Process) -> "asyncio.Future[WakeUp]":
        """Ask for the next wake-up."""
        future: asyncio.Future[WakeUp] = asyncio.get_running_loop().create_future()
        self._askers.append((process, future))
        self._hand_out()
        return future

    def send(self, process: Process, function: Callable[..., object], *args: Any) -> None:
        """Do something here, a little after the process asked for it, unless the way is cut."""
        if self.reaches(process):
            asyncio.get_running_loop().call_later(self.delay(), self.arrive, function, *args, context=_NOWHERE)

    def arrive(self, function: Callable[..., object], *args: Any) -> None:
        """Do what was sent, if anybody is here."""
        if not self.faults.away:
            function(*args)

    def acknowledge(self, receipt: str) -> None:
        """Forget a wake-up for good."""
        self._pending.pop(receipt, None)

    def delay(self) -> float:
        """Return how long something takes."""
        if self.chance.random() < self.faults.late:
            return self.chance.uniform(0.05, 1.5)
        return self.chance.uniform(0.0002, 0.002)

    def _hand_out(self) -> None:
        while self._queue and self._askers:
            process, future = self._askers.popleft()
            if future.done() or not process.alive:
                continue
            wake_up = self._queue.popleft()
            self._pending[wake_up.receipt] = wake_up
            asyncio.get_running_loop().call_later(RECLAIMED_SECONDS, self._reclaim, wake_up.receipt, context=_NOWHERE)
            # Into a socket that may be dead: then it stays pending until somebody else claims it.
            process.later(self.delay(), _give, future, wake_up)

    def _reclaim(self, receipt: str) -> None:
        wake_up = self._pending.pop(receipt, None)
        if wake_up is not None:
            self._queue.append(wake_up)
            self._hand_out()


class SimulatedBus:
    """The `TokenBus` of one process."""

    def __init__(self, redis: SimulatedRedis, process: Process) -> None:
        self.process = process
        self._redis = redis
        self._own: dict[tuple[SessionKey, UUID], LiveText] = {}
        self._listeners: dict[Channel, tuple[Any, ...]] = {}
        self._sent_until = 0.0
        self._noticed = False
        self._watch()
        redis.buses.append(self)

    @property
    def away(self) -> bool:
        return self._noticed

    @property
    def listeners(self) -> int:
        """How many listen here, without those for stops."""
        return sum(len(listeners) for channel, listeners in self._listeners.items() if channel != "stops")

    def open(self, session: SessionKey, message_id: UUID, attempt: int, kept: str) -> None:
        text = self._own[session, message_id] = LiveText(message_id, attempt, kept)
        self._send(self._redis.put_text, session, text, None)

    def publish_text(self, piece: TextPiece) -> None:
        own = self._own.get((piece.session, piece.message_id))
        if own is None or (own.attempt, len(own.text)) != (piece.attempt, piece.offset):
            return
        text = self._own[piece.session, piece.message_id] = LiveText(own.message_id, own.attempt, own.text + piece.text)
        self._send(self._redis.put_text, piece.session, text, piece)

    def close(self, session: SessionKey, message_id: UUID, attempt: int) -> None:
        own = self._own.get((session, message_id))
        if own is not None and own.attempt <= attempt:
            del self._own[session, message_id]
        self._send(self._redis.drop_text, session, message_id, attempt)

    def publish_event(self, notice: EventNotice) -> None:
        self._send(self._redis.publish, notice.session, notice)

    def publish_hint(self, hint: SessionHint) -> None:
        self._send(self._redis.publish, hint.session.user_id, hint)

    def publish_stop(self, user_id: UUID, message_id: UUID) -> None:
        self._send(self._redis.publish, "stops", (user_id, message_id))

    def subscribe(self, session: SessionKey, listener: SessionListener) -> Callable[[], None]:
        return self._enter(session, listener)

    def subscribe_user(self, user_id: UUID, listener: UserListener) -> Callable[[], None]:
        return self._enter(user_id, listener)

    def subscribe_stops(self, listener: Callable[[UUID, UUID], None]) -> Callable[[], None]:
        return self._enter("stops", listener)

    async def listening(self, session: SessionKey) -> None:
        del session
        if not self._noticed:
            await asyncio.sleep(self._redis.delay())

    async def read(self, session: SessionKey, message_ids: Collection[UUID]) -> list[LiveText]:
        if not self._redis.reaches(self.process):
            await asyncio.sleep(0 if self._noticed else READ_SECONDS)
            return []
        await asyncio.sleep(self._redis.delay())
        texts = [self._redis.texts.get((session, message_id)) for message_id in message_ids]
        await asyncio.sleep(self._redis.delay())
        return [text for text in texts if text is not None]

    def hears(self, channel: Channel) -> bool:
        """Whether a message in this channel comes here."""
        return channel in self._listeners and self._redis.reaches(self.process)

    def hear(self, channel: Channel, message: Any) -> None:
        """Pass a message on to whoever listens."""
        if not self.process.alive:
            return
        for listener in self._listeners.get(channel, ()):
            match message:
                case EventNotice():
                    listener.on_event(message)
                case TextPiece():
                    listener.on_text(message)
                case SessionHint():
                    listener.on_hint(message)
                case _:
                    listener(*message)

    def _send(self, function: Callable[..., object], *args: Any) -> None:
        if self._redis.reaches(self.process):
            loop = asyncio.get_running_loop()
            self._sent_until = max(loop.time() + self._redis.delay(), self._sent_until + 1e-6)  # in order
            loop.call_at(self._sent_until, self._redis.arrive, function, *args, context=_NOWHERE)

    def _watch(self) -> None:
        self._noticed = not self._redis.reaches(self.process)
        self.process.later(self._redis.chance.uniform(0.2, NOTICED_SECONDS), self._watch)

    def _enter(self, channel: Channel, listener: Any) -> Callable[[], None]:
        self._listeners[channel] = (*self._listeners.get(channel, ()), listener)

        def leave() -> None:
            remaining = tuple(other for other in self._listeners.get(channel, ()) if other is not listener)
            if remaining:
                self._listeners[channel] = remaining
            else:
                self._listeners.pop(channel, None)

        return leave


class SimulatedDispatcher:
    """The `Dispatcher` of one process."""

    def __init__(self, redis: SimulatedRedis, process: Process) -> None:
        self._redis = redis
        self._process = process

    def wake(self, user_id: UUID, message_id: UUID) -> None:
        self._redis.send(self._process, self._redis.put_wake_up, user_id, message_id)

    async def next(self) -> WakeUp:
        return await self._redis.ask(self._process)

    def done(self, wake_up: WakeUp) -> None:
        self._redis.send(self._process, self._redis.acknowledge, wake_up.receipt)


class SimulatedCache:
    """The `SessionCache` of one process: shared with the others, and like any cache now and then behind."""

    def __init__(self, redis: SimulatedRedis, process: Process) -> None:
        self._redis = redis
        self._process = process

    async def get(self, session: SessionKey) -> CachedSession | None:
        if not self._redis.reaches(self._process):
            return None
        await asyncio.sleep(self._redis.delay())
        return self._redis.sessions.get(session)

    def put(self, session: SessionKey, cached: CachedSession) -> None:
        self._redis.send(self._process, self._keep, session, cached)

    def forget(self, session: SessionKey) -> None:
        self._redis.send(self._process, self._redis.sessions.pop, session, None)

    def forget_user(self, user_id: UUID) -> None:
        for session in [session for session in self._redis.sessions if session.user_id == user_id]:
            self.forget(session)

    def _keep(self, session: SessionKey, cached: CachedSession) -> None:
        present = self._redis.sessions.get(session)
        if present is None or present.head <= cached.head:
            self._redis.sessions[session] = cached


class SimulatedBroker:
    """What a process has of the broker."""

    def __init__(self, redis: SimulatedRedis, process: Process) -> None:
        self.bus = SimulatedBus(redis, process)
        self.dispatcher = SimulatedDispatcher(redis, process)
        self.cache = SimulatedCache(redis, process)

    def drop_connections(self) -> None:
        pass  # none outlives what it carries

    def health(self) -> dict[str, Any]:
        return {"kind": "simulated", "away": self.bus.away}


def _give(future: "asyncio.Future[WakeUp]", wake_up: WakeUp) -> None:
    if not future.done():
        future.set_result(wake_up)
