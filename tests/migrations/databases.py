"""Empty databases of either kind, and what a database itself says about its schema."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, inspect, make_url
from sqlalchemy.ext.asyncio import create_async_engine

from causerie.db.sqlite import sqlite_engine
from tests.postgres import PostgresDatabase

T = TypeVar("T")

FULL_TEXT = ("search_index", "ix_search_entry_terms")
"""How names begin that models do not know: those of the full-text index, which each database has in its own way."""
Transaction = Callable[[Callable[[Connection], T]], Awaitable[T]]
"""Runs a function on a connection, in a transaction of its own."""


@asynccontextmanager
async def sqlite_database(file: Path) -> AsyncIterator[Transaction[Any]]:
    engine = sqlite_engine(file)

    def run(function: Callable[[Connection], Any]) -> Any:
        with engine.begin() as connection:
            return function(connection)

    async def transaction(function: Callable[[Connection], Any]) -> Any:
        return await asyncio.to_thread(run, function)

    yield transaction
    engine.dispose()


@asynccontextmanager
async def postgres_database(database: PostgresDatabase) -> AsyncIterator[Transaction[Any]]:
    engine = create_async_engine(make_url(database.owner_url).set(drivername="postgresql+asyncpg"))

    async def transaction(function: Callable[[Connection], Any]) -> Any:
        async with engine.begin() as connection:
            return await connection.run_sync(function)

    yield transaction
    await engine.dispose()


def described(connection: Connection) -> dict[str, Any]:
    """Return tables, columns, keys, checks and indexes as the database has them."""
    found = inspect(connection)
    return {
        table: {
            "columns": {
                column["name"]: (str(column["type"]), column["nullable"], column.get("default"))
                for column in found.get_columns(table)
            },
            "primary key": found.get_pk_constraint(table),
            "foreign keys": _by_name(found.get_foreign_keys(table)),
            "unique": _by_name(found.get_unique_constraints(table)),
            "checks": _by_name(found.get_check_constraints(table)),
            "indexes": _by_name(found.get_indexes(table)),
        }
        for table in found.get_table_names()
        if table != "alembic_version" and not table.startswith(FULL_TEXT)
    }


def _by_name(constraints: Any) -> dict[str, Any]:
    return {
        constraint["name"]: constraint
        | {"dialect_options": {key: str(value) for key, value in constraint.get("dialect_options", {}).items()}}
        for constraint in constraints
        if not constraint["name"].startswith(FULL_TEXT)
    }
