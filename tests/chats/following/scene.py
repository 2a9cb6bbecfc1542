"""A world that is followed, and what tests ask about a reader in it."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from causerie.chats import encoding
from causerie.chats.following import Following
from tests.chats.following.world import EPOCH, Reader, World, run

TOKEN = "chat:stream:token"


@dataclass
class Scene:
    """A world that is followed."""

    world: World
    following: Following

    async def reader(self) -> Reader:
        """Return a reader that has joined and read what there was."""
        reader = Reader(self.world, self.following)
        await reader.join()
        await reader.read_all()
        return reader

    def told(self) -> None:
        """Let everything that was published arrive."""
        self.world.bus.deliver_all()


@asynccontextmanager
async def followed(**options: Any) -> AsyncIterator[Scene]:
    world = World(**options)
    following = Following(world, world.bus, EPOCH)
    running = asyncio.create_task(following.run())
    try:
        yield Scene(world, following)
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


def in_virtual_time(test: Callable[[Scene], Awaitable[None]]) -> Callable[[], None]:
    """Let the test run in a scene of its own, where waiting takes no time."""

    async def play() -> None:
        async with followed() as scene:
            await test(scene)

    def test_in_virtual_time() -> None:
        run(play())

    test_in_virtual_time.__doc__ = test.__doc__
    return test_in_virtual_time


async def within(seconds: float, reader: Reader, seen: Callable[[], bool]) -> None:
    """Let the reader read until it has seen this; it must not take longer."""
    async with asyncio.timeout(seconds):
        while not seen():
            await reader.read(seconds)


def shows(reader: Reader, reply: UUID, text: str) -> Callable[[], bool]:
    return lambda: reader.text(reply) == text


def ended(reader: Reader) -> Callable[[], bool]:
    return lambda: reader.kinds()[-1] == encoding.END


def begun(scene: Scene, text: str = "") -> UUID:
    """Let a reply begin, with this text, and tell everybody."""
    reply = scene.world.say()
    scene.world.begin(reply)
    if text:
        scene.world.write(reply, text)
    scene.told()
    return reply


def joined_of(reader: Reader) -> dict[str, Any]:
    return next(got for got in reversed(reader.got) if got["type"] == "session:joined")


def tokens(reader: Reader) -> list[tuple[int, str]]:
    return [(got["offset"], got["token"]) for got in reader.got if got["type"] == TOKEN]
