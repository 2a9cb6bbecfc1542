"""PostgreSQL: each unit of work is one transaction on one of a few connections, seen by the policies as its actor."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

import structlog
from sqlalchemy.exc import DBAPIError

from causerie.db.database import Publisher, publish_nothing
from causerie.db.errors import SchemaMismatch, StorageConflict, StorageUnavailable
from causerie.db.links import FAILURES, Link, Links
from causerie.db.ownership import current_actor
from causerie.db.protection import require_policies, require_role
from causerie.db.upgrading import HEAD
from causerie.db.work import Actor, Work
from causerie.errors import Busy, CauserieError

log = structlog.get_logger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

MOST_WAITING_UNITS = 2_000
LIMITS = {
    "statement_timeout": "5s",
    "lock_timeout": "4s",
    # A process that stopped in the middle of a transaction holds its locks no longer.
    "idle_in_transaction_session_timeout": "8s",
}
# Whatever a unit asks for is found by keys and indexes, and planned once a connection. Left to itself the planner joins
# a page to all messages of its user, and while a new table has no statistics yet a page takes 65 ms in place of 0.4.
PLANNING = {
    "plan_cache_mode": "force_generic_plan",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "enable_seqscan": "off",
    "enable_bitmapscan": "off",
    "enable_material": "off",
    "jit": "off",
}
FINISH_SECONDS = 2.0
"""What units may take that still run when the database is closed."""
WRITING, READING = "BEGIN", "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

SERIALIZATION_FAILURE, DEADLOCK = "40001", "40P01"
LOCK_NOT_AVAILABLE, STATEMENT_TIMEOUT = "55P03", "57014"
STALE_PLAN = "0A000"
INTEGRITY = "23"


@dataclass(frozen=True, slots=True)
class _Mode:
    """What kind of transaction a unit has."""

    begin: str = WRITING
    settings: str = "; ".join(f"SET LOCAL {name} = '{value}'" for name, value in (LIMITS | PLANNING).items())
    bulk: bool = False

    @property
    def reading(self) -> bool:
        return self.begin is READING

    def opening(self, actor: Actor) -> str:
        """Return what begins the transaction: one text without parameters, which is one round trip.

        The actor comes first, and everything holds for the transaction alone: the next one may be another user's.
        """
        return f"{self.begin}; SELECT set_config('causerie.user_id', '{actor.user_id}', true); {self.settings}"


_DURABLE = _Mode()
_LAZY = _Mode(settings=f"{_DURABLE.settings}; SET LOCAL synchronous_commit = off")
_BULK = _Mode(bulk=True)
_READ = _Mode(begin=READING)


class PostgresDatabase:
    """A `Database` on a PostgreSQL server, as a role that owns nothing and that the policies bind.

    What a cancelled caller asked for is stored all the same: a transaction always comes to its end.
    """

    def __init__(self, url: str, publisher: Publisher = publish_nothing, *, connections: int = 10) -> None:
        self.publisher = publisher
        self._loop = asyncio.get_running_loop()
        self._links = Links(url, connections)
        self._units: set[asyncio.Task[None]] = set()
        self._closed = False
        self._looked = False

    @classmethod
    async def open(cls, url: str, publisher: Publisher = publish_nothing, *, connections: int = 10) -> Self:
        """Return the database at `url` once it has answered. An older schema is no hindrance: units are refused then.

        Raises:
            UnsafeRole: the role of `url`, or the schema, would let one user's rows be seen by another.
            StorageUnavailable: the server cannot be reached.
        """
        database = cls(url, publisher, connections=connections)
        try:
            link = await database._links.take(bulk=False)
            try:
                await database._look(link)
            except SchemaMismatch:
                log.warning("schema_behind", newest=HEAD)
            finally:
                await database._links.give(link)
        except BaseException:
            await database.close()
            raise
        return database

    async def work(
        self, actor: Actor, function: Callable[Concatenate[Work, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        return await self._submit(_DURABLE, actor, lambda work: function(work, *args, **kwargs))

    async def work_lazily(
        self, actor: Actor, function: Callable[Concatenate[Work, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        return await self._submit(_LAZY, actor, lambda work: function(work, *args, **kwargs))

    async def work_in_bulk(
        self, actor: Actor, function: Callable[Concatenate[Work, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        return await self._submit(_BULK, actor, lambda work: function(work, *args, **kwargs))

    async def read(
        self, actor: Actor, function: Callable[Concatenate[Work, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        return await self._submit(_READ, actor, lambda work: function(work, *args, **kwargs))

    def drop_connections(self) -> None:
        self._links.drop()

    async def close(self) -> None:
        self._closed = True
        if self._units:
            _, hanging = await asyncio.wait(self._units, timeout=FINISH_SECONDS)
            if hanging:
                self._links.drop()
                for unit in hanging:
                    unit.cancel()
                await asyncio.wait(hanging)
        await self._links.close()

    def health(self) -> dict[str, Any]:
        return {"kind": "postgresql", "waiting": len(self._units), "connections": self._links.open}

    async def _submit(self, mode: _Mode, actor: Actor, function: Callable[[Work], T]) -> T:
        if self._closed:
            raise StorageUnavailable("The database is closed. Nothing was stored.")
        if len(self._units) >= MOST_WAITING_UNITS:
            raise Busy("Nothing was stored. Try again in a moment.", retry_after=1)
        answer: asyncio.Future[T] = self._loop.create_future()
        # A task of its own: its caller may be cancelled, its transaction may not.
        unit = self._loop.create_task(self._answer(answer, mode, actor, function))
        self._units.add(unit)
        unit.add_done_callback(self._units.discard)
        return await answer

    async def _answer(
        self, answer: asyncio.Future[T], mode: _Mode, actor: Actor, function: Callable[[Work], T]
    ) -> None:
        try:
            try:
                await self._run(answer, mode, actor, function)
            except FAILURES as error:
                if not _worth_another_run(error):
                    raise
                await self._run(answer, mode, actor, function)
        except asyncio.CancelledError:
            if not answer.done():
                answer.set_exception(StorageUnavailable("The database is closed, and its server did not answer."))
            raise
        except BaseException as error:  # noqa: BLE001 (it is the caller's: handed over, never swallowed)
            if not answer.done():
                answer.set_exception(_failure(error) if isinstance(error, FAILURES) else error)

    async def _run(self, answer: asyncio.Future[T], mode: _Mode, actor: Actor, function: Callable[[Work], T]) -> None:
        """Run the function in one transaction, publish what it told, and answer."""
        link = await self._links.take(bulk=mode.bulk)
        try:
            await self._begin(link, mode.opening(actor))
            work = Work(actor, link.connection, savepoint=False)
            try:
                result = await link.run(_call, work, function, mode.reading)
                if mode.reading:
                    _set_result(answer, result)  # what follows is none of the reader's business
                    await link.roll_back()
                    return
                await self._commit(link)
            except BaseException as error:
                if _sqlstate(error) == STALE_PLAN:
                    link.abort()  # a migration changed what is prepared on it
                await link.roll_back()
                work.undone()
                raise
            work.tell(self.publisher)
            _set_result(answer, result)
        finally:
            await self._links.give(link)

    async def _begin(self, link: Link, opening: str) -> None:
        try:
            if not self._looked:
                await self._look(link)
            await link.driver.execute(opening)
        except FAILURES as error:
            link.abort()
            if link.used:
                self._links.drop_idle()
                raise _NotBegun from error
            raise

    async def _commit(self, link: Link) -> None:
        if await link.driver.execute("COMMIT") != "COMMIT":
            # The unit went on after an error of the server, which had ended the transaction.
            raise StorageUnavailable("Nothing was stored: a statement of this request had failed.")

    async def _look(self, link: Link) -> None:
        """Make sure that the database keeps users apart.

        Raises:
            UnsafeRole: it does not.
            SchemaMismatch: the schema is too old for that.
        """
        role = await link.driver.fetchval("SELECT current_user")
        await require_role(link.driver, role)
        await require_policies(link.driver, role)
        self._looked = True


class _NotBegun(ConnectionError):
    """A connection that was there for a while took no transaction."""


def _call(work: Work, function: Callable[[Work], T], reading: bool) -> T:
    token = current_actor.set(work.actor)
    try:
        result = function(work)
        if not reading:
            work.finish()
        return result
    finally:
        work.abandon()
        current_actor.reset(token)


def _set_result(answer: asyncio.Future[T], result: T) -> None:
    if not answer.done():  # else the caller was cancelled; what it asked for is stored all the same
        answer.set_result(result)


def _worth_another_run(error: BaseException) -> bool:
    """Whether a unit that begins anew may fare better: it lost a race, or never began."""
    state = _sqlstate(error)
    lost = state in {SERIALIZATION_FAILURE, DEADLOCK, STALE_PLAN} or state.startswith(INTEGRITY)
    return lost or isinstance(error, _NotBegun)


def _failure(error: BaseException) -> CauserieError:
    state = _sqlstate(error)
    failure: CauserieError
    if state.startswith(INTEGRITY):
        failure = StorageConflict("Something stored already contradicts this. Nothing was stored.")
    elif state in {SERIALIZATION_FAILURE, DEADLOCK, LOCK_NOT_AVAILABLE, STATEMENT_TIMEOUT}:
        failure = Busy("Nothing was stored. Try again in a moment.", retry_after=1)
    else:
        failure = StorageUnavailable("Try again; if it stays, look at the logs of the server and of the database.")
    if state and not isinstance(failure, StorageConflict):
        # Its words are not logged: they may quote what was to be stored (S75).
        log.warning("database_refused", sqlstate=state)
    failure.__cause__ = error
    return failure


def _sqlstate(error: BaseException) -> str:
    """Return the server's code of an error; an empty text if it was not the server's."""
    own = error.orig if isinstance(error, DBAPIError) else error
    state: str | None = getattr(own, "sqlstate", None)
    return state or ""
