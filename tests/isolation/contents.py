"""What a database holds, for each table and owner: as a digest of every byte, read below every door."""

import hashlib
from collections import defaultdict
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Column, Connection, Table, delete, insert, literal_column, select, union_all

from causerie.accounts.models import User
from causerie.db.base import Base, table_of
from tests.isolation.mapped import MAYBE_OWNED, OWNED
from tests.isolation.planting import OWNER, Row

_MODELS: list[type[Base]] = [*OWNED, *MAYBE_OWNED, User]
TABLES = [table_of(model) for model in _MODELS]


class Held(NamedTuple):
    """What one user has in one table."""

    rows: int
    digest: str


Contents = dict[tuple[str, UUID | None], Held]


def owner_of(table: Table) -> Column[UUID]:
    """Return the column that says whose a row is."""
    return table.c.id if table is table_of(User) else table.c[OWNER]


def contents(connection: Connection) -> Contents:
    """Return what everybody has, byte for byte."""
    return _by_postgres(connection) if connection.dialect.name == "postgresql" else _by_hand(connection)


def of(owner: UUID | None, held: Contents) -> Contents:
    """Return the part that is `owner`'s, or everyone's."""
    return {key: value for key, value in held.items() if key[1] == owner}


def but(owner: UUID, held: Contents) -> Contents:
    """Return the part that is not `owner`'s."""
    return {key: value for key, value in held.items() if key[1] != owner}


def _by_postgres(connection: Connection) -> Contents:
    parts: list[Any] = [
        select(
            literal_column(f"'{table.name}'"),
            owner_of(table),
            literal_column("count(*)"),
            literal_column(f'md5(string_agg("{table.name}"::text, chr(10) ORDER BY "{table.name}"::text))'),
        ).group_by(owner_of(table))
        for table in TABLES
    ]
    rows = connection.execute(union_all(*parts))
    return {(name, owner): Held(count, digest) for name, owner, count, digest in rows}


def _by_hand(connection: Connection) -> Contents:
    raw = connection.connection.cursor()
    found: Contents = {}
    for table in TABLES:
        by_owner: dict[str | None, list[str]] = defaultdict(list)
        place = list(table.columns).index(owner_of(table))
        raw.execute(f'SELECT {", ".join(table.columns.keys())} FROM "{table.name}"')  # noqa: S608 (names of our own)
        for row in raw.fetchall():
            by_owner[row[place]].append(repr(row))
        for owner, lines in by_owner.items():
            digest = hashlib.md5("\n".join(sorted(lines)).encode(), usedforsecurity=False).hexdigest()
            found[table.name, None if owner is None else UUID(owner)] = Held(len(lines), digest)
    raw.close()
    return found


def rows_of(connection: Connection, owner: UUID) -> dict[str, list[Row]]:
    """Return all rows of `owner`, in an order in which they can be inserted: newer ones have higher ids."""
    return {
        table.name: [
            dict(row)
            for row in connection.execute(
                select(table).where(owner_of(table) == owner).order_by(*table.primary_key)
            ).mappings()
        ]
        for table in Base.metadata.sorted_tables
        if table in TABLES
    }


def put_back(connection: Connection, owner: UUID, rows: dict[str, list[Row]]) -> None:
    """Let `owner` have exactly these rows."""
    for table in reversed(Base.metadata.sorted_tables):
        if table in TABLES:
            connection.execute(delete(table).where(owner_of(table) == owner))
    for name, all_rows in rows.items():
        if all_rows:
            connection.execute(insert(Base.metadata.tables[name]), all_rows)
