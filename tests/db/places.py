"""A place for a database of either kind: opened anew, looked into by a stranger, held still."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

import asyncpg  # type: ignore[import-untyped]  # it has no types

from causerie.db.database import Database
from causerie.db.postgres import PostgresDatabase
from causerie.db.sqlite import SqliteDatabase
from causerie.db.work import Actor
from tests import postgres
from tests.db.rows import Gate

END_OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE pid <> pg_backend_pid() AND usename = current_user AND datname = current_database()
"""


class Place(Protocol):
    """Where a database is."""

    async def open(self) -> Database: ...

    def stored(self) -> set[str]:
        """Return the keys of all users' rows that are committed."""

    def put(self, owner: UUID, key: str) -> None:
        """Commit a row as a stranger to the database's connections."""

    def held(self, database: Database, actor: Actor) -> AbstractAsyncContextManager[None]:
        """Let every unit over the table of rows wait until the block ends."""


class SqlitePlace:
    def __init__(self, file: Path) -> None:
        self.file = file

    async def open(self) -> Database:
        return SqliteDatabase(self.file)

    def stored(self) -> set[str]:
        with closing(sqlite3.connect(self.file)) as connection:
            return {key for (key,) in connection.execute("SELECT sha256 FROM prompt_segment")}

    def put(self, owner: UUID, key: str) -> None:
        with closing(sqlite3.connect(self.file)) as connection, connection:
            connection.execute("INSERT INTO prompt_segment VALUES (?, ?, '')", (owner.hex, key))

    @asynccontextmanager
    async def held(self, database: Database, actor: Actor) -> AsyncIterator[None]:
        gate = Gate()
        holding = asyncio.create_task(database.work(actor, gate))
        await asyncio.to_thread(gate.reached)
        try:
            yield
        finally:
            gate.open()
            await holding


class PostgresPlace:
    def __init__(self, database: postgres.PostgresDatabase) -> None:
        self.urls = database
        # Units run on the loop's thread: who looks from within one needs a loop of their own.
        self._stranger = ThreadPoolExecutor(1)

    async def open(self) -> Database:
        return await PostgresDatabase.open(self.urls.url)

    def stored(self) -> set[str]:
        return {key for (key,) in self.stranger("SELECT sha256 FROM prompt_segment")}

    def put(self, owner: UUID, key: str) -> None:
        self.stranger("INSERT INTO prompt_segment VALUES ($1, $2, '')", owner, key)

    @asynccontextmanager
    async def held(self, database: Database, actor: Actor) -> AsyncIterator[None]:
        del database, actor
        holder = await asyncpg.connect(self.urls.owner_url)
        try:
            async with holder.transaction():
                await holder.execute("LOCK TABLE prompt_segment IN ACCESS EXCLUSIVE MODE")
                yield
        finally:
            await holder.close()

    def stranger(self, statement: str, *values: Any) -> list[Any]:
        """Run a statement as the owner of the tables, on another connection."""
        return self._stranger.submit(self._run, self._ask(self.urls.owner_url, statement, *values)).result()

    def end_connections(self) -> int:
        """Let the server end every connection of the application; return how many those were."""
        return len(self._stranger.submit(self._run, self._ask(self.urls.url, END_OTHERS)).result())

    async def _ask(self, url: str, statement: str, *values: Any) -> list[Any]:
        connection = await asyncpg.connect(url)
        try:
            rows: list[Any] = await connection.fetch(statement, *values)
        finally:
            await connection.close()
        return rows

    def _run(self, asking: Coroutine[Any, Any, list[Any]]) -> list[Any]:
        return asyncio.run(asking)
