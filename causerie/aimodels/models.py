"""Language models that this installation may call."""

from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class ModelRow:
    """What calling a model takes of its row, without a session: making an `AiModel` costs a turn 50 us."""

    id: UUID
    user_id: UUID | None
    provider: str
    model: str
    base_url: str | None
    sealed_api_key: bytes | None
    context_window: int | None
    max_output_tokens: int | None
    temperature: float | None
    top_p: float | None
    options: dict[str, Any]
    paid: bool
    continue_prefix: bool
