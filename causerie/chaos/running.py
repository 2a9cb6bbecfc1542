"""One run: an installation, its users, its faults, and in the end the verdicts."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from causerie.chaos.checking import Verdict, judge
from causerie.chaos.crowd import Crowd
from causerie.chaos.evidence import Evidence, Residue, Struck
from causerie.chaos.installation import Installation, Servers, installation
from causerie.chaos.plan import Strike, Wish, first_round, strikes
from causerie.chaos.processes import Process, memory_bytes, open_files
from causerie.chaos.provider import read_record
from causerie.chaos.reading import count_unfinished, read_stored

AT_ONCE = 300
QUIET_SECONDS = 120.0
SETTLE_SECONDS = 30.0
MORE_MEMORY_BYTES = 150 << 20
MORE_FILES = 40
FLUSH_JOINS = 5
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Report:
    """What came of a run."""

    wish: Wish
    verdicts: Sequence[Verdict]
    evidence: Evidence
    seconds: float


async def run(wish: Wish, parts: Servers, folder: Path, tell: Tell) -> Report:
    """Run what is wished in an empty folder, and judge it. `tell` gets a line of progress every few seconds."""
    started = time.monotonic()
    evidence = Evidence()
    async with installation(parts, folder, web=wish.web, workers=wish.workers) as it:
        tell(f"{len(it.processes)} processes run; {wish.sessions} sessions begin")
        await _meet(it, wish, evidence, tell)
        evidence.stored = await read_stored(it.reader)
        evidence.strikes += _mishaps(it)
    for process in it.processes:
        evidence.exits += process.exits
    evidence.calls = read_record(it.record)
    return Report(wish, judge(evidence), evidence, time.monotonic() - started)


async def _meet(it: Installation, wish: Wish, evidence: Evidence, tell: Tell) -> None:
    """Let users and faults meet; return when each fault was there, all is said, whole again and quiet."""
    crowd = Crowd(wish.seed, wish.faults, it.models, evidence)
    before = _measures(it)
    planned = first_round(wish.seed, wish.faults)
    met_each = asyncio.Event()
    async with crowd.connected(it.ports):
        telling = asyncio.create_task(_tell_often(crowd, wish, evidence, tell))
        striking = asyncio.create_task(_strike(it, crowd, wish, evidence, len(planned), met_each))
        try:
            await crowd.talk(wish.sessions, at_once=AT_ONCE, over_seconds=planned[-1].at if planned else 0.0)
            await _first(striking, met_each.wait())
        finally:
            striking.cancel()
            telling.cancel()
            ended = await asyncio.gather(striking, telling, return_exceptions=True)
            await it.heal()
        for failure in ended:
            if isinstance(failure, Exception):
                raise failure
        tell("healed; what still runs comes to its end")
        await _quiet(it)
    evidence.residues = await _residues(it, before)


async def _first(striking: asyncio.Task[None], event: Awaitable[object]) -> None:
    """Wait for the event, or for the end of the striking, which has failed then."""
    waiting = asyncio.ensure_future(event)
    await asyncio.wait([striking, waiting], return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()


async def _strike(
    it: Installation, crowd: Crowd, wish: Wish, evidence: Evidence, a_round: int, met_each: asyncio.Event
) -> None:
    """Strike as planned until cancelled; what has begun is ended first. `met_each` is set after `a_round` strikes."""
    started = time.monotonic()

    async def strike(planned: Strike) -> None:
        struck = await it.strike(planned)
        evidence.strikes.append(struck)
        if planned.fault == "redis-flush":
            await crowd.join_late(FLUSH_JOINS, after_flush=True)

    begun: set[asyncio.Task[None]] = set()
    try:
        for number, planned in enumerate(strikes(wish.seed, wish.faults)):
            if number == a_round:
                met_each.set()
            await asyncio.sleep(started + planned.at - time.monotonic())
            begun.add(asyncio.create_task(strike(planned), name=f"{planned.fault} at {planned.at}"))
            for task in [task for task in begun if task.done()]:
                begun.discard(task)
                task.result()
    finally:
        for failure in await asyncio.gather(*begun, return_exceptions=True):
            if isinstance(failure, Exception):
                raise failure


async def _tell_often(crowd: Crowd, wish: Wish, evidence: Evidence, tell: Tell) -> None:
    started = time.monotonic()
    while True:
        await asyncio.sleep(5)
        last = evidence.strikes[-1].strike.fault if evidence.strikes else "none yet"
        tell(
            f"{time.monotonic() - started:4.0f} s  {crowd.done} of {wish.sessions} sessions done, "
            f"{crowd.talking} talk; {len(evidence.strikes)} faults (last: {last}), {len(evidence.breaches)} breaches"
        )


async def _quiet(it: Installation) -> None:
    """Wait until no reply is unfinished; what does not end is judged as it is."""
    deadline = time.monotonic() + QUIET_SECONDS
    while True:
        if not await count_unfinished(it.reader) or time.monotonic() > deadline:
            return
        await asyncio.sleep(1)


def _mishaps(it: Installation) -> list[Struck]:
    """Return as strikes what processes did to themselves at failpoints."""
    found = []
    for process in it.processes:
        fault = "worker-failpoint" if process in it.workers else "web-failpoint"
        freeze = process.failpoint_freeze
        found += [Struck(Strike(0, fault, 0, 0), at, at + freeze) for at in process.mishaps]
    return found


# What is left behind.


def _measures(it: Installation) -> dict[int, tuple[Process, int, int]]:
    return {
        process.pid: (process, memory_bytes(process.pid), open_files(process.pid))
        for process in it.processes
        if process.pid is not None
    }


async def _residues(it: Installation, before: dict[int, tuple[Process, int, int]]) -> list[Residue]:
    """Wait until everything is back at its base line, and tell what is not."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while True:
        for way in it.ways:
            way.bury()
        residues = await asyncio.to_thread(_look, it, before)
        if all(residue.after <= residue.allowed for residue in residues) or time.monotonic() > deadline:
            return residues
        await asyncio.sleep(1)


def _look(it: Installation, before: dict[int, tuple[Process, int, int]]) -> list[Residue]:
    residues = []
    now = _measures(it)
    for pid in before.keys() & now.keys():
        process, memory, files = before[pid]
        _, memory_now, files_now = now[pid]
        residues.append(
            Residue(f"MiB of {process.name}", memory >> 20, memory_now >> 20, (memory + MORE_MEMORY_BYTES) >> 20)
        )
        residues.append(Residue(f"open files of {process.name}", files, files_now, files + MORE_FILES))
    for number, process in enumerate(it.web):
        figures = it.metrics(number)
        for what, allowed in _ALLOWED_ON_A_NODE.items():
            residues.append(Residue(f"{what} of {process.name}", 0, figures[what], allowed))
    if it.servers.redis is not None:
        for what, script in _IN_REDIS.items():
            answer = it.servers.redis.command("EVAL", script, 0)
            residues.append(Residue(what, 0, int(answer.removeprefix(b":")), _ALLOWED_IN_REDIS[what]))
    return residues


_ALLOWED_ON_A_NODE = {"causerie_sockets": 0, "causerie_open_feeds": 0, "causerie_asyncio_tasks": 60}
_IN_REDIS = {
    "Redis keys that never expire": (
        "local n=0 for _,k in ipairs(redis.call('KEYS','*')) do if redis.call('TTL',k)<0 then n=n+1 end end return n"
    ),
    "Redis channels of sessions": "return #redis.call('PUBSUB','CHANNELS','events:*')",
}
_ALLOWED_IN_REDIS = {"Redis keys that never expire": 1, "Redis channels of sessions": 0}
