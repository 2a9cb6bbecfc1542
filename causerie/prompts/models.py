"""System prompts that a user keeps."""

from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from causerie.db.base import Base, MaybeOwned, Timestamped, Trashable, Versioned
from causerie.ids import new_id


class SystemPrompt(MaybeOwned, Versioned, Timestamped, Trashable, Base):
    """The text that a prompt begins with. At most one of a user's is the default."""

    __tablename__ = "system_prompt"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str]
    content: Mapped[str] = mapped_column(default="")
    is_default: Mapped[bool] = mapped_column(default=False)
