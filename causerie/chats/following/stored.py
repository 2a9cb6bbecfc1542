"""What followers read of the database: a session as it is, the events they missed, how far a reply is."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

from pydantic import TypeAdapter

from causerie.broker.ports import CachedSession, EventNotice, SessionCache, SessionKey
from causerie.chats import encoding, statements
from causerie.chats.errors import MessageNotFound, SessionNotFound
from causerie.chats.following.history import Beginning, ReplyState, Running, Snapshot
from causerie.chats.schemas import MessageOut
from causerie.chats.service import reading
from causerie.chats.showing import shown
from causerie.db import across
from causerie.db.database import Database
from causerie.db.work import Actor, Work

EVENTS_AT_ONCE = 500

_page = TypeAdapter(list[MessageOut])


@dataclass(slots=True)
class Turn:
    """Those who need a session's page just now: one of them reads it for all."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    takers: int = 0
    page: CachedSession | None = None


class StoredHistory:
    """The `History` that the database keeps.

    A session's page costs far more to read than its row, so it is remembered in `cache`, and those who join at once
    share one reading. A page is handed out only beside the very row and head with which it was read: those are read
    each time, and every change that a page shows changes one of them (text of running replies apart, which `running`
    brings; and what `PagesOutdated` tells).
    """

    def __init__(self, database: Database, cache: SessionCache) -> None:
        self._database = database
        self._cache = cache
        self._turns: dict[SessionKey, Turn] = {}

    async def snapshot(self, actor: Actor, session_id: UUID, after: int | None = None) -> Snapshot:
        key = SessionKey(actor.user_id, session_id)
        cached = await self._cache.get(key) if after is None else None
        while True:
            if cached is not None or after is not None:
                snapshot = await self._database.read(actor, _snapshot, session_id, after, cached)
                if snapshot is not None:
                    return snapshot
            async with self._turn(key) as turn:
                if turn.page is None or turn.page is cached:
                    whole, page = await self._database.read(actor, _snapshot_with_page, session_id)
                    turn.page = page
                    self._cache.put(key, page)
                    return whole
                cached = turn.page

    async def events_after(self, actor: Actor, session_id: UUID, after: int) -> Sequence[EventNotice] | None:
        return await self._database.read(actor, _events_after, session_id, after)

    async def beginning(self, actor: Actor, session_id: UUID) -> Beginning:
        return await self._database.read(actor, _beginning, session_id)

    async def reply(self, actor: Actor, session_id: UUID, message_id: UUID) -> ReplyState:
        return await self._database.read(actor, _reply, session_id, message_id)

    async def running(self, actor: Actor, session_ids: Collection[UUID]) -> Mapping[UUID, Sequence[Running]]:
        return await self._database.read(actor, _running, session_ids)

    async def heads(self, sessions: Collection[SessionKey]) -> Mapping[SessionKey, int]:
        keys = [(key.user_id, key.session_id) for key in sessions]
        found = await self._database.read(across.NOBODY, across.session_heads, keys)
        return {SessionKey(user_id, session_id): head for user_id, session_id, head in found}

    @asynccontextmanager
    async def _turn(self, key: SessionKey) -> AsyncIterator[Turn]:
        turn = self._turns.setdefault(key, Turn())
        turn.takers += 1
        try:
            async with turn.lock:
                yield turn
        finally:
            turn.takers -= 1
            if not turn.takers:
                del self._turns[key]


def _snapshot(work: Work, session_id: UUID, after: int | None, cached: CachedSession | None) -> Snapshot | None:
    """Return the session without a page where `after` suffices, else with the cached one; None if that is outdated."""
    head, session = _session(work, session_id)
    if after is not None and _can_go_on(work, session_id, after, head):
        messages = None
    elif cached is not None and (cached.head, cached.session) == (head, session):
        messages = cached.messages
    else:
        return None
    return Snapshot(head, session, messages, _running_in(work, session_id))


