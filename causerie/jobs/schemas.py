"""What is told about jobs."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

State = Literal["queued", "running", "complete", "failed", "cancelled"]


class JobOut(BaseModel):
    """A piece of background work and how far it is."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    kind: str
    state: State
    done: int = Field(description="How much is done, in what the kind counts.")
    total: int | None = Field(description="How much there is; null while nobody knows.")
    error: dict[str, Any] | None
    created_at: datetime
    updated_at: datetime
