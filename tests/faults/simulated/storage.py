"""One real database under all simulated processes, with a way to it that is slow, breaks, and loses answers."""

import asyncio
import functools
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any, Concatenate, NamedTuple, ParamSpec, TypeVar
from uuid import UUID

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.pool import NullPool

from causerie.db.database import Publisher, publish_nothing
from causerie.db.errors import StorageConflict, StorageUnavailable
from causerie.db.ownership import current_actor
from causerie.db.upgrading import upgrade
from causerie.db.work import Actor, Work
from tests.faults.simulated.clockwork import Process, Trace

P = ParamSpec("P")
T = TypeVar("T")

TIME_OUT_SECONDS = 5.0

# Every change of a generation is written down by the database itself, whatever statement made it.
AUDIT = """
CREATE TABLE audit (
    message_id, old_attempt, attempt, old_state, state, old_owner, owner, old_partial, partial, old_partial_attempt,
    partial_attempt, leased
);
CREATE TRIGGER audit_generation AFTER UPDATE ON generation BEGIN
    INSERT INTO audit VALUES (
        NEW.message_id, OLD.attempt, NEW.attempt, OLD.state, NEW.state, OLD.owner, NEW.owner, OLD.partial_text,
        NEW.partial_text, OLD.partial_attempt, NEW.partial_attempt, OLD.lease_until IS NOT NEW.lease_until
    );
END;
CREATE TRIGGER audit_new AFTER INSERT ON generation BEGIN
    INSERT INTO audit VALUES (
        NEW.message_id, NULL, NEW.attempt, NULL, NEW.state, NULL, NEW.owner, '', '', 0, 0, 0
    );
END;
"""


class Change(NamedTuple):
    """What one statement of `process` did to a generation, at a moment of virtual time."""

    at: float
    process: str
    message_id: UUID
    old_attempt: int | None
    attempt: int
    old_state: str | None
    state: str
    old_owner: UUID | None
    owner: UUID | None
    old_partial: str
    partial: str
    old_partial_attempt: int
    partial_attempt: int
    leased: int


@dataclass
class Faults:
    """How the way to the database is. Shared by all processes; `cut` names those that cannot reach it."""

    seconds: tuple[float, float] = (0.0005, 0.004)
    slow: float = 0.0
    lost_answers: float = 0.0
    failed_commits: float = 0.0
    away: bool = False
    cut: set[str] = field(default_factory=set)


