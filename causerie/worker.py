"""What every process has, web node and worker alike: database, broker, providers; and what one that works adds."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, Protocol
from uuid import UUID

import structlog
from sqlalchemy import select

from causerie.aimodels import service as aimodels
from causerie.aimodels.sealing import Sealer
from causerie.broker.memory import MemoryBus, MemoryDispatcher, MemorySessionCache
from causerie.broker.ports import Dispatcher, EventNotice, SessionCache, SessionHint, TokenBus
from causerie.chats.service import Entry, PagesOutdated, ReplyQueued, StopRequested
from causerie.config import Settings
from causerie.db import search
from causerie.db.across import NOBODY
from causerie.db.database import Database
from causerie.db.errors import SchemaMismatch, StorageUnavailable
from causerie.db.installation import Installation
from causerie.db.sqlite import SqliteDatabase
from causerie.db.work import Actor, Work
from causerie.errors import Busy, CauserieError
from causerie.generation.engine import Engine
from causerie.generation.supervising import Supervisor
from causerie.ids import new_id
from causerie.jobs.runner import JobRunner
from causerie.objects.files import FileStore
from causerie.objects.store import ObjectStore
from causerie.objects.sweeping import sweep_daily
from causerie.ops import first_start
from causerie.ops.health import check_schema
from causerie.ops.migrating import bring_up_to_date
from causerie.ops.process import Forced, Stopping, settle_memory
from causerie.providers.registry import Providers
from causerie.trash import service as trash
from causerie.trash.housekeeping import empty_daily
from causerie.waking import Waking

DEFAULT_CONCURRENCY = 512
ASK_AGAIN_SECONDS = 1.0

log = structlog.get_logger(__name__)


class Broker(Protocol):
    """The three ports of one process, and the way to the others."""

    @property
    def bus(self) -> TokenBus:
        """Carries live text and events."""

    @property
    def dispatcher(self) -> Dispatcher:
        """Wakes workers."""

    @property
    def cache(self) -> SessionCache:
        """Remembers how sessions begin."""

    def drop_connections(self) -> None:
        """Abort every connection, after a sleep in which the other side may have gone."""

    def health(self) -> dict[str, Any]:
        """Return the broker's state for people: `{"kind": …, "away": …}`."""


class MemoryBroker:
    """A broker that reaches no other process."""

    def __init__(self, *, alone: bool) -> None:
        self.bus = MemoryBus(alone=alone)
        self.dispatcher = MemoryDispatcher()
        self.cache = MemorySessionCache()

    def drop_connections(self) -> None:
        pass  # there are none

    def health(self) -> dict[str, Any]:
        return {"kind": "memory", "away": self.bus.away}


class NoStarter:
    """The `Starter` of a process that makes no replies: what is said stays queued for a worker."""

    def try_start(self, work: Work, session_id: UUID, message_id: UUID) -> list[Entry] | None:
        del work, session_id, message_id
        return None


@dataclass(frozen=True, slots=True)
class Process:
    """The parts of a running process. `engine` and `jobs` are None where no worker runs."""

    id: UUID
    owner: Actor
    epoch: str
    database: Database
    broker: Broker
    objects: ObjectStore
    providers: Providers
    engine: Engine | None
    jobs: JobRunner | None
    waking: Waking

    @property
    def starter(self) -> Engine | NoStarter:
        """What starts replies in the transaction that asks for them."""
        return self.engine or NoStarter()

    def wake_jobs(self) -> None:
        """Let jobs begin at once that were asked for here; other processes find them in a few seconds."""
        if self.jobs is not None:
            self.jobs.wake()

    async def drain(self) -> None:
        """Hand over or end the replies that run here."""
        if self.engine is not None:
            await self.engine.drain()

    def counts(self) -> dict[str, int]:
        """Return how many attempts this process' worker began, and what became of them; nothing without a worker."""
        return asdict(self.engine.counts) if self.engine else {}

    def health(self) -> dict[str, Any]:
        """Return how many replies this process writes."""
        return {"running": self.engine.running if self.engine else 0}


async def open_database(settings: Settings, not_yet: Callable[[CauserieError], None]) -> Database:
    """Return the database as soon as it can be worked with: SQLite is migrated for that, PostgreSQL waited for.

    Args:
        not_yet: is told each second why not, while PostgreSQL is away or its schema is not this version's.

    Raises:
        SchemaMismatch: the SQLite file is of a newer version.
        UnsafeRole: the login could read around the rows' policies (S27).
    """
    if (file := settings.database_file) is not None:
        await asyncio.to_thread(bring_up_to_date, file)
        sqlite = SqliteDatabase(file)
        await sqlite.read(NOBODY, search.go_on)
        return sqlite
    # Its driver is an extra, and slow to import.
    from causerie.db.links import reason_of  # noqa: PLC0415
    from causerie.db.postgres import PostgresDatabase  # noqa: PLC0415

    database: PostgresDatabase | None = None
    told = ""
    try:
        while True:
            try:
                database = database or await PostgresDatabase.open(settings.database_url)
                await database.read(NOBODY, check_schema)
            except (StorageUnavailable, SchemaMismatch, Busy) as error:
                not_yet(error)
                reason = reason_of(error.__cause__ or error)
                if reason != told:
                    log.warning("not_ready_yet", code=error.code, reason=reason)
                told = reason
                await asyncio.sleep(ASK_AGAIN_SECONDS)
            else:
                return database
    except BaseException:
        if database is not None:
            await database.close()
        raise


