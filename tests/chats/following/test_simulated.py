"""Whatever is committed, delivered, lost, swapped, joined and read slowly, each reader gets all of it in order.

The bus may be slow, leave, come back and forget; the database is only slow.
"""

import asyncio
import random
from contextlib import suppress
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from causerie.chats.following import Following
from tests.chats.following.world import EPOCH, Reader, Violation, World, run

Step = tuple[str, int, int]

ACTIONS = [
    "say",
    "begin",
    "write",
    "write",
    "write",
    "checkpoint",
    "end",
    "crash",
    "retry",
    "continue",
    "rename",
    "deliver",
    "deliver",
    "deliver all",
    "swap",
    "repeat",
    "lose",
    "lose all",
    "forget texts",
    "bus leaves",
    "bus returns",
    "join",
    "reconnect",
    "leave",
    "read",
    "read",
    "read all",
    "wait",
    "wait long",
]
TEXTS = ["Once ", "é", "👩‍🚀 ", "upon a time ", '\n"quoted"\\ ', "x" * 50]

steps = st.lists(st.tuples(st.sampled_from(ACTIONS), st.integers(0, 40), st.integers(0, 40)), min_size=5, max_size=80)


DELAYS = {
    "database": [0.0, 0.0004, 0.03, 0.7],
    "listening": [0.0, 0.0002, 0.05, 1.9],
    "bus": [0.0, 0.0002, 0.02, 3.9],
}


class Simulation:
    """Takes the steps of one run."""

    def __init__(self, world: World, following: Following) -> None:
        self.world = world
        self.following = following
        self.readers = [Reader(world, following) for _ in range(3)]
        self.joining: list[asyncio.Task[None]] = []

    async def take(self, action: str, one: int, two: int) -> None:
        world, bus = self.world, self.world.bus
        reader = self.readers[one % len(self.readers)]
        queued = [key for key, reply in world.replies.items() if reply.status == "queued"]
        streaming = [key for key, reply in world.replies.items() if reply.status == "streaming"]
        final = [key for key, reply in world.replies.items() if reply.status in {"complete", "failed"}]
        match action:
            case "say":
                world.say()
            case "rename":
                world.rename()
            case "begin" if queued:
                message_id = queued[one % len(queued)]
                world.begin(message_id, keep=len(world.replies[message_id].text))
            case "write" if streaming:
                world.write(streaming[one % len(streaming)], TEXTS[two % len(TEXTS)])
            case "checkpoint" if streaming:
                world.checkpoint(streaming[one % len(streaming)])
            case "end" if streaming:
                world.end(streaming[one % len(streaming)], "complete" if two % 2 else "failed")
            case "crash" if streaming:
                world.begin(streaming[one % len(streaming)], keep=two)
            case "retry" | "continue" if final:
                world.ask_again(final[one % len(final)], keeps_text=action == "continue")
            case "deliver":
                bus.deliver(one % 4)
            case "deliver all":
                bus.deliver_all()
            case "swap" if len(bus.wire) > 1:
                bus.wire[0], bus.wire[1] = bus.wire[1], bus.wire[0]
            case "repeat" if bus.wire:
                bus.wire.append(bus.wire[one % len(bus.wire)])
            case "lose" if bus.wire:
                bus.wire.pop(one % len(bus.wire))
            case "lose all":
                bus.wire.clear()
            case "forget texts":
                bus.forget_texts()
            case "bus leaves":
                bus.leave()
            case "bus returns":
                bus.away = False
            case "join" if not self.following.has_joined(reader.channel, world.key.session_id):
                await self._join(reader, wait=bool(two % 2))
            case "reconnect":
                await self._settle_joins()
                await reader.reconnect()
            case "leave":
                self.following.leave(reader.channel, world.key.session_id)
            case "read":
                await reader.read()
            case "read all":
                await reader.read_all()
            case "wait":
                await asyncio.sleep(0.01 * one)
            case "wait long":
                await asyncio.sleep(one)

    async def finish(self) -> None:
        """Let everything arrive and everybody read: then all must agree."""
        await self._settle_joins()
        for reader in self.readers:
            if not self.following.has_joined(reader.channel, self.world.key.session_id):
                await reader.read_all()
                await reader.join()
        await self._agree()
        self._check_texts()
        for message_id, reply in self.world.replies.items():
            if reply.status == "streaming":
                self.world.end(message_id)
        await self._agree()

    async def _agree(self) -> None:
        """Let everything arrive, and every text be checkpointed: then all have all of it, with or without the bus."""
        self.world.bus.deliver_all()
        for message_id, reply in self.world.replies.items():
            if reply.status == "streaming":
                self.world.checkpoint(message_id)
        await asyncio.sleep(60)
        for reader in self.readers:
            await reader.read_all()
            reader.check_is_current()

    def _check_texts(self) -> None:
        for message_id, reply in self.world.replies.items():
            for reader in self.readers:
                if reply.status == "streaming" and reader.text(message_id) != reply.text:
                    raise Violation(f"the reader has {reader.text(message_id)!r} of {reply.text!r}")

    async def _join(self, reader: Reader, *, wait: bool) -> None:
        """Join, while other things happen or before they do."""
        await self._settle_joins()
        await reader.read_all()
        task = asyncio.create_task(reader.join())
        self.joining.append(task)
        if wait:
            await task

    async def _settle_joins(self) -> None:
        while self.joining:
            await self.joining.pop()


@dataclass(frozen=True)
class Slowness:
    """How many seconds the database, a subscription and the bus's answers take."""

    database: float = 0.0
    listening: float = 0.0
    bus: float = 0.0


async def simulate(taken: list[Step], slowness: Slowness) -> None:
    world = World(reading_seconds=slowness.database)
    world.bus.listening_seconds, world.bus.reading_seconds = slowness.listening, slowness.bus
    following = Following(world, world.bus, EPOCH)
    running = asyncio.create_task(following.run())
    simulation = Simulation(world, following)
    try:
        for action, one, two in taken:
            await simulation.take(action, one, two)
        await simulation.finish()
        for reader in simulation.readers:
            following.close(reader.channel)
        assert world.bus.listeners == 0
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


slownesses = st.builds(Slowness, **{name: st.sampled_from(delays) for name, delays in DELAYS.items()})


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(taken=steps, slowness=slownesses)
def test_every_reader_gets_everything_in_order(taken: list[Step], slowness: Slowness) -> None:
    run(simulate(taken, slowness))


@pytest.mark.parametrize("seeds", [range(100), range(100, 200), range(200, 300)], ids=str)
def test_long_histories(seeds: range) -> None:
    """Much longer runs than above, which do not shrink; the failing seed is in the traceback."""
    for seed in seeds:
        chance = random.Random(seed)
        taken = [
            (chance.choice(ACTIONS), chance.randint(0, 40), chance.randint(0, 40))
            for _ in range(chance.randint(20, 200))
        ]
        try:
            run(simulate(taken, Slowness(*(chance.choice(DELAYS[name]) for name in ("database", "listening", "bus")))))
        except AssertionError as error:
            raise AssertionError(f"seed {seed}") from error
