"""`make soak`: half an hour of talking, then everything has to be back where it was.

A web node, a worker, and a node with a worker in it (there a worker's tasks can be counted), on PostgreSQL and Redis.
The base line is taken at rest after a warm-up, the outcome at rest again. Counts must be back at the base line; memory
may have grown by a tenth. The exit status is 0 if all of that holds, else 1.
"""

import argparse
import asyncio
import random
import re
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil
import uvloop
from redis.asyncio import Redis

from bench.house import House, idle
from bench.node import Node
from bench.processes import mock_provider
from bench.talking import crowd_of_people

WARM_UP_SECONDS = 120.0
REST_SECONDS = 15.0
"""Longer than a forgotten session is remembered as such."""
TEXT_SECONDS = 330.0
"""Longer than a stream of text that nobody closed outlives its reply."""
LOOKS = 10
"""The lowest count of so many, a second apart, is the level: what comes and goes by itself is no leak."""
MOST_GROWTH = 0.10
GAUGES = {"tasks": "causerie_asyncio_tasks", "feeds": "causerie_open_feeds", "sockets": "causerie_sockets"}


@dataclass(frozen=True, slots=True)
class Level:
    """What the house holds at rest. Memory in MiB, of each process; the rest are counts."""

    memory: dict[str, float]
    counts: dict[str, int]

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


def beside(base: Level, after: Level) -> str:
    """Return both levels as a table."""
    sizes = [
        (f"memory of {name}, MiB", f"{size:.1f}", f"{after.memory[name]:.1f}") for name, size in base.memory.items()
    ]
    counts = [(name, str(count), str(after.counts[name])) for name, count in base.counts.items()]
    rows = [("at rest", "before", "after"), *sizes, *counts]
    return "\n".join(f"{name:32}{before:>10}{behind:>10}" for name, before, behind in rows)


async def level(house: House, nodes: Mapping[str, Node], pids: Mapping[str, int]) -> Level:
    """Look at everything that might leak."""
    processes = {name: psutil.Process(pid) for name, pid in pids.items()}
    looks = []
    for _ in range(LOOKS):
        looks.append(await _counts(house, nodes, processes))
        await asyncio.sleep(1)
    lowest = {name: min(look[name] for look in looks) for name in looks[0]}
    return Level({name: process.memory_info().rss / 2**20 for name, process in processes.items()}, lowest)


async def _counts(house: House, nodes: Mapping[str, Node], processes: Mapping[str, psutil.Process]) -> dict[str, int]:
    counts = {}
    for name, process in processes.items():
        # A pool opens up to its ten connections when they are needed, and keeps them.
        connections = [one for one in process.net_connections("tcp") if one.status == psutil.CONN_ESTABLISHED]
        pool = [one for one in connections if one.raddr.port == house.postgres_port]
        counts[f"files of {name}, but its pool"] = process.num_fds() - len(pool)
        counts[f"threads of {name}"] = process.num_threads()
    for name, node in nodes.items():
        metrics = await node.text("/metrics")
        for gauge, metric in GAUGES.items():
            match = re.search(rf"^{metric} ([\d.e+]+)$", metrics, re.MULTILINE)
            assert match, f"/metrics has no {metric}"
            counts[f"{gauge} of {name}"] = int(float(match[1]))
    async with Redis.from_url(house.redis_url) as redis:
        counts["keys in Redis"] = await redis.dbsize()
        counts["subscriptions"] = len(await redis.pubsub_channels("*"))
        counts["connections to Redis"] = len(await redis.client_list()) - 1
    return counts


async def rest(house: House, node: Node) -> None:
    """Wait until nothing runs, and what outlives a reply is gone or should be."""
    await idle(node)
    await asyncio.sleep(REST_SECONDS)
    deadline = time.perf_counter() + TEXT_SECONDS
    async with Redis.from_url(house.redis_url) as redis:
        while time.perf_counter() < deadline:
            if not [key async for key in redis.scan_iter("chat:{*")]:
                return
            await asyncio.sleep(1)


async def soak(folder: Path, seconds: float, warm_up: float) -> list[str]:
    """Return what was not back at the base line."""
    async with (
        mock_provider() as mock,
        House.on(folder, mock) as house,
        house.web() as web,
        house.web(worker=True) as both,
        house.worker() as worker,
    ):
        nodes = {"web": web, "both": both}
        pids = {"web": web.server.pid, "worker": worker.process.pid, "both": both.server.pid}
        chance = random.Random(1)
        await crowd_of_people([web, both], warm_up, chance)
        await rest(house, web)
        base = await level(house, nodes, pids)
        talked = await crowd_of_people([web, both], seconds, chance)
        await rest(house, web)
        after = await level(house, nodes, pids)
        print(
            f"{talked.turns:,} turns in {seconds / 60:.3g} minutes, {talked.given_up} chats given up since it was busy"
        )
        print(beside(base, after))
        return after.broken(base)


def main() -> None:
    """Soak, and tell by the exit status whether everything was back."""
    parser = argparse.ArgumentParser(prog="soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--warm-up", type=float, default=WARM_UP_SECONDS, help="seconds")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="causerie-soak-") as folder:
        broken = uvloop.run(soak(Path(folder), chosen.minutes * 60, chosen.warm_up))
    print("\n".join(broken) or "everything is back at the base line")
    sys.exit(bool(broken))


if __name__ == "__main__":
    main()
