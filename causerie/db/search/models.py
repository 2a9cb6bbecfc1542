"""The table of what everything is found by."""

from uuid import UUID

from sqlalchemy import BigInteger, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from causerie.db.base import Base, Owned


class SearchEntry(Owned, Base):
    """What one thing is found by. `terms` are its words between spaces, those of its title on a line of their own.

    `number` is greater for what was put in later. The full-text index over `terms` is the database's own, made by the
    migrations: an FTS5 table that triggers keep on SQLite, a GIN index on PostgreSQL.
    """

    __tablename__ = "search_entry"
    __table_args__ = (UniqueConstraint("user_id", "number", name="uq_search_entry_number"),)

    kind: Mapped[str] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    session_id: Mapped[UUID | None]
    number: Mapped[int] = mapped_column(BigInteger)
    terms: Mapped[str]
