"""Answers that are given again when a request is sent again."""

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from causerie.clock import utc_now
from causerie.db.base import Base, Owned


class IdempotencyRecord(Owned, Base):
    """What a POST with an `Idempotency-Key` answered.

    While the first request still runs, `status` is null and `created_at` its last sign of life.
    """

    __tablename__ = "idempotency_record"
    __table_args__ = (Index(None, "created_at"),)

    route: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    request_sha256: Mapped[str]
    status: Mapped[int | None]
    media_type: Mapped[str] = mapped_column(default="application/json")
    body: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
