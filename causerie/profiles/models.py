"""Personas: who the user is in a story."""

from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from causerie.db.base import Base, Owned, Timestamped, Trashable, Versioned
from causerie.ids import new_id


class UserProfile(Owned, Versioned, Timestamped, Trashable, Base):
    """A persona. At most one of a user's is the default."""

    __tablename__ = "user_profile"
    __table_args__ = (Index("ix_user_profile_updated", "user_id", "updated_at", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str]
    avatar_image: Mapped[str | None]
    description: Mapped[str] = mapped_column(default="")
    is_default: Mapped[bool] = mapped_column(default=False)
