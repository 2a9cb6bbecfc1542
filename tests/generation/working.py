"""What tests of engines need: replies, workers that are gone, clocks that jump, databases that are away."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

from causerie.broker.memory import MemoryDispatcher
from causerie.broker.ports import EventNotice, TextPiece, WakeUp
from causerie.chats.models import Generation
from causerie.clock import utc_now
from causerie.db import across
from causerie.db.errors import StorageUnavailable
from causerie.generation.engine import Engine
from causerie.testing import ScriptedProvider
from tests.node import Node, NoStarter

T = TypeVar("T")

WAITS = 200
"""How often, at 50 ms, a test looks for what no event tells."""


@dataclass
class Shift:
    """By how much the clock is ahead."""

    seconds: float = 0.0


@dataclass
class Outage:
    """While `on`, every unit of work is refused. `refused` is set by the first."""

    on: bool = False
    refused: asyncio.Event = field(default_factory=asyncio.Event)

    def around(self, run: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def run_or_refuse(*args: Any, **kwargs: Any) -> Any:
            if self.on:
                self.refused.set()
                raise StorageUnavailable("The database is away.")
            return await run(*args, **kwargs)

        return run_or_refuse


@dataclass
class Heard:
    """A listener of one session."""

    pieces: list[TextPiece] = field(default_factory=list)

    def on_event(self, notice: EventNotice) -> None:
        pass

    def on_text(self, piece: TextPiece) -> None:
        self.pieces.append(piece)

    @property
    def text(self) -> str:
        return "".join(piece.text for piece in self.pieces)


class WatchedDispatcher(MemoryDispatcher):
    """Remembers how often it was asked, and what it was told to be done."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0
        self.receipts: list[UUID] = []

    async def next(self) -> WakeUp:
        self.asked += 1
        return await super().next()

    def done(self, wake_up: WakeUp) -> None:
        self.receipts.append(wake_up.message_id)


async def reply_of(node: Node, content: str = "Hello", engine: Engine | None = None, **fields: object) -> UUID:
    """Say something and return the reply's id; without an engine it stays queued."""
    said = await node.say(content, engine or NoStarter(), **fields)
    assert said.ai_message is not None
    return said.ai_message.id


async def generation(node: Node, message_id: UUID) -> Generation:
    found = await node.read(lambda work: work.session.get(Generation, (work.actor.user_id, message_id)))
    assert isinstance(found, Generation)
    return found


async def until(holds: Callable[[], bool]) -> None:
    """Wait for what no event tells."""
    for _ in range(WAITS):
        if holds():
            return
        await asyncio.sleep(0.05)
    raise TimeoutError("it never happened")


async def becomes(look: Callable[[], Awaitable[T]], holds: Callable[[T], bool]) -> T:
    """Look into the database until it has what no event tells, and return that."""
    for _ in range(WAITS):
        if holds(seen := await look()):
            return seen
        await asyncio.sleep(0.05)
    raise TimeoutError(f"it never happened: {seen}")


async def running_down(engine: Engine, to: int = 0) -> None:
    """Wait until the engine writes no more than that many replies."""
    await until(lambda: engine.running <= to)


async def listen(node: Node, message_id: UUID) -> Heard:
    """Hear what is sent of a reply."""
    heard = Heard()
    session = next(notice.session for notice in node.notices if notice.message_id == message_id)
    node.bus.subscribe(session, heard)
    return heard


async def expire(node: Node) -> None:
    """Let every lease have run out, as those of dead workers do."""
    await node.database.work(across.NOBODY, across.expire_leases, utc_now())


@asynccontextmanager
async def worker(node: Node, provider: ScriptedProvider, *, concurrency: int = 16) -> AsyncIterator[Engine]:
    """Run one of several engines until the block ends."""
    engine = await node.engine(provider, concurrency=concurrency)
    await engine.start(alone=False)
    try:
        yield engine
    finally:
        await engine.close()
