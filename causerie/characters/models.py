"""Characters and what they were before."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from causerie.clock import utc_now
from causerie.db.base import Base, Owned, Timestamped, Trashable, Versioned, owned_foreign_key
from causerie.ids import new_id


class Character(Owned, Versioned, Timestamped, Trashable, Base):
    """Somebody to talk with. The fields are those of the character card specifications."""

    __tablename__ = "character"
    __table_args__ = (
        Index(
            "uq_character_label",
            "user_id",
            "label",
            unique=True,
            sqlite_where=text("deleted_at IS NULL"),
            postgresql_where=text("deleted_at IS NULL"),
        ),
        Index("ix_character_updated", "user_id", "updated_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    label: Mapped[str]
    name: Mapped[str]
    avatar_sha256: Mapped[str | None]
    description: Mapped[str] = mapped_column(default="")
    personality: Mapped[str] = mapped_column(default="")
    scenario: Mapped[str] = mapped_column(default="")
    first_mes: Mapped[str] = mapped_column(default="")
    mes_example: Mapped[str] = mapped_column(default="")
    creator_notes: Mapped[str] = mapped_column(default="")
    system_prompt: Mapped[str] = mapped_column(default="")
    post_history_instructions: Mapped[str] = mapped_column(default="")
    alternate_greetings: Mapped[list[str]] = mapped_column(default=list)
    tags: Mapped[list[str]] = mapped_column(default=list)
    ai_model_id: Mapped[UUID | None] = mapped_column(ForeignKey("ai_model.id"))
    archived: Mapped[bool] = mapped_column(default=False)


class CharacterRevision(Owned, Base):
    """What a character was up to and including `version`."""

    __tablename__ = "character_revision"
    __table_args__ = (owned_foreign_key("character_id", "character", ondelete="CASCADE"),)

    character_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    fields: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
