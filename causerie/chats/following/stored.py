"""The `History` of a database."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import select

from causerie.broker.ports import EventNotice, SessionKey
from causerie.chats import encoding, service, statements
from causerie.chats.errors import MessageNotFound
from causerie.chats.following.history import ReplyState, Running, Snapshot
from causerie.chats.models import SessionEvent
from causerie.chats.schemas import MessageOut
from causerie.db.database import Database
from causerie.db.work import Actor, Work

BATCH_EVENTS = 100

_messages = TypeAdapter(list[MessageOut])


class StoredHistory:
    """Reads sessions where they are stored."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def snapshot(self, actor: Actor, session_id: UUID, after: int | None = None) -> Snapshot:
        return await self._db.read(actor, _snapshot, session_id, after)

    async def events_after(self, actor: Actor, session_id: UUID, after: int) -> Sequence[EventNotice] | None:
        return await self._db.read(actor, service.events_after, session_id, after, BATCH_EVENTS)

    async def reply(self, actor: Actor, session_id: UUID, message_id: UUID) -> ReplyState:
        return await self._db.read(actor, _reply, session_id, message_id)

    async def heads(self, sessions: Collection[SessionKey]) -> Mapping[SessionKey, int]:
        sessions_of: dict[UUID, list[UUID]] = {}
        for key in sessions:
            sessions_of.setdefault(key.user_id, []).append(key.session_id)
        heads: dict[SessionKey, int] = {}
        for user_id, session_ids in sessions_of.items():
            found = await self._db.read(Actor(user_id), service.heads, session_ids)
            heads.update({SessionKey(user_id, session_id): head for session_id, head in found.items()})
        return heads


def _snapshot(work: Work, session_id: UUID, after: int | None) -> Snapshot:
    usable = after is not None and service.events_after(work, session_id, after, 1) is not None
    taken = service.snapshot(work, session_id, page=not usable)
    return Snapshot(
        taken.seq,
        taken.session.model_dump_json(),
        None if usable else _messages.dump_json(taken.messages).decode(),
        _running(work, session_id) if taken.streaming else (),
    )


def _running(work: Work, session_id: UUID) -> list[Running]:
    rows = work.execute(statements.STREAMING, session_id=session_id)
    return [Running(row.message_id, row.attempt, row.partial_text, row.partial_attempt) for row in rows]


def _reply(work: Work, session_id: UUID, message_id: UUID) -> ReplyState:
    message = service.get_message(work, message_id)
    if message.session_id != session_id:
        raise MessageNotFound
    key = SessionKey(work.actor.user_id, session_id)
    rows = work.session.scalars(
        select(SessionEvent)
        .where(
            SessionEvent.session_id == session_id,
            SessionEvent.message_id == message_id,
            SessionEvent.kind.in_((encoding.START, encoding.RESET, encoding.END)),
        )
        .order_by(SessionEvent.seq)
    ).all()
    head = service.heads(work, [session_id])[session_id]
    if message.status.final:
        seq = rows[-1].seq if rows else head
        body = encoding.stream_end(
            seq,
            session_id,
            message_id,
            message.attempt,
            message.status,
            message.content,
            message.finish_reason,
            message.usage,
            message.error,
        )
        return ReplyState(head, (), EventNotice(key, seq, encoding.END, body, message_id, message.attempt), ())
    begun: list[EventNotice] = []
    for row in rows:
        if row.kind == encoding.END:
            begun.clear()
        else:
            begun.append(encoding.stored_notice(key, row.seq, row.kind, row.message_id, row.body))
    return ReplyState(head, begun, None, _running(work, session_id))
