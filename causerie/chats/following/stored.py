"""What followers read of the database: a session as it is, the events they missed, how far a reply is."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from pydantic import TypeAdapter

from causerie.broker.ports import EventNotice, SessionKey
from causerie.chats import encoding, statements
from causerie.chats.errors import MessageNotFound, SessionNotFound
from causerie.chats.following.history import Beginning, ReplyState, Running, Snapshot
from causerie.chats.schemas import MessageOut, SessionOut
from causerie.chats.service import reading
from causerie.db import across
from causerie.db.database import Database
from causerie.db.work import Actor, Work

EVENTS_AT_ONCE = 500

_page = TypeAdapter(list[MessageOut])


class StoredHistory:
    """The `History` that the database keeps."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def snapshot(self, actor: Actor, session_id: UUID, after: int | None = None) -> Snapshot:
        return await self._database.read(actor, _snapshot, session_id, after)

    async def events_after(self, actor: Actor, session_id: UUID, after: int) -> Sequence[EventNotice] | None:
        return await self._database.read(actor, _events_after, session_id, after)

    async def beginning(self, actor: Actor, session_id: UUID) -> Beginning:
        return await self._database.read(actor, _beginning, session_id)

    async def reply(self, actor: Actor, session_id: UUID, message_id: UUID) -> ReplyState:
        return await self._database.read(actor, _reply, session_id, message_id)

    async def heads(self, sessions: Collection[SessionKey]) -> Mapping[SessionKey, int]:
        keys = [(key.user_id, key.session_id) for key in sessions]
        found = await self._database.read(across.NOBODY, across.session_heads, keys)
        return {SessionKey(user_id, session_id): head for user_id, session_id, head in found}


def _snapshot(work: Work, session_id: UUID, after: int | None) -> Snapshot:
    row = work.execute(statements.SESSION, session_id=session_id).mappings().one_or_none()
    if row is None:
        raise SessionNotFound
    head = row["next_seq"] - 1
    messages = None
    if after is None or not _can_go_on(work, session_id, after, head):
        messages = _page.dump_json(reading.list_messages(work, session_id).items).decode()
    session = SessionOut.model_validate(dict(row)).model_dump_json()
    return Snapshot(head, session, messages, _running(work, session_id))


def _beginning(work: Work, session_id: UUID) -> Beginning:
    row = work.execute(statements.SESSION, session_id=session_id).mappings().one_or_none()
    if row is None:
        raise SessionNotFound
    return Beginning(SessionOut.model_validate(dict(row)).model_dump_json(), _events(work, session_id, 0))


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
    events = [
        encoding.stored_notice(key, row.seq, row.kind, row.message_id, row.body)
        for row in work.execute(statements.REPLY_EVENTS, session_id=session_id, message_id=message_id)
    ]
    ends = [place for place, event in enumerate(events) if event.kind == encoding.END]
    head = session.next_seq - 1
    if message.status.final:
        end = _end_of(key, events[ends[-1]].seq if ends else head, message)
        return ReplyState(head, (), end, _running(work, session_id))
    begun = events[ends[-1] + 1 :] if ends else events
    return ReplyState(head, begun, None, _running(work, session_id))


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


def _running(work: Work, session_id: UUID) -> list[Running]:
    rows = work.execute(statements.STREAMING, session_id=session_id)
    return [Running(row.message_id, row.attempt, row.partial_text, row.partial_attempt) for row in rows]
