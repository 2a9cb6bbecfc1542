"""The declarative base: types, constraint names and the ownership of rows."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import JSON, BindParameter, ForeignKeyConstraint, MetaData, Table, bindparam
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column

from causerie.clock import utc_now
from causerie.db.types import Identifier, UtcDateTime

# Names that Alembic can find again on both databases.
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """All tables of Causerie."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        UUID: Identifier(),
        datetime: UtcDateTime(),
        dict[str, Any]: JSON(),
        list[str]: JSON(),
        list[dict[str, Any]]: JSON(),
    }


def table_of(model: type[Base]) -> Table:
    """Return the table of a model, for prepared statements."""
    table = model.__table__
    if not isinstance(table, Table):
        raise TypeError(f"{model.__name__} is not mapped to a table")
    return table


ACTOR: BindParameter[UUID] = bindparam("actor", type_=Identifier())
"""Whose rows a prepared statement touches: `Work` supplies the value, the statement has to bind it."""


class Owned:
    """A row that belongs to one user. Its primary key begins with the owner, so two users may mint one id.

    `Work` adds `user_id = <actor>` to every ORM statement over such a table and fills the column of new rows.
    """

    user_id: Mapped[UUID] = mapped_column(primary_key=True, sort_order=-2)


class MaybeOwned:
    """A row that belongs to one user, or to everyone when `user_id` is null; its key is `id` alone.

    `Work` shows an actor its own rows and everyone's. Who may change everyone's is the service's rule.
    """

    user_id: Mapped[UUID | None] = mapped_column(index=True, sort_order=-2)


def owned_foreign_key(
    column: str, table: str, *, within: str | None = None, ondelete: str | None = None
) -> ForeignKeyConstraint:
    """Return a foreign key that carries the owner (and `within`, say the session), so no reference can leave them.

    The key points at `(user_id, id)` of `table`, or at `(user_id, <within>, id)`, which `table` must declare unique.
    `ondelete` may be CASCADE or absent: SET NULL would null the owner too.
    """
    local = ["user_id", *([within] if within else []), column]
    remote = [f"{table}.{name}" for name in ["user_id", *([within] if within else []), "id"]]
    return ForeignKeyConstraint(local, remote, ondelete=ondelete)


class Timestamped:
    """When the row was made, and when something about it last changed."""

    created_at: Mapped[datetime] = mapped_column(default=utc_now, sort_order=90)
    updated_at: Mapped[datetime] = mapped_column(default=utc_now, onupdate=utc_now, sort_order=91)


class Trashable:
    """A row that is deleted with undo: in the trash while `deleted_at` is set, purged later."""

    deleted_at: Mapped[datetime | None] = mapped_column(sort_order=92)


class Versioned:
    """A row whose every change through the ORM raises `version`, which is its strong ETag."""

    version: Mapped[int] = mapped_column(default=1, sort_order=93)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:
        return {"version_id_col": cls.version}
