"""Queries over sessions and messages that are not on the hot path."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, RowMapping, and_, delete, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from causerie.aimodels.models import AiModel
from causerie.characters.models import Character
from causerie.chats.errors import MessageNotFound, SessionNotFound
from causerie.chats.models import (
    UNFINISHED,
    ChatSession,
    Generation,
    Message,
    MessageRevision,
    SessionEvent,
)
from causerie.chats.schemas import SessionQuery, Sort, State
from causerie.chats.statements import ANSWERING, LAST_WORDS
from causerie.db import search
from causerie.db.work import Work
from causerie.http.paging import Order, Page, in_order
from causerie.profiles.models import UserProfile
from causerie.prompts.models import SystemPrompt
from causerie.settings.models import ApplicationSettings

ROWS_A_SLICE = 500

REFERENCES = {
    "character_id": "character",
    "user_profile_id": "profile",
    "ai_model_id": "model",
    "system_prompt_id": "system prompt",
}
_SORTS: Mapping[Sort, ColumnElement[Any]] = {
    "updated_at": ChatSession.updated_at.expression,
    "created_at": ChatSession.created_at.expression,
    "title": func.lower(ChatSession.title),
    "total_messages": ChatSession.total_messages.expression,
}
_STATES: Mapping[State, ColumnElement[bool]] = {
    "active": ChatSession.archived.is_(False),
    "archived": ChatSession.archived.is_(True),
    "pinned": ChatSession.pinned.is_(True),
    "unread": ChatSession.last_reply_seq > ChatSession.last_read_seq,
    "answering": ANSWERING.element,
}
_REFERRED: dict[str, type[Character | UserProfile | AiModel | SystemPrompt]] = {
    "character_id": Character,
    "user_profile_id": UserProfile,
    "ai_model_id": AiModel,
    "system_prompt_id": SystemPrompt,
}


def get_session(work: Work, session_id: UUID, *, lock: bool = False, trashed: bool | None = False) -> ChatSession:
    """Return a session; `trashed` says whether it must be in the trash, None that it may.

    Raises:
        SessionNotFound: there is none such.
    """
    statement = select(ChatSession).where(ChatSession.id == session_id)
    if lock:
        statement = statement.with_for_update()
    chat = work.session.scalar(statement.execution_options(populate_existing=True))
    if chat is None or (trashed is not None and trashed != (chat.deleted_at is not None)):
        raise SessionNotFound
    return chat


def list_sessions(
    work: Work, query: SessionQuery, *, character_id: UUID | None, user_profile_id: UUID | None
) -> Page[RowMapping]:
    """Return a page of the sessions that are not in the trash, with `last_words` and `answering`: one statement."""
    statement = select(ChatSession, LAST_WORDS, ANSWERING).where(
        ChatSession.deleted_at.is_(None), *_filters(work, query)
    )
    if character_id is not None:
        statement = statement.where(ChatSession.character_id == character_id)
    if user_profile_id is not None:
        statement = statement.where(ChatSession.user_profile_id == user_profile_id)
    descending = query.order == "desc" if query.order else query.sort != "title"
    order = Order(query.sort, _SORTS[query.sort], ChatSession.id.expression, descending)
    return in_order(work.session, statement, order, query)


def _filters(work: Work, query: SessionQuery) -> Iterator[ColumnElement[bool]]:
    if query.q is not None and query.q.split():
        yield _has_words(work, query.q)
    if query.character_id is not None:
        yield ChatSession.character_id == query.character_id
    if query.ai_model_id is not None:
        yield ChatSession.ai_model_id == query.ai_model_id
    if query.from_ is not None:
        yield ChatSession.updated_at >= query.from_
    if query.to is not None:
        yield ChatSession.updated_at < query.to
    if query.archived is not None:
        yield ChatSession.archived.is_(query.archived)
    if query.state is not None:
        yield _STATES[query.state]


def _has_words(work: Work, q: str) -> ColumnElement[bool]:
    """Tell whether a session is called by all words of `q`, or is found by them as the search finds it."""
    called = and_(*(_named(word) for word in q.lower().split()))
    asked = search.parse(q)
    return or_(called, ChatSession.id.in_(search.sessions_with(work, asked))) if asked.terms else called


def _named(word: str) -> ColumnElement[bool]:
    """Tell whether a session's title or category, or its character's name, has `word` in it."""
    characters = select(Character.id).where(func.lower(Character.name).contains(word, autoescape=True))
    return or_(
        func.lower(ChatSession.title).contains(word, autoescape=True),
        func.lower(ChatSession.category).contains(word, autoescape=True),
        ChatSession.character_id.in_(characters),
    )


def count_with_character(work: Work, character_id: UUID) -> int:
    """Return how many sessions, trash included, have this character."""
    statement = select(func.count()).select_from(ChatSession).where(ChatSession.character_id == character_id)
    return work.session.scalar(statement) or 0


def count_referring(work: Work, name: str, referred: UUID) -> int:
    """Return how many sessions that are not in the trash have `referred` as their `name`."""
    reference: InstrumentedAttribute[UUID | None] = getattr(ChatSession, name)
    having = (reference == referred, ChatSession.deleted_at.is_(None))
    return work.session.scalar(select(func.count()).select_from(ChatSession).where(*having)) or 0


def has_reference(work: Work, name: str, referred: UUID) -> bool:
    """Return whether what a session's `name` points at is there for the actor, and not in the trash."""
    row = _REFERRED[name]
    found = work.session.scalar(select(row.id).where(row.id == referred, row.deleted_at.is_(None)))
    return found is not None


