"""The processes that write replies."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from causerie.db.base import Base


class Worker(Base):
    """A worker's heartbeat, written with its renewals: it belongs to no user and tells nothing of any.

    A row whose `seen_at` is older than `LEASE` is of a worker that is dead, or asleep. `claimed`: attempts
    that it began; `takeovers`: those in the place of another's; `fenced`: attempts of its own that were taken from it.
    """

    __tablename__ = "worker"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    host: Mapped[str]
    pid: Mapped[int]
    version: Mapped[str]
    concurrency: Mapped[int]
    running: Mapped[int] = mapped_column(default=0)
    claimed: Mapped[int] = mapped_column(default=0)
    finished: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    takeovers: Mapped[int] = mapped_column(default=0)
    fenced: Mapped[int] = mapped_column(default=0)
    draining: Mapped[bool] = mapped_column(default=False)
    started_at: Mapped[datetime]
    seen_at: Mapped[datetime] = mapped_column(index=True)
