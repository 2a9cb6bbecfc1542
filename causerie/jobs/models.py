"""Long work that is done in slices, apart from the request that asked for it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from causerie.db.base import Base, Owned, Timestamped
from causerie.ids import new_id


class Job(Owned, Timestamped, Base):
    """One piece of background work. `kind` names the function; a repeat of it is harmless.

    `done` of `total` counts what the kind counts (rows, pages); `owner` and `lease_until` say who works on it.
    """

    __tablename__ = "job"
    __table_args__ = (
        CheckConstraint("state IN ('queued', 'running', 'complete', 'failed', 'cancelled')", name="state"),
        Index(None, "state", "run_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[str]
    arguments: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[str] = mapped_column(default="queued")
    attempt: Mapped[int] = mapped_column(default=0)
    owner: Mapped[str | None]
    lease_until: Mapped[datetime | None]
    run_at: Mapped[datetime]
    done: Mapped[int] = mapped_column(default=0)
    total: Mapped[int | None]
    error: Mapped[dict[str, Any] | None]
