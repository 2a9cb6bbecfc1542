"""A whole installation with its people, on one seed: it talks while faults happen, heals, comes to rest, is checked."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any, Literal, Self, TypeVar
from unittest import mock
from uuid import UUID

from causerie.aimodels.models import AiModel
from causerie.chats import service
from causerie.chats.schemas import MessagePatch
from causerie.client import socket as client_socket
from causerie.db.work import Actor, Work
from causerie.errors import CauserieError
from causerie.http.answers import Expected
from causerie.ids import new_id
from tests.faults.simulated.broker import SimulatedRedis
from tests.faults.simulated.clockwork import Process, Trace, here, run
from tests.faults.simulated.models import KINDS, SimulatedModels
from tests.faults.simulated.people import Memory, Saying, Tab
from tests.faults.simulated.processes import Node, Outside
from tests.faults.simulated.storage import SimulatedDatabase, Storage
from tests.faults.simulated.wire import Wire, connected

T = TypeVar("T")
SetUp = Literal["embedded", "postgres", "served"]
SET_UPS: tuple[SetUp, ...] = ("embedded", "postgres", "served")

ROLES: dict[SetUp, Sequence[str]] = {
    "embedded": ("node",),
    "postgres": ("web", "node", "worker"),
    "served": ("web", "web", "worker", "worker"),
}
"""Which processes a set-up starts with."""
REST_SECONDS = 240.0
REQUEST_SECONDS = 30.0
SETTLED_SECONDS = 8.0


class NoRest(AssertionError):
    """The system did not come to rest."""


@dataclass
class Interval:
    """A time in which something was away; open until `until` is set."""

    since: float
    until: float = float("inf")


@dataclass
class Disturbances:
    """When what was not as it should be, for the checks that have bounds."""

    outages: list[Interval] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)

    @contextmanager
    def outage(self) -> Iterator[None]:
        """Something that replies need is away."""
        interval = Interval(_now())
        self.outages.append(interval)
        try:
            yield
        finally:
            interval.until = _now()


class World:
    """One installation, its people and what befalls them."""

    def __init__(self, seed: int | str, set_up: SetUp, trace: Trace, roles: Sequence[str] = ()) -> None:
        self.seed = seed
        self.set_up = set_up
        self.trace = trace
        self.roles = roles or ROLES[set_up]
        self.chance = Random(f"{seed} {set_up}")
        self.storage = Storage(self._chance("storage"), trace)
        self.models = SimulatedModels(self._chance("models"), trace)
        self.redis = SimulatedRedis(self._chance("redis")) if set_up == "served" else None
        self.memory = Memory()
        self.disturbances = Disturbances()
        self.actor = Actor(new_id())
        self.nodes: list[Node] = []
        self.past: list[Node] = []
        self.tabs: list[Tab] = []
        self.wires: list[Wire] = []
        self.sessions: list[str] = []
        self.model_ids: dict[str, UUID] = {}
        self.owners: dict[str, UUID] = {}
        self._outside = Outside(self.storage, self.models, self.redis, alone=set_up == "embedded")
        self._tasks: set[asyncio.Task[Any]] = set()
        self._workless: Interval | None = None
        self._names = 0

    def _chance(self, purpose: str) -> Random:
        return Random(f"{self.seed} {self.set_up} {purpose}")

    # Processes.

    def start(self, role: str) -> Node:
        """Start a process: a `node` that does all, or a `web` or `worker` process."""
        self._names += 1
        name = f"{role}{self._names}"
        node = Node(name, self._outside, web=role != "worker", works=role != "web")
        self.nodes.append(node)
        self.trace(name, "starts")
        if node.works:
            self._do(self._noted(node))
        return node

    async def _noted(self, node: Node) -> None:
        await node.ready.wait()
        if node.engine is not None:
            self.owners[node.name] = node.engine.owner
        self.look_for_workers()

    def role(self, node: Node) -> str:
        """Return what kind of process it is."""
        return node.name.rstrip("0123456789")

    async def kill(self, node: Node) -> None:
        """SIGKILL; its connections break."""
        self.trace(node.name, "is killed")
        await self._gone(node, node.process.kill())

    async def terminate(self, node: Node) -> None:
        """SIGTERM."""
        self.trace(node.name, "is told to end")
        node.draining = True
        self.look_for_workers()
        await self._gone(node, node.terminate(), at_once=False)
        self.trace(node.name, "has ended")

    async def _gone(self, node: Node, end: Coroutine[Any, Any, None], *, at_once: bool = True) -> None:
        if at_once:
            self._forget(node)
            self._do(end)
        else:
            await end
            self._forget(node)

    def _forget(self, node: Node) -> None:
        node.process.alive = False
        if node in self.nodes:
            self.nodes.remove(node)
            self.past.append(node)
        for wire in self.wires:
            if wire.node is node.process:
                wire.cut()
        self.look_for_workers()

    def freeze(self, process: Process) -> None:
        """SIGSTOP."""
        self.trace(process.name, "freezes")
        process.freeze()
        self.look_for_workers()

    def thaw(self, process: Process) -> None:
        """SIGCONT."""
        self.trace(process.name, "thaws")
        process.thaw()
        self.look_for_workers()

    def look_for_workers(self) -> None:
        """Note whether anybody could write replies now."""
        able = any(
            node.works
            and node.ready.is_set()
            and not node.draining
            and not node.process.frozen
            and node.name not in self.storage.faults.cut
            for node in self.nodes
        )
        if able and self._workless is not None:
            self._workless.until = _now()
            self._workless = None
        elif not able and self._workless is None:
            self._workless = Interval(_now())
            self.disturbances.outages.append(self._workless)

    # People.

    async def open_tab(self, *sessions: str) -> Tab:
        """Open a tab that follows some sessions."""
        self._names += 1
        tab = Tab(f"tab{self._names}", self.memory, self.trace, self.chance)
        self.tabs.append(tab)
        await tab.ready.wait()
        for session_id in sessions:
            self.do(tab, tab.join(session_id))
        return tab

    async def close_tab(self, tab: Tab) -> None:
        """End a tab's process."""
        self.trace(tab.name, "closes")
        self.tabs.remove(tab)
        for wire in self.wires:
            if wire.client is tab.process:
                wire.cut()
        await tab.process.kill()

    def do(self, tab: Tab, coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Let a tab do something, as long as it takes."""
        return tab.process.spawn(coroutine, name="person")

    def new_saying(self, session_id: str | None) -> Saying:
        """Think of something to say."""
        return Saying(new_id(), session_id, self.memory.question())

    async def begin(self, kind: str, tab: Tab) -> str:
        """Begin a session whose replies a model of this kind writes."""
        saying = self.new_saying(None)
        await self.do(tab, tab.say(None, saying, ai_model_id=self.model_ids[kind]))
        session_id = saying.acks[0].session_id
        self.sessions.append(session_id)
        return session_id

    async def at_some_node(self, request: Callable[[Node], Coroutine[Any, Any, None]]) -> None:
        """Do what a REST request does, at some node; it may be refused, or lost with the node."""
        nodes = [node for node in self.nodes if node.web and node.ready.is_set()]
        if nodes:
            node = self.chance.choice(nodes)
            task = node.process.spawn(request(node), name="request")
            with suppress(TimeoutError, asyncio.CancelledError, CauserieError):
                async with asyncio.timeout(REQUEST_SECONDS):
                    await task

    async def edit(self, message_id: UUID) -> None:
        """Change what a message says."""
        self.memory.edited.add(message_id)
        patch = MessagePatch(content=f"Edited {new_id()}")
        await self.at_some_node(lambda node: node.work(self.actor, service.edit, message_id, patch, Expected()))

    async def delete(self, message_id: UUID) -> None:
        """Take a message away."""
        self.memory.deleted.add(message_id)
        await self.at_some_node(lambda node: node.delete(self.actor, message_id))

    # The run.

    async def __aenter__(self) -> Self:
        opened = mock.patch.object(client_socket, "open_socket", self._connect)
        opened.start()
        self._opened = opened
        await self._furnish()
        for role in self.roles:
            self.start(role)
        for node in self.nodes:
            await node.ready.wait()
        await asyncio.sleep(0)
        return self

    async def __aexit__(self, *error: object) -> None:
        for tab in list(self.tabs):
            await self.close_tab(tab)
        for node in list(self.nodes):
            await self.kill(node)
        await asyncio.gather(*self._tasks)
        self._opened.stop()
        self.storage.close()

    async def rest(self, seconds: float = REST_SECONDS) -> None:
        """Wait until nothing is unfinished and every tab has seen it.

        Raises:
            NoRest: it takes too long.
        """
        deadline = _now() + seconds
        while not self.is_at_rest():
            if _now() > deadline:
                raise NoRest(self._unrest())
            await asyncio.sleep(0.5)
        await asyncio.sleep(SETTLED_SECONDS)

    def is_at_rest(self) -> bool:
        """Whether all replies are final, everybody has been answered and every tab is at every head."""
        if self.storage.rows("SELECT 1 FROM generation WHERE state IN ('queued', 'streaming') LIMIT 1"):
            return False
        return not self._behind() and not any(self._waiting(tab) for tab in self.tabs)

    def _behind(self) -> list[str]:
        heads = {str(UUID(key)): head for key, head in self.storage.rows("SELECT id, next_seq - 1 FROM chat_session")}
        return [
            f"{tab.name} is at {state.seq} of {heads.get(session_id)}"
            for tab in self.tabs
            for session_id, state in tab.client.sessions.items()
            if state.seq != heads.get(session_id)
        ]

    def _waiting(self, tab: Tab) -> bool:
        return any(task.get_name() == "person" for task in tab.process.tasks)

    def _unrest(self) -> str:
        rows = self.storage.rows(
            "SELECT message_id, state, attempt, lease_until, stop_requested, after_id FROM generation"
            " WHERE state IN ('queued', 'streaming')"
        )
        waiting = [tab.name for tab in self.tabs if self._waiting(tab)]
        return f"I9: unfinished {rows}; behind {self._behind()}; not answered {waiting}"

    def heal(self) -> None:
        """End all faults that go on by themselves."""
        self.trace("-", "heals")
        storage = self.storage.faults
        storage.away, storage.lost_answers, storage.failed_commits, storage.slow = False, 0.0, 0.0, 0.0
        storage.cut.clear()
        if self.redis is not None:
            redis = self.redis.faults
            redis.away, redis.lost, redis.doubled, redis.late = False, 0.0, 0.0, 0.0
            redis.cut.clear()
        self.models.faults.share = 0.0
        for process in (*(node.process for node in self.nodes), *(tab.process for tab in self.tabs)):
            if process.frozen:
                self.thaw(process)
        self.look_for_workers()

    async def _furnish(self) -> None:
        """Make the models."""
        database = SimulatedDatabase(self.storage, Process("furnisher"))
        for kind in KINDS:
            self.model_ids[kind] = await database.work(self.actor, _add_model, kind)

    @asynccontextmanager
    async def _connect(self, url: str, **options: object) -> AsyncIterator[Wire]:
        """Stand for `websockets.connect`: some node answers, as behind a load balancer."""
        del url, options
        nodes = [node for node in self.nodes if node.web and node.ready.is_set() and not node.draining]
        if not nodes:
            raise ConnectionRefusedError
        node = self.chance.choice(nodes)
        scope = {"type": "websocket", "path": "/ws", "headers": [], "query_string": b"", "actor": self.actor}
        async with connected(self.chance, here(), node.process, scope, node.sockets) as wire:
            self.wires.append(wire)
            try:
                yield wire
            finally:
                self.wires.remove(wire)

    def _do(self, coroutine: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def simulate(
    seed: int | str,
    set_up: SetUp,
    story: Callable[[World], Awaitable[T]],
    *,
    trace: Trace | None = None,
    roles: Sequence[str] = (),
) -> T:
    """Let `story` happen in a world of its own, in virtual time."""
    trace = trace or Trace()

    async def tell() -> T:
        async with World(seed, set_up, trace, roles) as world:
            return await story(world)

    return run(hash_of(seed), trace, tell)


def hash_of(seed: int | str) -> int:
    """Return a number for a seed that is the same in every process."""
    return Random(str(seed)).getrandbits(32)


def _now() -> float:
    return asyncio.get_running_loop().time()


def _add_model(work: Work, kind: str) -> UUID:
    model = AiModel(
        id=new_id(),
        user_id=work.actor.user_id,
        name=kind,
        provider="openai",
        model=kind,
        paid=kind == "paid",
        continue_prefix=kind == "continues",
    )
    work.session.add(model)
    work.session.flush()
    return model.id