def _snapshot_with_page(work: Work, session_id: UUID) -> tuple[Snapshot, CachedSession]:
    head, session = _session(work, session_id)
    messages = _page.dump_json(reading.list_messages(work, session_id).items).decode()
    return Snapshot(head, session, messages, _running_in(work, session_id)), CachedSession(head, session, messages)


def _session(work: Work, session_id: UUID) -> tuple[int, str]:
    """Return the number of a session's newest event, and its row as JSON."""
    row = work.execute(statements.SHOWN_SESSION, session_id=session_id).mappings().one_or_none()
    if row is None or row["deleted_at"] is not None:
        raise SessionNotFound
    session = shown(row, last_words=row["last_words"], answering=row["answering"])
    return row["next_seq"] - 1, session.model_dump_json()


def _beginning(work: Work, session_id: UUID) -> Beginning:
    _, session = _session(work, session_id)
    return Beginning(session, _events(work, session_id, 0))


def _can_go_on(work: Work, session_id: UUID, after: int, head: int) -> bool:
    """Whether every event behind `after` is still stored."""
    if after == head:
        return True
    if not 0 <= after < head:
        return False
    first = work.execute(statements.EVENTS_AFTER, session_id=session_id, after=after, limit=1).first()
    return first is not None and first.seq == after + 1


def _events_after(work: Work, session_id: UUID, after: int) -> list[EventNotice] | None:
    if work.execute(statements.SESSION, session_id=session_id).first() is None:
        raise SessionNotFound
    events = _events(work, session_id, after)
    return None if events and events[0].seq != after + 1 else events


def _events(work: Work, session_id: UUID, after: int) -> list[EventNotice]:
    rows = work.execute(statements.EVENTS_AFTER, session_id=session_id, after=after, limit=EVENTS_AT_ONCE)
    key = SessionKey(work.actor.user_id, session_id)
    return [encoding.stored_notice(key, row.seq, row.kind, row.message_id, row.body) for row in rows]


def _reply(work: Work, session_id: UUID, message_id: UUID) -> ReplyState:
    session = work.execute(statements.SESSION, session_id=session_id).one_or_none()
    message = reading.find_message(work, message_id)
    if session is None or message is None or message.session_id != session_id:
        raise MessageNotFound
    key = SessionKey(work.actor.user_id, session_id)
    rows = work.execute(statements.REPLY_EVENTS, session_id=session_id, message_id=message_id).all()
    events = [
        encoding.stored_notice(key, row.seq, row.kind, row.message_id, row.body)
        # Sorted here: for an ORDER BY PostgreSQL may read all events of the session by their numbers.
        for row in sorted(rows, key=lambda row: row.seq)
    ]
    ends = [place for place, event in enumerate(events) if event.kind == encoding.END]
    head = session.next_seq - 1
    if message.status.final:
        end = _end_of(key, events[ends[-1]].seq if ends else head, message)
        return ReplyState(head, (), end, _running_in(work, session_id))
    begun = events[ends[-1] + 1 :] if ends else events
    return ReplyState(head, begun, None, _running_in(work, session_id))


def _end_of(key: SessionKey, seq: int, message: MessageOut) -> EventNotice:
    """Return the end of a reply with the text that is stored now: it may have been edited since."""
    body = encoding.stream_end(
        seq,
        key.session_id,
        message.id,
        message.attempt,
        message.status,
        message.content,
        message.finish_reason,
        message.usage,
        message.error,
    )
    return EventNotice(key, seq, encoding.END, body, message.id, message.attempt)


def _running_in(work: Work, session_id: UUID) -> Sequence[Running]:
    return _running(work, [session_id]).get(session_id, ())


def _running(work: Work, session_ids: Collection[UUID]) -> dict[UUID, list[Running]]:
    found: dict[UUID, list[Running]] = {}
    for row in work.execute(statements.STREAMING, session_ids=list(session_ids)):
        running = Running(row.message_id, row.attempt, row.partial_text, row.partial_attempt)
        found.setdefault(row.session_id, []).append(running)
    return found
