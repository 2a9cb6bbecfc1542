"""Queries over what is in the trash, whatever it is."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from causerie.aimodels.models import AiModel
from causerie.characters.models import Character
from causerie.chats.models import ChatSession, Message
from causerie.db.base import MaybeOwned
from causerie.db.work import Work
from causerie.profiles.models import UserProfile
from causerie.prompts.models import SystemPrompt
from causerie.settings.models import ApplicationSettings
from causerie.trash.schemas import Kind

Trashed: TypeAlias = ChatSession | Character | UserProfile | AiModel | SystemPrompt

ROWS_A_SLICE = 500

KINDS: Mapping[Kind, type[Trashed]] = {
    "session": ChatSession,
    "character": Character,
    "profile": UserProfile,
    "model": AiModel,
    "prompt": SystemPrompt,
}
"""In the order in which they go for good: sessions hold the others."""

_NAMES: Mapping[Kind, InstrumentedAttribute[str]] = {
    "session": ChatSession.title,
    "character": Character.name,
    "profile": UserProfile.name,
    "model": AiModel.name,
    "prompt": SystemPrompt.name,
}

_REFERENCES: Mapping[Kind, Sequence[InstrumentedAttribute[UUID | None]]] = {
    "session": (),
    "character": (Message.character_id,),
    "profile": (ChatSession.user_profile_id, ApplicationSettings.default_user_profile_id),
    "model": (ChatSession.ai_model_id, Character.ai_model_id, ApplicationSettings.default_ai_model_id),
    "prompt": (ChatSession.system_prompt_id, ApplicationSettings.default_system_prompt_id),
}


@dataclass(frozen=True, slots=True)
class Found:
    """A row in the trash."""

    deleted_at: datetime
    id: UUID
    kind: Kind
    name: str


def list_trashed(work: Work, before: tuple[datetime, UUID] | None, limit: int, *, shared: bool) -> list[Found]:
    """Return at most `limit` rows of the trash, newest deletion first, by one statement for each kind.

    Args:
        before: (deleted_at, id) of the last row of the page before.
        shared: what is everyone's too.
    """
    found: list[Found] = []
    for kind, row in KINDS.items():
        statement = select(row.deleted_at, row.id, _NAMES[kind]).where(*_conditions(row, shared=shared))
        if before is not None:
            at, last_id = before
            statement = statement.where(or_(row.deleted_at < at, and_(row.deleted_at == at, row.id < last_id)))
        statement = statement.order_by(row.deleted_at.desc(), row.id.desc()).limit(limit)
        found += [Found(at, id_, kind, name) for at, id_, name in work.session.execute(statement) if at is not None]
    return sorted(found, key=lambda row: (row.deleted_at, row.id), reverse=True)[:limit]


def next_to_purge(work: Work, before: datetime, *, shared: bool) -> tuple[Kind, UUID] | None:
    """Return something that was deleted until `before`, in the order in which things can go; None at the end."""
    for kind, row in KINDS.items():
        statement = select(row.id).where(*_conditions(row, shared=shared), row.deleted_at <= before)
        oldest = work.session.scalar(statement.order_by(row.deleted_at, row.id).limit(1))
        if oldest is not None:
            return kind, oldest
    return None


def clear_references(work: Work, kind: Kind, identity: UUID) -> bool:
    """Let a slice of what refers to a row refer to nothing; return whether more may be left."""
    for column in _REFERENCES[kind]:
        holders = work.session.scalars(select(column.class_).where(column == identity).limit(ROWS_A_SLICE)).all()
        for holder in holders:
            setattr(holder, column.key, None)
        if holders:
            return True
    return False


def remove(work: Work, kind: Kind, identity: UUID) -> None:
    """Delete a row to which nothing refers."""
    row = work.session.scalar(select(KINDS[kind]).where(KINDS[kind].id == identity))
    if row is not None:
        work.session.delete(row)


def _conditions(row: type[Trashed], *, shared: bool) -> Iterator[ColumnElement[bool]]:
    yield row.deleted_at.is_not(None)
    if issubclass(row, MaybeOwned) and not shared:
        yield row.user_id.is_not(None)
