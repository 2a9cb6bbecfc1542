"""What is true of the whole installation."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from causerie.clock import utc_now
from causerie.db.base import Base
from causerie.ids import new_id


class Installation(Base):
    """The one row. Clients compare `epoch`: another one means that history may have changed under them (restore)."""

    __tablename__ = "installation"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, default=1, autoincrement=False)
    epoch: Mapped[UUID] = mapped_column(default=new_id)
    created_at: Mapped[datetime] = mapped_column(default=utc_now)