@asynccontextmanager
async def running(
    settings: Settings, sealer: Sealer, database: Database, *, concurrency: int | None
) -> AsyncIterator[Process]:
    """Run what a process needs on a database that can be worked with, until the block ends.

    Args:
        concurrency: most replies that are made here at once; None for a process that makes none and does no jobs.
    """
    alone = settings.database_file is not None
    async with AsyncExitStack() as stack:
        owner = await first_start.prepare(database, settings, sealer)
        epoch = await database.read(NOBODY, _epoch)
        identity = new_id()
        broker = await stack.enter_async_context(_broker(settings.redis_url, identity, alone=alone))
        database.publisher = announcer(broker.bus, broker.dispatcher, broker.cache)
        providers = Providers(
            settings.data_dir, private_hosts=settings.private_hosts, langchain_models=settings.langchain_models
        )
        stack.push_async_callback(providers.close)
        objects = FileStore(settings.object_folder)
        waking = Waking()
        waking.then(_awaited(database.drop_connections))
        waking.then(_awaited(broker.drop_connections))
        waking.then(providers.drop_connections)
        engine, jobs = None, None
        if concurrency is not None:
            engine = Engine(
                identity,
                database,
                providers,
                broker.bus,
                broker.dispatcher,
                partial(aimodels.config_of, sealer=sealer),
                concurrency=concurrency,
            )
            waking.then(engine.woke)
            jobs = JobRunner(database, {trash.EMPTY_TRASH: trash.empty_slice})
            housekeeping = (empty_daily(database, owner, jobs.wake), sweep_daily(database, objects))
            await stack.enter_async_context(together(jobs.run(), *housekeeping))
            stack.push_async_callback(engine.close)
            await engine.start(alone=alone)
            if not alone:
                supervisor = Supervisor(lambda: engine.turns)
                supervisor.start()
                stack.callback(supervisor.close)
        await stack.enter_async_context(together(waking.run()))
        yield Process(
            id=identity,
            owner=owner,
            epoch=epoch,
            database=database,
            broker=broker,
            objects=objects,
            providers=providers,
            engine=engine,
            jobs=jobs,
            waking=waking,
        )


@asynccontextmanager
async def together(*loops: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Let the loops run beside the block; they end with it, and it ends if one of them fails."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(loop) for loop in loops]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()


def announcer(bus: TokenBus, dispatcher: Dispatcher, cache: SessionCache) -> Callable[[Sequence[object]], None]:
    """Return what takes the facts of committed units of work to where they are waited for."""

    def announce(facts: Sequence[object]) -> None:
        for fact in facts:
            match fact:
                case EventNotice():
                    bus.publish_event(fact)
                case SessionHint():
                    if fact.kind == "session:deleted":
                        cache.forget(fact.session)
                    bus.publish_hint(fact)
                case ReplyQueued(user_id, message_id):
                    dispatcher.wake(user_id, message_id)
                case StopRequested(user_id, message_id):
                    bus.publish_stop(user_id, message_id)
                case PagesOutdated(user_id):
                    cache.forget_user(user_id)
                case _:
                    raise TypeError(f"nobody waits for {type(fact).__name__}")

    return announce


@asynccontextmanager
async def _broker(redis_url: str | None, consumer: UUID, *, alone: bool) -> AsyncIterator[Broker]:
    if redis_url is None:
        yield MemoryBroker(alone=alone)
        return
    # Its driver is an extra, and slow to import.
    from causerie.broker.redis import redis_broker  # noqa: PLC0415

    async with redis_broker(redis_url, consumer=consumer) as broker:
        yield broker


def _awaited(action: Callable[[], None]) -> Callable[[], Awaitable[None]]:
    async def do() -> None:
        action()

    return do


def _epoch(work: Work) -> str:
    return str(work.connection.execute(select(Installation.epoch)).scalar_one())


async def work(settings: Settings, sealer: Sealer, concurrency: int) -> None:
    """Make replies until a signal asks for the end: the main task of `causerie worker`.

    Raises:
        UnsafeRole: the database must not be worked on with this login.
    """
    ending = asyncio.Event()
    process: Process | None = None

    async def live() -> None:
        nonlocal process
        async with AsyncExitStack() as stack:
            database = await open_database(settings, lambda _: stopping.ready())
            stack.push_async_callback(database.close)
            process = await stack.enter_async_context(running(settings, sealer, database, concurrency=concurrency))
            stopping.ready()
            settle_memory()
            print(f"Causerie worker {process.id} is ready", flush=True)  # noqa: T201 (the line that the operator waits for)
            await ending.wait()

    async def drain() -> None:
        if process is not None:
            await process.drain()

    def end(at_once: bool) -> None:
        del at_once  # it is seen below
        ending.set()

    with Stopping(drain, end) as stopping:
        life = asyncio.create_task(live(), name="worker")
        ended = asyncio.create_task(ending.wait(), name="end")
        await asyncio.wait([life, ended], return_when=asyncio.FIRST_COMPLETED)
        ended.cancel()
        if stopping.forced:
            raise Forced
        if process is None:
            life.cancel()  # it waits for its database
        await asyncio.wait([life])
        if not life.cancelled():
            await life
