"""A migrated database of either kind, written to below the door that keeps users apart."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import pytest
from sqlalchemy import Connection, make_url
from sqlalchemy.ext.asyncio import create_async_engine

from causerie.db.sqlite import sqlite_engine
from causerie.ids import new_id
from tests.node import migrated_file
from tests.postgres import PostgresDatabase

T = TypeVar("T")
Transaction = Callable[[Callable[[Connection], T]], Awaitable[T]]


@pytest.fixture
def sqlite_file(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Path:
    return migrated_file(tmp_path_factory.getbasetemp() / "empty.db", tmp_path / "rows.db")


@pytest.fixture
async def sqlite_transaction(sqlite_file: Path) -> AsyncIterator[Transaction[T]]:
    engine = sqlite_engine(sqlite_file)

    def run(function: Callable[[Connection], T]) -> T:
        with engine.begin() as connection:
            return function(connection)

    async def transaction(function: Callable[[Connection], T]) -> T:
        return await asyncio.to_thread(run, function)

    yield transaction
    engine.dispose()


@pytest.fixture
async def postgres_transaction(postgres_database: PostgresDatabase) -> AsyncIterator[Transaction[T]]:
    engine = create_async_engine(make_url(postgres_database.owner_url).set(drivername="postgresql+asyncpg"))

    async def transaction(function: Callable[[Connection], T]) -> T:
        async with engine.begin() as connection:
            return await connection.run_sync(function)

    yield transaction
    await engine.dispose()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.slow)])
def transaction(request: pytest.FixtureRequest) -> Transaction[T]:
    """Runs a function on a plain connection, in a transaction of its own, on each kind of database."""
    made: Transaction[T] = request.getfixturevalue(f"{request.param}_transaction")
    return made


@pytest.fixture
def alice() -> UUID:
    return new_id()


@pytest.fixture
def bob() -> UUID:
    return new_id()
