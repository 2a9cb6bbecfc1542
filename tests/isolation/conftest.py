"""A migrated database of either kind, written to below the door that keeps users apart."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import pytest
from sqlalchemy import Connection, Engine, make_url, text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from causerie.db import ownership, postgres
from causerie.db.database import Database
from causerie.db.sqlite import SqliteDatabase, sqlite_engine
from causerie.ids import new_id
from tests.isolation.contents import TABLES
from tests.isolation.worlds import Below, Pair, furnished
from tests.node import migrated_file
from tests.postgres import PostgresDatabase, PostgresServer

T = TypeVar("T")
Transaction = Callable[[Callable[[Connection], T]], Awaitable[T]]

ON_POSTGRES = [pytest.param(name, marks=pytest.mark.slow) for name in ("postgres", "database_net", "application_net")]
"""PostgreSQL with both nets, with the database's own alone, with the application's alone (S31)."""


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


# Two databases that differ by Alice alone.


@pytest.fixture(scope="module")
async def pair_on_sqlite(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Pair]:
    async with sqlite_pair(tmp_path_factory, twins=False) as pair:
        yield pair


TwoDatabases = tuple[PostgresDatabase, PostgresDatabase]


@pytest.fixture(scope="module")
def four_databases(postgres: PostgresServer, postgres_template: PostgresDatabase) -> Iterator[Sequence[TwoDatabases]]:
    """Two for each pair: made ahead, since making one takes an event loop of its own."""
    with ExitStack() as stack:
        made = [stack.enter_context(postgres.database(template=postgres_template)) for _ in range(4)]
        yield list(zip(made[::2], made[1::2], strict=True))


@pytest.fixture(scope="module")
async def pair_on_postgres(four_databases: Sequence[TwoDatabases]) -> AsyncIterator[Pair]:
    async with postgres_pair(four_databases[0]) as pair:
        yield pair


@pytest.fixture(scope="module")
def pair_on_database_net(pair_on_postgres: Pair) -> Pair:
    """The application asks for Alice's rows, in everything, in transactions that are Bob's."""
    return replace(pair_on_postgres, confused=True)


@pytest.fixture(scope="module")
async def pair_on_application_net(four_databases: Sequence[TwoDatabases]) -> AsyncIterator[Pair]:
    async with postgres_pair(four_databases[1], policies=False) as pair:
        yield pair


@pytest.fixture(scope="module", params=["sqlite", *ON_POSTGRES])
def pair(request: pytest.FixtureRequest) -> Pair:
    """Bob is a stranger: he has nothing but his account."""
    made: Pair = request.getfixturevalue(f"pair_on_{request.param}")
    return made


@pytest.fixture(scope="module")
async def twins(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Pair]:
    """Bob is a twin: whatever Alice has, he has too, under the same ids."""
    async with sqlite_pair(tmp_path_factory, twins=True) as pair:
        yield pair


@asynccontextmanager
async def sqlite_pair(factory: pytest.TempPathFactory, *, twins: bool) -> AsyncIterator[Pair]:
    template, folder = factory.getbasetemp() / "empty.db", factory.mktemp("pair")
    async with AsyncExitStack() as stack:
        worlds = []
        for name in ("shared", "alone"):
            file = migrated_file(template, folder / f"{name}.db")
            engine = sqlite_engine(file)
            stack.callback(engine.dispose)
            database = SqliteDatabase(file)
            stack.push_async_callback(database.close)
            worlds.append((database, below_sqlite(engine)))
        yield await furnished(worlds, twins=twins)


def below_sqlite(engine: Engine) -> Below[Any]:
    def run(function: Callable[[Connection], Any]) -> Any:
        with engine.begin() as connection:
            return function(connection)

    async def below(function: Callable[[Connection], Any]) -> Any:
        return await asyncio.to_thread(run, function)

    return below


@asynccontextmanager
async def postgres_pair(databases: Sequence[PostgresDatabase], *, policies: bool = True) -> AsyncIterator[Pair]:
    async with AsyncExitStack() as stack:
        worlds = []
        for database in databases:
            engine = owner_engine(database)
            stack.push_async_callback(engine.dispose)
            served = await postgres.PostgresDatabase.open(database.url, connections=2)
            stack.push_async_callback(served.close)
            below = below_postgres(engine)
            if not policies:  # after the start, which refuses such a database
                await below(without_policies)
            worlds.append((served, below))
        yield await furnished(worlds, twins=False)


def owner_engine(database: PostgresDatabase) -> AsyncEngine:
    """Return an engine of the tables' owner."""
    return create_async_engine(make_url(database.owner_url).set(drivername="postgresql+asyncpg"))


def below_postgres(engine: AsyncEngine) -> Below[Any]:
    """Return a way below every door: as the tables' owner, whom the policies let see everything."""

    async def below(function: Callable[[Connection], Any]) -> Any:
        async with engine.begin() as connection:
            return await connection.run_sync(function)

    return below


def without_policies(connection: Connection) -> None:
    """Take the database's own net away."""
    for table in TABLES:
        connection.execute(text(f'ALTER TABLE "{table.name}" DISABLE ROW LEVEL SECURITY'))


@dataclass
class Door:
    """A database, and the way below every door of it. Whoever uses it comes as a new user."""

    database: Database
    below: Below[Any]


@pytest.fixture(params=["sqlite", *ON_POSTGRES])
def door(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Door:
    """A database with both nets or one of them: without policies, or with sessions that put no criterion anywhere."""
    pair: Pair = request.getfixturevalue(f"pair_on_{request.param}")
    if pair.confused:
        monkeypatch.setattr(ownership, "_CRITERIA", ())
    return Door(pair.shared.database, pair.shared.below)
