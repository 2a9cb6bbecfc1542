"""Who uses this installation."""

from typing import Literal
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from causerie.db.base import Base, Timestamped
from causerie.ids import new_id

Role = Literal["owner", "administrator", "member"]


class User(Timestamped, Base):
    """A person with conversations of their own. With `AUTH=local` there is one, the owner, without an e-mail."""

    __tablename__ = "user"
    __table_args__ = (
        CheckConstraint("role IN ('owner', 'administrator', 'member')", name="role"),
        Index(
            "ix_user_one_owner",
            "role",
            unique=True,
            sqlite_where=text("role = 'owner'"),
            postgresql_where=text("role = 'owner'"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    email: Mapped[str | None] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(default="")
    role: Mapped[str] = mapped_column(default="member")
