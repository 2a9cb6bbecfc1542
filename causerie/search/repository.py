"""What hits are told with: the rows behind entries of the index."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import repeat
from uuid import UUID

from sqlalchemy import BindParameter, bindparam, select
from sqlalchemy.orm import aliased

from causerie.characters.models import Character
from causerie.chats.errors import SessionNotFound
from causerie.chats.models import ChatSession, Message
from causerie.db.work import Work

_leaf = aliased(Message)
_buried = aliased(Message)


@dataclass(frozen=True, slots=True)
class Said:
    """A message, and what there is to know of its session. `straight`: that has one branch, and nothing is deleted."""

    id: UUID
    session_id: UUID
    character_id: UUID | None
    content: str
    timestamp: datetime
    depth: int
    title: str
    active_leaf_id: UUID | None
    straight: bool


@dataclass(frozen=True, slots=True)
class Chat:
    """A session as far as its active branch goes; `straight` as above."""

    active_leaf_id: UUID | None
    straight: bool


_buried_in_session = (
    select(_buried.id)
    .where(_buried.session_id == ChatSession.id, _buried.deleted_at.is_not(None))
    .correlate(ChatSession)
    .exists()
)
# As many living messages as the active branch is long: there is no other branch.
_straight = (ChatSession.total_messages == _leaf.depth + 1) & ~_buried_in_session


_IDS: BindParameter[Sequence[UUID]] = bindparam("ids", expanding=True)
# Built once: that takes as long as running it. An inner join may begin with all sessions of the user.
_SAID = (
    select(
        Message.id,
        Message.session_id,
        Message.character_id,
        Message.content,
        Message.timestamp,
        Message.depth,
        ChatSession.title,
        ChatSession.active_leaf_id,
        _straight,
    )
    .outerjoin(ChatSession, (ChatSession.user_id == Message.user_id) & (ChatSession.id == Message.session_id))
    .outerjoin(_leaf, (_leaf.user_id == Message.user_id) & (_leaf.id == ChatSession.active_leaf_id))
    .where(Message.id.in_(_IDS))
)
_SESSIONS = select(ChatSession).where(ChatSession.id.in_(_IDS))
_CHARACTERS = select(Character).where(Character.id.in_(_IDS))


def list_said(work: Work, ids: Sequence[UUID]) -> dict[UUID, Said]:
    """Return messages with their sessions."""
    return {row[0]: Said(*row) for row in work.session.execute(_SAID, _named(ids))}


def get_chat(work: Work, session_id: UUID) -> Chat:
    """Return how a session's active branch goes.

    Raises:
        SessionNotFound: the actor has none such.
    """
    statement = (
        select(ChatSession.active_leaf_id, _straight)
        .outerjoin(_leaf, (_leaf.user_id == ChatSession.user_id) & (_leaf.id == ChatSession.active_leaf_id))
        .where(ChatSession.id == session_id, ChatSession.deleted_at.is_(None))
    )
    row = work.session.execute(statement).one_or_none()
    if row is None:
        raise SessionNotFound
    return Chat(row[0], bool(row[1]))


def list_sessions(work: Work, session_ids: Sequence[UUID]) -> dict[UUID, ChatSession]:
    """Return sessions."""
    return {chat.id: chat for chat in work.session.scalars(_SESSIONS, _named(session_ids))}


def list_characters(work: Work, character_ids: Sequence[UUID]) -> dict[UUID, Character]:
    """Return characters."""
    return {character.id: character for character in work.session.scalars(_CHARACTERS, _named(character_ids))}


def _named(ids: Sequence[UUID]) -> dict[str, list[UUID]]:
    """Return ids for a statement, the last one repeated up to a power of two.

    For each number of ids a database makes another plan, and PostgreSQL takes longer for that than for the rows.
    """
    if not ids:
        return {"ids": []}
    whole = 1 << (len(ids) - 1).bit_length()
    return {"ids": [*ids, *repeat(ids[-1], whole - len(ids))]}
