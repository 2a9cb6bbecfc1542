"""One row of settings and one of preferences per user."""

from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from causerie.db.base import Base, Owned, Timestamped, Versioned, owned_foreign_key

DEFAULT_CONTEXT_MESSAGES = 50
DEFAULT_RETENTION_DAYS = 30


class ApplicationSettings(Owned, Versioned, Timestamped, Base):
    """How a user's conversations are answered and kept.

    `context_messages`: most messages of a branch that a prompt may hold. `retention_days`: how long the trash keeps.
    `retry_paid`: a cut reply of a paid model may be asked for again by itself. `interface`: what differs from the
    defaults of `Interface`.
    """

    __tablename__ = "application_settings"
    __table_args__ = (owned_foreign_key("default_user_profile_id", "user_profile"),)

    default_ai_model_id: Mapped[UUID | None] = mapped_column(ForeignKey("ai_model.id"))
    default_system_prompt_id: Mapped[UUID | None] = mapped_column(ForeignKey("system_prompt.id"))
    default_user_profile_id: Mapped[UUID | None]
    context_messages: Mapped[int] = mapped_column(default=DEFAULT_CONTEXT_MESSAGES)
    retention_days: Mapped[int] = mapped_column(default=DEFAULT_RETENTION_DAYS)
    retry_paid: Mapped[bool] = mapped_column(default=False)
    interface: Mapped[dict[str, Any] | None]


class UserPreferences(Owned, Versioned, Timestamped, Base):
    """How a user likes texts to be written."""

    __tablename__ = "user_preferences"

    voice: Mapped[str] = mapped_column(default="")
    style: Mapped[str] = mapped_column(default="")
    platform: Mapped[str] = mapped_column(default="")
    language: Mapped[str] = mapped_column(default="")
