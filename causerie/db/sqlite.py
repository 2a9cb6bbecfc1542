"""SQLite: one writer thread that commits whatever waits together, and a few readers on snapshots."""

import asyncio
import contextlib
import math
import queue
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.pool import NullPool

from causerie.db.database import Publisher, publish_nothing
from causerie.db.errors import StorageConflict, StorageUnavailable
from causerie.db.ownership import current_actor
from causerie.db.work import Actor, Work
from causerie.errors import Busy, CauserieError

P = ParamSpec("P")
T = TypeVar("T")

MOST_WAITING_UNITS = 2_000
WAIT_SECONDS = 10.0
"""For whoever waits longer the answer comes too late: it is refused when its turn comes."""
MOST_UNITS_A_COMMIT = 64
READERS = 3
BUSY_MILLISECONDS = 5_000


def sqlite_engine(file: Path, *, begin: str = "BEGIN IMMEDIATE", read_only: bool = False) -> Engine:
    """Return an engine on `file` whose transactions start with `begin`: WAL, foreign keys checked, FULL commits."""
    engine = create_engine(
        f"sqlite:///{file}",
        poolclass=NullPool,
        connect_args={"check_same_thread": False, "cached_statements": 256},
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, record: Any) -> None:  # noqa: ARG001 (SQLAlchemy's signature)
        connection.isolation_level = None  # BEGIN is ours: the driver's own would come too late
        connection.create_function("lower", 1, _lower, deterministic=True)  # its own knows the letters of English alone
        for pragma in (
            f"busy_timeout = {BUSY_MILLISECONDS}",
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
            "temp_store = MEMORY",
            f"query_only = {'ON' if read_only else 'OFF'}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.connection.cursor().execute(begin)  # past SQLAlchemy, whose way to it takes ten times as long

    return engine


class _Unit:
    """A function that waits for its transaction, then its outcome."""

    __slots__ = ("actor", "bulk", "durable", "error", "function", "future", "result", "until", "work")

    def __init__(
        self,
        actor: Actor,
        function: Callable[[Work], Any],
        future: asyncio.Future[Any],
        *,
        durable: bool,
        bulk: bool,
    ) -> None:
        self.actor = actor
        self.function = function
        self.future = future
        self.durable = durable
        self.bulk = bulk
        self.until = math.inf if bulk else time.monotonic() + WAIT_SECONDS
        self.work: Work | None = None
        self.result: Any = None
        self.error: BaseException | None = None


class SqliteDatabase:
    """A `Database` on one SQLite file. One process may have it open for writing (`DATA_DIR`'s lock sees to that)."""

    def __init__(self, file: Path, publisher: Publisher = publish_nothing) -> None:
        self.file = file
        self.publisher = publisher
        self._loop = asyncio.get_running_loop()
        self._waiting = 0
        self._reading = 0
        self._closed = False
        self._cpu_seconds = 0.0
        self._durable: bool | None = None
        self._queue: queue.SimpleQueue[_Unit | None] = queue.SimpleQueue()
        self._writer = threading.Thread(target=self._write, name="causerie-writer", daemon=True)
        self._reader_engine = sqlite_engine(file, begin="BEGIN", read_only=True)
        self._reader_connections: list[Connection] = []
        self._reader = threading.local()
        self._readers = ThreadPoolExecutor(READERS, "causerie-reader")
        self._writer.start()

    async def work(
        self, actor: Actor, function: Callable[Concatenate[Work, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        return await self._submit(actor, lambda work: function(work, *args, **kwargs), durable=True)

    async def work_lazily(
        self, actor: Actor, function: Callable[Concatenate[Work, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        return await self._submit(actor, lambda work: function(work, *args, **kwargs), durable=False)

    async def work_in_bulk(
        self, actor: Actor, function: Callable[Concatenate[Work, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        return await self._submit(actor, lambda work: function(work, *args, **kwargs), durable=True, bulk=True)

    async def read(
        self, actor: Actor, function: Callable[Concatenate[Work, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        self._refuse_if_closed()
        if self._reading >= MOST_WAITING_UNITS:
            raise _busy()
        until = time.monotonic() + WAIT_SECONDS

        def read() -> T:
            if time.monotonic() > until:
                raise _busy()
            return self._read(actor, function, *args, **kwargs)

        self._reading += 1
        try:
            return await self._loop.run_in_executor(self._readers, read)
        finally:
            self._reading -= 1

    def drop_connections(self) -> None:
        pass  # a file has no other side

    async def close(self) -> None:
        self._closed = True
        self._queue.put(None)
        await asyncio.to_thread(self._writer.join)
        await asyncio.to_thread(self._readers.shutdown)
        for connection in self._reader_connections:
            connection.close()

    def health(self) -> dict[str, Any]:
        return {"kind": "sqlite", "waiting": self._waiting, "cpu_seconds": round(self._cpu_seconds, 3)}

    # The callers' side.

    async def _submit(self, actor: Actor, function: Callable[[Work], T], *, durable: bool, bulk: bool = False) -> T:
        self._refuse_if_closed()
        if self._waiting >= MOST_WAITING_UNITS:
            raise _busy()
        unit = _Unit(actor, function, self._loop.create_future(), durable=durable, bulk=bulk)
        self._waiting += 1
        self._queue.put(unit)
        result: T = await unit.future
        return result

    def _refuse_if_closed(self) -> None:
        if self._closed:
            raise StorageUnavailable("The database is closed. Nothing was stored.")

    def _deliver(self, units: list[_Unit]) -> None:
        """Publish and answer, in commit order; one call on the loop for a whole batch."""
        self._waiting -= len(units)
        for unit in units:
            if unit.work is not None:
                unit.work.tell(self.publisher)
            if unit.future.done():
                continue  # the caller was cancelled; what it asked for is stored all the same
            if unit.error is None:
                unit.future.set_result(unit.result)
            else:
                unit.future.set_exception(unit.error)

    # The writer's thread.

    def _write(self) -> None:
        engine = sqlite_engine(self.file)
        with engine.connect() as connection:
            for units in self._commits():
                started = time.thread_time()
                self._commit_together(connection, units)
                self._cpu_seconds += time.thread_time() - started
                self._loop.call_soon_threadsafe(self._deliver, units)
        engine.dispose()

    def _commits(self) -> Iterator[list[_Unit]]:
        """Yield the units of each commit: what waits now, without waiting for more, until the database is closed.

        A bulk slice has a commit to itself, and only when nothing else waits.
        """
        slices: deque[_Unit] = deque()
        open_ = True
        while open_ or slices:
            units: list[_Unit] = []
            while open_ and len(units) < MOST_UNITS_A_COMMIT:
                try:
                    unit = self._queue.get(block=not units and not slices)
                except queue.Empty:
                    break
                if unit is None:
                    open_ = False
                else:
                    (slices if unit.bulk else units).append(unit)
            if units:
                yield units
            elif slices:
                yield [slices.popleft()]

    def _commit_together(self, connection: Connection, units: list[_Unit]) -> None:
        """Run each unit in a savepoint of one transaction: one unit's failure leaves the others alone."""
        raw = connection.connection.dbapi_connection
        assert raw is not None  # noqa: S101 (a live connection has one)
        durable = any(unit.durable for unit in units)
        try:
            if durable is not self._durable:
                raw.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
                self._durable = durable
            with connection.begin():
                for unit in units:
                    self._run(connection, raw, unit)
        except (DBAPIError, sqlite3.Error) as error:
            for unit in units:
                if unit.work is not None:
                    unit.work.undone()
                    unit.work = None
                unit.error = unit.error or _failure(error)

    def _run(self, connection: Connection, raw: Any, unit: _Unit) -> None:
        if time.monotonic() > unit.until:
            unit.error = _busy()
            return
        for last_try in (False, True):
            raw.execute("SAVEPOINT unit")
            work = Work(unit.actor, connection)
            token = current_actor.set(unit.actor)
            try:
                unit.result = unit.function(work)
                work.finish()
            except BaseException as error:  # noqa: BLE001 (it is the caller's: handed over, never swallowed)
                work.abandon()
                try:
                    raw.execute("ROLLBACK TO unit")
                    raw.execute("RELEASE unit")
                finally:  # SQLite may have ended the whole transaction already, when the disk is full
                    work.undone()
                if isinstance(error, IntegrityError) and not last_try:
                    continue  # a unique key lost a race: the second run sees the winner's row
                unit.error = _failure(error) if isinstance(error, DBAPIError) else error
                return
            finally:
                current_actor.reset(token)
            unit.work = work
            raw.execute("RELEASE unit")
            return

    # The readers' threads.

    def _read(self, actor: Actor, function: Callable[Concatenate[Work, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        with self._snapshot() as connection:
            work = Work(actor, connection, savepoint=False)
            token = current_actor.set(actor)
            try:
                return function(work, *args, **kwargs)
            except DBAPIError as error:
                raise _failure(error) from error
            finally:
                work.abandon()
                current_actor.reset(token)

    @contextlib.contextmanager
    def _snapshot(self) -> Iterator[Connection]:
        connection: Connection | None = getattr(self._reader, "connection", None)
        if connection is None:
            connection = self._reader.connection = self._reader_engine.connect()
            self._reader_connections.append(connection)
        transaction = connection.begin()
        try:
            yield connection
        finally:
            if transaction.is_active:  # a statement that was refused has ended it
                transaction.rollback()


def _lower(text: str | None) -> str | None:
    return None if text is None else text.lower()


def _busy() -> Busy:
    return Busy("Nothing was stored. Try again in a moment.", retry_after=1)


def _failure(error: BaseException) -> CauserieError:
    if isinstance(error, IntegrityError):
        failure: CauserieError = StorageConflict("Something stored already contradicts this. Nothing was stored.")
    else:
        failure = StorageUnavailable("Nothing was stored. Try again; if it stays, look at the server's log and disk.")
    failure.__cause__ = error
    return failure
