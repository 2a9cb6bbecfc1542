"""`make soak`: half an hour of talking, then everything has to be back where it was.

A web node and two workers on PostgreSQL and Redis; chats talk, read along, leave in the middle and come back without a
pause. The base line is taken at rest after a warm-up, the outcome at rest again. Counts must be back at the base line;
memory may have grown by `MOST_GROWTH` of it.
"""

import argparse
import asyncio
import random
import re
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import uvloop
from redis.asyncio import Redis

from bench.house import House, WorkerProcess, idle
from bench.measuring import Chat
from bench.node import Node
from bench.processes import mock_provider

CHATS = 50
WARM_UP_SECONDS = 120.0
REST_SECONDS = 15.0
KEYS_LIVE_SECONDS = 330.0
"""Longer than a stream of text outlives its reply."""
MOST_GROWTH = 0.10
ORDERS = ("paced:40:40", "paced:80:200", "flood:300", "paced:20:15")


@dataclass(frozen=True, slots=True)
class Level:
    """What the house holds at rest. Memory in MiB, of each process; the rest are counts."""

    memory: dict[str, float]
    counts: dict[str, int]

    def row(self, name: str) -> str:
        """Return it as a line."""
        memory = ", ".join(f"{process} {size:.1f} MiB" for process, size in self.memory.items())
        return f"{name}: {memory}; " + ", ".join(f"{count} {value}" for count, value in self.counts.items())

    def broken(self, base: "Level") -> list[str]:
        """Return what is not back at the base line, in words."""
        found = [
            f"{name}: {base.counts[name]} before, {value} after"
            for name, value in self.counts.items()
            if value > base.counts[name]
        ]
        return found + [
            f"memory of {name}: {base.memory[name]:.1f} MiB before, {size:.1f} after"
            for name, size in self.memory.items()
            if size > base.memory[name] * (1 + MOST_GROWTH)
        ]


async def level(house: House, web: Node, workers: Sequence[WorkerProcess]) -> Level:
    """Look at everything that might leak."""
    processes = {"web": psutil.Process(web.server.pid)}
    processes |= {f"worker {number}": psutil.Process(worker.process.pid) for number, worker in enumerate(workers, 1)}
    counts = {}
    for name, process in processes.items():
        counts[f"files of {name}"] = process.num_fds()
        counts[f"threads of {name}"] = process.num_threads()
    metrics = await web.text("/metrics")
    for gauge in ("causerie_asyncio_tasks", "causerie_open_feeds", "causerie_sockets"):
        match = re.search(rf"^{gauge} ([\d.e+]+)$", metrics, re.MULTILINE)
        assert match, f"/metrics has no {gauge}"
        counts[gauge] = int(float(match[1]))
    async with Redis.from_url(house.redis_url) as redis:
        counts["keys in Redis"] = await redis.dbsize()
        counts["subscriptions"] = len(await redis.pubsub_channels("*"))
        counts["connections to Redis"] = len(await redis.client_list()) - 1
    memory = {name: process.memory_info().rss / 2**20 for name, process in processes.items()}
    return Level(memory, counts)


async def talk(web: Node, until: float, chance: random.Random) -> int:
    """Be one user until then; return how many turns were taken."""
    turns = 0
    while time.perf_counter() < until:
        chat = await web.opened()
        for _ in range(chance.randint(1, 6)):
            order = chance.choice(ORDERS)
            await chat.prepare(order)
            async with AsyncExitStack() as stack:
                if chance.random() < 0.5:
                    stack.callback((await web.joined(chat.session_id)).close)
                if chance.random() < 0.1:
                    await _leave_in_the_middle(chat, order)
                    chat = await web.joined(chat.session_id)
                else:
                    await chat.ask(order)
                turns += 1
            await asyncio.sleep(chance.uniform(0.0, 0.5))
        chat.close()
        await web.forget(chat.session_id)
    return turns


async def _leave_in_the_middle(chat: Chat, order: str) -> None:
    asking = asyncio.create_task(chat.ask(order))
    await asyncio.sleep(0.1)
    chat.close()
    with suppress(ConnectionError):
        await asking


async def soak(folder: Path, seconds: float, warm_up: float, keys_live: float) -> list[str]:
    """Return what was not back at the base line."""
    async with (
        mock_provider() as mock,
        House.on(folder, mock) as house,
        house.web() as web,
        house.worker() as one,
        house.worker() as two,
    ):
        chance = random.Random(1)

        async def load(duration: float) -> int:
            until = time.perf_counter() + duration
            users = (talk(web, until, random.Random(chance.random())) for _ in range(CHATS))
            return sum(await asyncio.gather(*users))

        await load(warm_up)
        await rest(web, keys_live)
        base = await level(house, web, [one, two])
        print(base.row("base line"), flush=True)
        turns = await load(seconds)
        await rest(web, keys_live)
        after = await level(house, web, [one, two])
        print(after.row(f"after {turns:,} turns in {seconds / 60:.0f} minutes"), flush=True)
        return after.broken(base)


async def rest(web: Node, keys_live: float) -> None:
    """Wait until nothing runs and what outlives a reply is gone."""
    await idle(web)
    await asyncio.sleep(max(REST_SECONDS, keys_live))


def main() -> None:
    """Soak, and tell by the exit status whether everything was back."""
    parser = argparse.ArgumentParser(prog="soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--warm-up", type=float, default=WARM_UP_SECONDS, help="seconds")
    parser.add_argument("--keys-live", type=float, default=KEYS_LIVE_SECONDS, help="seconds to wait at rest")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="causerie-soak-") as folder:
        broken = uvloop.run(soak(Path(folder), chosen.minutes * 60, chosen.warm_up, chosen.keys_live))
    print("\n".join(broken) or "everything is back at the base line")
    sys.exit(bool(broken))


if __name__ == "__main__":
    main()