def user_name(work: Work, chat: ChatSession) -> str | None:
    """Return the name of the session's persona, else of the default one."""
    profile_id = chat.user_profile_id or work.session.scalar(select(ApplicationSettings.default_user_profile_id))
    chosen = UserProfile.is_default if profile_id is None else UserProfile.id == profile_id
    return work.session.scalar(select(UserProfile.name).where(chosen, UserProfile.deleted_at.is_(None)))


def get_message(work: Work, message_id: UUID, *, lock: bool = False) -> Message:
    """Return a message that is neither deleted nor in a session of the trash.

    Raises:
        MessageNotFound: there is none.
    """
    message = _message(work, message_id, lock=lock)
    if message.deleted_at is not None:
        raise MessageNotFound
    return message


def get_deleted_message(work: Work, message_id: UUID) -> Message:
    """Return a message in whatever state, if its session is not in the trash, with the session locked.

    Raises:
        MessageNotFound: there is none.
    """
    return _message(work, message_id, lock=True)


def _message(work: Work, message_id: UUID, *, lock: bool) -> Message:
    if lock:  # first the session's row, then what its holder decides on: read before, it may have changed meanwhile
        of_message = select(Message.session_id).where(Message.id == message_id).scalar_subquery()
        work.session.scalar(select(ChatSession.id).where(ChatSession.id == of_message).with_for_update())
    message = work.session.get(Message, (work.actor.user_id, message_id), populate_existing=True)
    if message is None:
        raise MessageNotFound
    chat = work.session.get(ChatSession, (work.actor.user_id, message.session_id), populate_existing=True)
    if chat is None or chat.deleted_at is not None:
        raise MessageNotFound
    return message


def find_generation(work: Work, message_id: UUID) -> Generation | None:
    """Return the making of a reply; None for what no model wrote."""
    return work.session.get(Generation, (work.actor.user_id, message_id), populate_existing=True)


def list_unfinished(work: Work, session_id: UUID) -> Sequence[Generation]:
    """Return the replies of a session that have not ended."""
    return work.session.scalars(
        select(Generation)
        .where(Generation.session_id == session_id, Generation.state.in_(sorted(UNFINISHED)))
        .order_by(Generation.message_id)
    ).all()


def list_revisions(work: Work, message_id: UUID) -> Sequence[MessageRevision]:
    """Return what a message said before, oldest first."""
    return work.session.scalars(
        select(MessageRevision).where(MessageRevision.message_id == message_id).order_by(MessageRevision.version)
    ).all()


def list_deletion(work: Work, session_id: UUID, deletion_id: UUID) -> Sequence[Message]:
    """Return what one DELETE took, in the tree's order."""
    return work.session.scalars(
        select(Message)
        .where(Message.session_id == session_id, Message.deletion_id == deletion_id)
        .order_by(Message.depth, Message.id)
    ).all()


def list_living(work: Work, session_id: UUID, ids: Sequence[UUID] | None = None) -> Sequence[Message]:
    """Return messages of a session that are not deleted (all, or those of `ids`), in the tree's order."""
    statement = select(Message).where(Message.session_id == session_id, Message.deleted_at.is_(None))
    if ids is not None:
        statement = statement.where(Message.id.in_(ids))
    return work.session.scalars(statement.order_by(Message.depth, Message.id)).all()


def purge_slice(work: Work, chat: ChatSession) -> bool:
    """Delete a slice of a trashed session's rows, leaves first, at last the session; return whether more is left."""
    if _delete_some(work, SessionEvent, SessionEvent.session_id == chat.id, SessionEvent.seq, SessionEvent.seq):
        return True
    if _delete_some(work, Message, Message.session_id == chat.id, Message.id, Message.depth.desc()):
        return True
    work.session.execute(delete(ChatSession).where(ChatSession.id == chat.id))
    search.forget(work, search.SESSION, [chat.id])
    return False


def _delete_some(work: Work, table: Any, condition: Any, key: Any, order: Any) -> bool:
    keys = work.session.scalars(select(key).where(condition).order_by(order, key).limit(ROWS_A_SLICE)).all()
    if keys:
        work.session.execute(delete(table).where(condition, key.in_(keys)).execution_options(synchronize_session=False))
        if table is Message:
            search.forget(work, search.MESSAGE, keys)
    return bool(keys)
