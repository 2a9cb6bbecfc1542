"""Language models that this installation may call."""

from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from causerie.db.base import Base, MaybeOwned, Timestamped, Trashable, Versioned
from causerie.ids import new_id


class AiModel(MaybeOwned, Versioned, Timestamped, Trashable, Base):
    """A model, the way to it and how to sample it.

    `paid`: nothing is asked of it twice without the user's word. `continue_prefix`: it can go on writing a cut reply.
    """

    __tablename__ = "ai_model"
    __table_args__ = (
        CheckConstraint("provider IN ('local', 'openai', 'openrouter', 'gemini', 'langchain')", name="provider"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str]
    provider: Mapped[str]
    model: Mapped[str]
    base_url: Mapped[str | None]
    sealed_api_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    api_key_last_four: Mapped[str | None]
    context_window: Mapped[int | None]
    max_output_tokens: Mapped[int | None]
    temperature: Mapped[float | None]
    top_p: Mapped[float | None]
    options: Mapped[dict[str, Any]] = mapped_column(default=dict)
    paid: Mapped[bool] = mapped_column(default=False)
    continue_prefix: Mapped[bool] = mapped_column(default=False)
    enabled: Mapped[bool] = mapped_column(default=True)