class Storage:
    """The database itself: one transaction at a time, each at one moment."""

    def __init__(self, chance: Random, trace: Trace) -> None:
        self.chance = chance
        self.trace = trace
        self.faults = Faults()
        self.changes: list[Change] = []
        self.raw = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        self.raw.deserialize(_image())
        self.raw.execute("PRAGMA foreign_keys = ON")
        _opening.append(self.raw)
        self._connection = _engine.connect()

    def run(self, process: Process, actor: Actor, function: Callable[[Work], T], *, reading: bool) -> tuple[T, Work]:
        """Run a unit as a whole; it is committed when this returns, and nothing is left of it when this raises."""
        with self._connection.begin() as transaction:
            for last_try in (False, True):
                work = Work(actor, self._connection, savepoint=not reading)
                token = current_actor.set(actor)
                self.raw.execute("SAVEPOINT unit")
                try:
                    result = function(work)
                    if reading:
                        work.abandon()
                    else:
                        work.finish()
                        self._commit()
                except BaseException as error:
                    work.abandon()
                    self.raw.execute("ROLLBACK TO unit")
                    work.undone()
                    if isinstance(error, IntegrityError) and not last_try:
                        continue  # a unique key lost a race: the second run sees the winner's row
                    raise
                finally:
                    current_actor.reset(token)
                break
            if reading:
                transaction.rollback()
        if not reading:
            self._write_down(process)
        return result, work

    def _commit(self) -> None:
        """Fail now and then: a full disk, a connection that breaks just now."""
        if self.chance.random() < self.faults.failed_commits:
            raise StorageUnavailable("Nothing was stored.")

    def rows(self, statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
        """Look into the tables."""
        return self.raw.execute(statement, parameters).fetchall()

    def close(self) -> None:
        """Let go of it."""
        self._connection.close()

    def _write_down(self, process: Process) -> None:
        now = asyncio.get_running_loop().time()
        for row in self.rows("SELECT * FROM audit"):
            owners = [None if owner is None else UUID(owner) for owner in row[5:7]]
            change = Change(now, process.name, UUID(row[0]), *row[1:5], *owners, *row[7:])
            self.changes.append(change)
            self.trace(
                process.name,
                f"row {short(change.message_id)} {change.state} attempt {change.attempt}"
                f" partial {change.partial_attempt}:{len(change.partial)}",
            )
        self.raw.execute("DELETE FROM audit")


class SimulatedDatabase:
    """The `Database` of one process. It keeps the port's promises, however the way to the storage is."""

    def __init__(self, storage: Storage, process: Process, publisher: Publisher = publish_nothing) -> None:
        self.publisher = publisher
        self._storage = storage
        self._process = process
        self._delivered_until = 0.0

    async def work(
        self, actor: Actor, function: Callable[Concatenate[Work, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        return await self._unit(actor, lambda work: function(work, *args, **kwargs), reading=False)

    async def work_lazily(
        self, actor: Actor, function: Callable[Concatenate[Work, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        return await self._unit(actor, lambda work: function(work, *args, **kwargs), reading=False)

    async def work_in_bulk(
        self, actor: Actor, function: Callable[Concatenate[Work, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        return await self._unit(actor, lambda work: function(work, *args, **kwargs), reading=False)

    async def read(
        self, actor: Actor, function: Callable[Concatenate[Work, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        return await self._unit(actor, lambda work: function(work, *args, **kwargs), reading=True)

    def drop_connections(self) -> None:
        pass  # none outlives its unit here

    async def close(self) -> None:
        pass

    def health(self) -> dict[str, Any]:
        return {"kind": "simulated"}

    async def _unit(self, actor: Actor, function: Callable[[Work], T], *, reading: bool) -> T:
        chance, faults = self._storage.chance, self._storage.faults
        await asyncio.sleep(self._one_way())
        await self._reach()
        future: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        try:
            result, work = self._storage.run(self._process, actor, function, reading=reading)
        except DBAPIError as error:
            raise _failure(error) from error
        lost = not reading and (chance.random() < faults.lost_answers)
        self._later(self._deliver, future, result, None if reading else work, lost)
        return await future

    async def _reach(self) -> None:
        faults = self._storage.faults
        if not self._process.alive:
            await asyncio.get_running_loop().create_future()
        if faults.away or self._process.name in faults.cut:
            await asyncio.sleep(self._storage.chance.choice((0.001, TIME_OUT_SECONDS)))
            raise StorageUnavailable("Nothing was stored.")

    def _deliver(self, future: asyncio.Future[T], result: T, work: Work | None, lost: bool) -> None:
        if not self._process.alive:
            return
        if work is not None and lost:
            work.undone()
            if not future.done():
                future.set_exception(StorageUnavailable("It is not known whether anything was stored."))
            return
        if work is not None:
            work.tell(self.publisher)
        if not future.done():
            future.set_result(result)

    def _later(self, callback: Callable[..., object], *args: Any) -> None:
        """Answer after a while, in the order of the commits."""
        now = asyncio.get_running_loop().time()
        self._delivered_until = max(now + self._one_way(), self._delivered_until + 1e-6)
        self._process.later(self._delivered_until - now, callback, *args)

    def _one_way(self) -> float:
        chance, faults = self._storage.chance, self._storage.faults
        return chance.uniform(*faults.seconds) if chance.random() >= faults.slow else chance.uniform(0.05, 1.5)


def short(message_id: UUID | str) -> str:
    """Return enough of an id to tell it apart."""
    return str(message_id)[-5:]


def _failure(error: DBAPIError) -> StorageConflict | StorageUnavailable:
    if isinstance(error, IntegrityError):
        return StorageConflict("Something stored already contradicts this.")
    return StorageUnavailable("Nothing was stored.")


_opening: list[sqlite3.Connection] = []
# One for all runs: what SQLAlchemy has compiled once it need not compile again.
_engine = create_engine("sqlite://", creator=_opening.pop, poolclass=NullPool)


@event.listens_for(_engine, "begin")
def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


@functools.cache
def _image() -> bytes:
    """Return an empty database with the newest schema, and the audit."""
    raw = sqlite3.connect(":memory:", isolation_level=None)
    _opening.append(raw)
    with _engine.connect() as connection:
        with connection.begin():
            upgrade(connection)
        raw.executescript(AUDIT)
        return raw.serialize()
