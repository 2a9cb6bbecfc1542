"""The broker over Redis (or Valkey, or a cluster): the only package that imports the driver."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from redis.exceptions import ResponseError

from causerie.broker.redis.bus import RedisBus
from causerie.broker.redis.cache import RedisSessionCache
from causerie.broker.redis.connections import FAILURES, Command, Connections, reason_of
from causerie.broker.redis.hearing import Hearing
from causerie.broker.redis.jobs import RedisDispatcher
from causerie.broker.redis.keys import PROBE
from causerie.broker.redis.pipe import Once, Pipe

__all__ = ["RedisBroker", "fault_of", "redis_broker"]

START_SECONDS = 1.0
END_SECONDS = 1.0
PROBE_SECONDS = 5.0
WRITE: Command = ("DEL", PROBE)


@dataclass(frozen=True, slots=True)
class RedisBroker:
    """The three ports over one Redis. None raises because it is away; each goes on by itself when it is back."""

    bus: RedisBus
    dispatcher: RedisDispatcher
    cache: RedisSessionCache
    connections: Connections

    def drop_connections(self) -> None:
        """Give up all connections at once: after a sleep none can be trusted. New ones are made by themselves."""
        self.connections.drop()

    def health(self) -> dict[str, Any]:
        """Return what an operator wants to know."""
        return {"kind": "redis", "away": self.bus.away}


@asynccontextmanager
async def redis_broker(url: str, *, consumer: UUID) -> AsyncIterator[RedisBroker]:
    """Run a broker until the block ends. It starts at once when Redis is there, and after a second when it is not.

    Args:
        url: `redis://` or `rediss://`, of a server or of any node of a cluster.
        consumer: the name under which wake-ups are asked for; a worker's own.

    Raises:
        ValueError: `url` cannot be read.
    """
    connections = Connections(url)
    news, questions = Pipe(connections, patient=True), Pipe(connections, patient=False)
    hearing = Hearing(connections)
    dispatcher = RedisDispatcher(connections, news, consumer)
    bus, cache = RedisBus(news, questions, hearing), RedisSessionCache(news, questions)
    loops = [
        asyncio.create_task(news.run(), name="redis news"),
        asyncio.create_task(questions.run(), name="redis questions"),
        asyncio.create_task(hearing.run(), name="redis hearing"),
        asyncio.create_task(_probe(news), name="redis probe"),
    ]
    try:
        with suppress(TimeoutError):
            async with asyncio.timeout(START_SECONDS):
                await hearing.back()
        yield RedisBroker(bus, dispatcher, cache, connections)
        with suppress(TimeoutError):
            async with asyncio.timeout(END_SECONDS):
                await news.flushed()
    finally:
        await dispatcher.close()
        await cache.close()
        for loop in loops:
            loop.cancel()
        await asyncio.gather(*loops, return_exceptions=True)


async def fault_of(url: str) -> str | None:
    """Return why the Redis there is of no use, in one line; None if it answers and takes what is written.

    Raises:
        ValueError: `url` cannot be read.
    """
    connections = Connections(url)
    try:
        line = await connections.line_to(await connections.node_of(PROBE))
        try:
            [answer] = await line.ask(WRITE)
        finally:
            await connections.hang_up(line)
    except FAILURES as error:
        return reason_of(error)
    return str(answer) if isinstance(answer, ResponseError) else None


async def _probe(news: Pipe) -> None:
    """Write every few seconds, so that a Redis that takes no writes is noticed also where nothing is said."""
    while True:
        if not news.away:
            news.put(Once(PROBE, WRITE))
        await asyncio.sleep(PROBE_SECONDS)
