"""What hits are told with: the rows behind entries of the index."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import repeat
from uuid import UUID

from sqlalchemy import select

from causerie.characters.models import Character
from causerie.chats.errors import SessionNotFound
from causerie.chats.models import ChatSession
from causerie.db.work import Work
from causerie.search.statements import CHAT, IDS, SAID


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


_SESSIONS = select(ChatSession).where(ChatSession.id.in_(IDS))
_CHARACTERS = select(Character).where(Character.id.in_(IDS))


def list_said(work: Work, ids: Sequence[UUID]) -> dict[UUID, Said]:
    """Return messages with their sessions."""
    return {row.id: Said(**row) for row in work.execute(SAID, **_named(ids)).mappings()}


def get_chat(work: Work, session_id: UUID) -> Chat:
    """Return how a session's active branch goes.

    Raises:
        SessionNotFound: the actor has none such.
    """
    row = work.execute(CHAT, session_id=session_id).mappings().one_or_none()
    if row is None:
        raise SessionNotFound
    return Chat(**row)


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
