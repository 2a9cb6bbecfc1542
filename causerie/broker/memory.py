"""The broker of a single process: shared buffers and a queue."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass, field
from uuid import UUID

from causerie.broker.listeners import Listeners
from causerie.broker.ports import CachedSession, LiveText, SessionKey, TextPiece, WakeUp

WAITING_WAKE_UPS = 10_000
CACHED_SECONDS = 3_600.0
CACHED_CHARACTERS = 16 << 20
FORGOTTEN_SECONDS = 10.0
"""How long nothing is remembered of a session that was forgotten: longer than any read that began before."""


@dataclass(slots=True)
class Attempt:
    """The text of one running attempt, in pieces until somebody reads it whole."""

    number: int
    pieces: list[str]
    length: int = field(init=False)

    def __post_init__(self) -> None:
        self.length = sum(map(len, self.pieces))

    def whole(self) -> str:
        """Return the text, and keep it in one piece."""
        if len(self.pieces) > 1:
            self.pieces = ["".join(self.pieces)]
        return self.pieces[0]


class MemoryBus(Listeners):
    """A `TokenBus` within one process; here nothing is late and nothing is lost.

    Args:
        alone: no other process works on the database, so there is nothing that this bus would not bring.
    """

    def __init__(self, *, alone: bool = True) -> None:
        super().__init__()
        self.away = not alone
        self._attempts: dict[SessionKey, dict[UUID, Attempt]] = {}

    def open(self, session: SessionKey, message_id: UUID, attempt: int, kept: str) -> None:
        replies = self._attempts.setdefault(session, {})
        current = replies.get(message_id)
        if current is None or current.number < attempt:
            replies[message_id] = Attempt(attempt, [kept])

    def publish_text(self, piece: TextPiece) -> None:
        attempt = self._attempts.get(piece.session, {}).get(piece.message_id)
        if attempt is None or attempt.number != piece.attempt or attempt.length != piece.offset:
            return
        attempt.pieces.append(piece.text)
        attempt.length += len(piece.text)
        super().publish_text(piece)

    def close(self, session: SessionKey, message_id: UUID, attempt: int) -> None:
        replies = self._attempts.get(session, {})
        current = replies.get(message_id)
        if current is not None and current.number <= attempt:
            del replies[message_id]
            if not replies:
                del self._attempts[session]

    async def listening(self, session: SessionKey) -> None:
        pass  # it is heard at once

    async def read(self, session: SessionKey, message_ids: Collection[UUID]) -> list[LiveText]:
        replies = self._attempts.get(session, {})
        return [
            LiveText(message_id, attempt.number, attempt.whole())
            for message_id, attempt in replies.items()
            if message_id in message_ids
        ]


class MemoryDispatcher:
    """A `Dispatcher` within one process."""

    def __init__(self, limit: int = WAITING_WAKE_UPS) -> None:
        self._waiting: asyncio.Queue[WakeUp] = asyncio.Queue(limit)

    def wake(self, user_id: UUID, message_id: UUID) -> None:
        if not self._waiting.full():
            self._waiting.put_nowait(WakeUp(user_id, message_id))

    async def next(self) -> WakeUp:
        return await self._waiting.get()

    def done(self, wake_up: WakeUp) -> None:
        pass  # who was given it dies with it


class MemorySessionCache:
    """A `SessionCache` within one process, of so many characters at most; what was used longest ago goes first."""

    def __init__(self, limit: int = CACHED_CHARACTERS) -> None:
        self._limit = limit
        self._characters = 0
        self._remembered: OrderedDict[SessionKey, tuple[float, CachedSession]] = OrderedDict()
        self._forgotten: OrderedDict[SessionKey | UUID, float] = OrderedDict()

    async def get(self, session: SessionKey) -> CachedSession | None:
        until, cached = self._remembered.get(session, (0.0, None))
        if cached is None:
            return None
        if until <= time.monotonic():
            self._drop(session)
            return None
        self._remembered.move_to_end(session)
        return cached

    def put(self, session: SessionKey, cached: CachedSession) -> None:
        now = time.monotonic()
        _, older = self._remembered.get(session, (0.0, None))
        if older is not None and older.head > cached.head:
            return
        if max(self._forgotten.get(session, 0.0), self._forgotten.get(session.user_id, 0.0)) > now:
            return
        self._drop(session)
        self._remembered[session] = (now + CACHED_SECONDS, cached)
        self._characters += _characters(cached)
        while self._characters > self._limit:
            self._drop(next(iter(self._remembered)))

    def forget(self, session: SessionKey) -> None:
        self._drop(session)
        self._keep_out(session)

    def forget_user(self, user_id: UUID) -> None:
        for session in [session for session in self._remembered if session.user_id == user_id]:
            self._drop(session)
        self._keep_out(user_id)

    def _keep_out(self, key: SessionKey | UUID) -> None:
        """Take nothing for a while that was read before."""
        now = time.monotonic()
        self._forgotten[key] = now + FORGOTTEN_SECONDS
        self._forgotten.move_to_end(key)
        while next(iter(self._forgotten.values())) <= now:
            self._forgotten.popitem(last=False)

    def _drop(self, session: SessionKey) -> None:
        _, cached = self._remembered.pop(session, (0.0, None))
        if cached is not None:
            self._characters -= _characters(cached)


def _characters(cached: CachedSession) -> int:
    return len(cached.session) + len(cached.messages)
