"""The real parts of a node and of a worker, put together over the simulated ports."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from starlette.requests import HTTPConnection

from causerie.chats import service
from causerie.chats.following import Following, StoredHistory
from causerie.chats.routes.stopping import STOP_SECONDS
from causerie.chats.service import Starter
from causerie.db.database import Database
from causerie.db.errors import StorageUnavailable
from causerie.db.work import Actor
from causerie.generation.engine import Engine
from causerie.http.answers import Expected
from causerie.http.state import SignIn
from causerie.ids import new_id
from causerie.realtime.socket import Sockets
from causerie.waking import Waking
from causerie.worker import Broker, MemoryBroker, NoStarter, announcer
from tests.faults.simulated.broker import SimulatedBroker, SimulatedRedis
from tests.faults.simulated.clockwork import Process
from tests.faults.simulated.models import SimulatedModels, config_of
from tests.faults.simulated.storage import SimulatedDatabase, Storage

EPOCH = "epoch-1"
CONCURRENCY = 32


@dataclass(frozen=True, slots=True)
class Outside:
    """What processes reach: a database, the models, and Redis where the set-up has it."""

    storage: Storage
    models: SimulatedModels
    redis: SimulatedRedis | None
    alone: bool


class Node:
    """A process of Causerie: `web` answers clients, `works` writes replies, or both."""

    database: Database
    broker: Broker
    following: Following
    sockets: Sockets
    starter: Starter

    def __init__(self, name: str, outside: Outside, *, web: bool, works: bool) -> None:
        self.process = Process(name)
        self.web = web
        self.works = works
        self.engine: Engine | None = None
        self.sign_in: SignIn = _actor_of
        self.ready = asyncio.Event()
        self.draining = False
        self._outside = outside
        self._life = self.process.spawn(self._live(), name=name)

    @property
    def name(self) -> str:
        """The process's name."""
        return self.process.name

    @property
    def alive(self) -> bool:
        """Whether it was not killed and has not ended."""
        return self.process.alive

    async def terminate(self) -> None:
        """SIGTERM: drain as the real process does, then end."""
        self.draining = True
        await asyncio.wait([self.process.spawn(self._drain())])  # it may be killed meanwhile
        await self.process.kill()

    async def work(self, actor: Actor, function: Callable[..., object], *args: object) -> None:
        """Do what a route does."""
        await self.database.work(actor, function, *args)

    async def delete(self, actor: Actor, message_id: UUID) -> None:
        """Do what the route does that deletes a message: let its worker end it first."""
        session_id, running = await self.database.work(actor, service.stop_below, message_id, Expected())
        for reply_id in running:
            await self.following.final(actor, session_id, reply_id, STOP_SECONDS)
        await self.work(actor, service.delete, message_id, Expected())

    def tasks(self) -> list[str]:
        """Return the names of what runs here."""
        return sorted(task.get_name().split()[0] for task in self.process.tasks if not task.done())

    async def _live(self) -> None:
        outside, process = self._outside, self.process
        self.database = SimulatedDatabase(outside.storage, process)
        if outside.redis is None:
            self.broker = MemoryBroker(alone=outside.alone)
        else:
            self.broker = SimulatedBroker(outside.redis, process)
        bus, cache = self.broker.bus, self.broker.cache
        self.database.publisher = announcer(bus, self.broker.dispatcher, cache)
        waking = Waking()
        self.starter = NoStarter()
        if self.works:
            self.engine = self.starter = Engine(
                new_id(), self.database, outside.models, bus, self.broker.dispatcher, config_of, concurrency=CONCURRENCY
            )
            await self._start(self.engine)
            waking.then(self.engine.woke)
        if self.web:
            self.following = Following(StoredHistory(self.database, cache), bus, EPOCH)
            self.sockets = Sockets(self)
            process.spawn(self.following.run(), name="following")
            process.spawn(self.sockets.look_after(), name="sockets")
            waking.then(self.following.woke)
            waking.then(self.sockets.woke)
        self.ready.set()
        await waking.run()

    async def _start(self, engine: Engine) -> None:
        """Start as a supervisor does: again, until the database answers."""
        while True:
            try:
                await engine.start(alone=self._outside.alone)
            except StorageUnavailable:
                await asyncio.sleep(1)
            else:
                return

    async def _drain(self) -> None:
        if self.engine is not None:
            await self.engine.drain()
        if self.web:
            await self.sockets.drain()
        if self.engine is not None:
            await self.engine.close()


def _actor_of(connection: HTTPConnection) -> Actor:
    """Return who the handshake says it is."""
    actor: Actor = connection.scope["actor"]
    return actor
