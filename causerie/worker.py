"""What of a process makes replies and lets them be followed: bus, engine, following, put together."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from causerie.aimodels.models import ModelRow
from causerie.broker.memory import MemoryBus, MemoryDispatcher, MemorySessionCache
from causerie.broker.ports import Dispatcher, EventNotice, SessionHint, TokenBus
from causerie.chats.following import Following, StoredHistory
from causerie.chats.service import ReplyQueued, StopRequested
from causerie.db.across import NOBODY
from causerie.db.database import Database
from causerie.db.installation import Installation
from causerie.db.work import Work
from causerie.generation.engine import Engine
from causerie.providers.protocol import ModelConfig, ProviderSource

DEFAULT_CONCURRENCY = 512


@dataclass(frozen=True, slots=True)
class Replies:
    """The running parts. `draining` is set when the process is about to end."""

    engine: Engine
    following: Following
    draining: asyncio.Event

    async def drain(self) -> None:
        """Answer whoever waits, then hand over or end what runs."""
        self.draining.set()
        await self.engine.drain()

    def health(self) -> dict[str, Any]:
        """Return how many replies this process writes."""
        return {"running": self.engine.running}


@asynccontextmanager
async def replies(
    database: Database,
    providers: ProviderSource,
    config_of: Callable[[ModelRow], ModelConfig],
    *,
    concurrency: int = DEFAULT_CONCURRENCY,
) -> AsyncIterator[Replies]:
    """Run the engine of the one process that works on `database`, and what follows it, until the block ends."""
    bus, dispatcher = MemoryBus(), MemoryDispatcher()
    engine = Engine(database, providers, bus, dispatcher, config_of, concurrency=concurrency)
    epoch = await database.read(NOBODY, _epoch)
    following = Following(StoredHistory(database, MemorySessionCache()), bus, epoch)
    database.publisher = announcer(bus, dispatcher)
    repair = asyncio.create_task(following.run(), name="following")
    await engine.start(alone=True)
    try:
        yield Replies(engine, following, asyncio.Event())
    finally:
        await engine.close()
        repair.cancel()
        await asyncio.gather(repair, return_exceptions=True)


def announcer(bus: TokenBus, dispatcher: Dispatcher) -> Callable[[Sequence[object]], None]:
    """Return what takes the facts of committed units of work to where they are waited for."""

    def announce(facts: Sequence[object]) -> None:
        for fact in facts:
            match fact:
                case EventNotice():
                    bus.publish_event(fact)
                case SessionHint():
                    bus.publish_hint(fact)
                case ReplyQueued(user_id, message_id):
                    dispatcher.wake(user_id, message_id)
                case StopRequested(user_id, message_id):
                    bus.publish_stop(user_id, message_id)
                case _:
                    raise TypeError(f"nobody waits for {type(fact).__name__}")

    return announce


def _epoch(work: Work) -> str:
    return str(work.connection.execute(select(Installation.epoch)).scalar_one())
