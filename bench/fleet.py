"""A million users a day on paper: how many cores of each kind that takes, and a simulation that checks the answer.

Reads the measured costs from docs/benchmarks.md, plans a fleet, plays a slice of its busiest minutes (also with a
quarter of its workers gone), and makes the tables of docs/scale.md.
"""

import argparse
import heapq
import itertools
import random
import re
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from math import ceil, exp
from pathlib import Path

from bench.figures import PAGE
from bench.measuring import percentile

DOCUMENT = Path(__file__).parent.parent / "docs" / "scale.md"
PART, SECONDS, SEED = 1, 20.0, 1
"""What docs/scale.md plays: the whole fleet (a slice of it cannot lose a quarter of its cores), for so many seconds."""
CORE_HOUR, DISK_MONTH, HOURS_A_MONTH = 0.04, 0.1, 730
EVENT_DAYS = 7
SLICE_SECONDS = 0.25
"""The work of a running reply comes in such slices, as its tokens do in windows."""


@dataclass(frozen=True, slots=True)
class Users:
    """What people do. Times in seconds."""

    daily: int = 1_000_000
    turns_a_day: float = 20.0
    busiest_hour: float = 0.10
    """Part of a day's turns that falls into its busiest hour."""
    tokens_a_reply: float = 150.0
    tokens_a_second: float = 30.0
    thinking: float = 0.6
    """From asking the model until its first token."""
    online: float = 0.12
    """Part of the daily users that is connected in the busiest hour."""
    characters_a_turn: float = 900.0
    """What both messages of a turn hold."""

    @property
    def turns_a_second(self) -> float:
        return self.daily * self.turns_a_day * self.busiest_hour / 3_600

    @property
    def replies_at_once(self) -> float:
        return self.turns_a_second * (self.thinking + self.tokens_a_reply / self.tokens_a_second)


@dataclass(frozen=True, slots=True)
class Costs:
    """Processor seconds, and bytes, as measured."""

    web_turn: float
    web_frame: float
    worker_turn: float
    worker_token: float
    redis_token: float
    database_turn: float
    redis_bytes: float
    socket_bytes: float
    frames_a_token: float = 1.0

    @classmethod
    def measured(cls, page: str) -> "Costs":
        """Read them from the page of benchmarks.

        Raises:
            KeyError: the page lacks a figure.
        """
        rows = re.findall(r"^\| ([^|]+?) \| ([\d.,]+) \S* ?\|", page, re.MULTILINE)
        value = {name: float(number.replace(",", "")) for name, number in rows}
        return cls(
            web_turn=value["Served: CPU of a turn on a web node"] / 1_000,
            web_frame=1 / value["Served: clients at 20 frames/s a core of a web node"] / 20,
            worker_turn=value["Served: CPU of a turn on a worker"] / 1_000,
            worker_token=1 / value["Served: provider streams at 20 tokens/s a core of a worker"] / 20,
            redis_token=value["Served: Redis CPU of 1,000 tokens"] / 1_000,
            database_turn=value["Served: PostgreSQL CPU of a turn"] / 1_000,
            redis_bytes=value["Served: Redis bytes of a 500-token reply"] / 500,
            socket_bytes=value["Memory of an idle socket"] * 1_024,
        )


Fleet = Mapping[str, int]
"""Cores of each kind."""

KINDS = ("web", "worker", "redis", "database")


def load(users: Users, costs: Costs) -> dict[str, float]:
    """Return the cores of each kind that would be busy all the time."""
    tokens = users.turns_a_second * users.tokens_a_reply
    return {
        "web": users.turns_a_second * costs.web_turn + tokens * costs.frames_a_token * costs.web_frame,
        "worker": users.turns_a_second * costs.worker_turn + tokens * costs.worker_token,
        "redis": tokens * costs.redis_token,
        "database": users.turns_a_second * costs.database_turn,
    }


def plan(users: Users, costs: Costs, *, busy: float = 0.55) -> Fleet:
    """Return the cores to buy, so that in the busiest hour each kind is `busy` at most."""
    return {kind: ceil(cores / busy) for kind, cores in load(users, costs).items()}


class Station:
    """Cores of one kind: work waits in one line and takes the first that is free."""

    def __init__(self, cores: int) -> None:
        self.cores = cores
        self.free = cores
        self.busy_seconds = 0.0
        self.line: deque[tuple[float, Callable[[], None]]] = deque()


@dataclass(slots=True)
class Played:
    """What a simulation saw: the wait that the fleet adds to each first token, its use, and replies that ended late."""

    first: list[float] = field(default_factory=list)
    busy: dict[str, float] = field(default_factory=dict)
    late: int = 0
    turns: int = 0

    @property
    def p50(self) -> float:
        return percentile(self.first, 50)

    @property
    def p99(self) -> float:
        return percentile(self.first, 99)


class Simulation:
    """Plays turns through the stations. Arrivals are Poisson, lengths of replies log-normal; one seed, one outcome."""

    def __init__(self, users: Users, costs: Costs, fleet: Fleet, seed: int) -> None:
        self.users, self.costs = users, costs
        self.stations = {kind: Station(fleet[kind]) for kind in KINDS}
        self.played = Played()
        self._chance = random.Random(seed)
        self._now = 0.0
        self._order = itertools.count()
        self._events: list[tuple[float, int, Callable[[], None]]] = []

    def run(self, seconds: float, *, lose: str | None = None, part: float = 0.0) -> Played:
        """Play so many seconds; in the middle `part` of the cores of kind `lose` vanish."""
        self._at(0.0, lambda: self._arrive(seconds))
        if lose is not None:
            self._at(seconds / 2, lambda: self._lose(lose, part))
        while self._events and self._events[0][0] <= seconds:
            self._now, _, happens = heapq.heappop(self._events)
            happens()
        self.played.busy = {
            kind: station.busy_seconds / seconds / station.cores for kind, station in self.stations.items()
        }
        return self.played

    def _at(self, moment: float, happens: Callable[[], None]) -> None:
        heapq.heappush(self._events, (moment, next(self._order), happens))

    def _lose(self, kind: str, part: float) -> None:
        gone = min(ceil(self.stations[kind].cores * part), self.stations[kind].cores - 1)
        self.stations[kind].free -= gone
        self.stations[kind].cores -= gone

    def _work(self, kind: str, cost: float, then: Callable[[], None]) -> None:
        station = self.stations[kind]
        if station.free > 0:
            self._begin(station, cost, then)
        else:
            station.line.append((cost, then))

    def _begin(self, station: Station, cost: float, then: Callable[[], None]) -> None:
        station.free -= 1
        station.busy_seconds += cost

        def done() -> None:
            station.free += 1
            while station.line and station.free > 0:
                self._begin(station, *station.line.popleft())
            then()

        self._at(self._now + cost, done)

    def _arrive(self, until: float) -> None:
        following = self._now + self._chance.expovariate(self.users.turns_a_second)
        if following < until:
            self._at(following, lambda: self._arrive(until))
        self._turn()

    def _turn(self) -> None:
        """Say (web, database), claim and ask (database, worker), then slices of text through worker, Redis and web."""
        began, costs = self._now, self.costs
        spread = 0.6  # of the log-normal: most replies are short, some long; its mean is the users' mean
        mean = self.users.tokens_a_reply / exp(spread**2 / 2)
        tokens = mean * exp(self._chance.gauss(0.0, spread))
        slices = max(1, round(tokens / self.users.tokens_a_second / SLICE_SECONDS))
        self.played.turns += 1

        def said() -> None:
            self._work("database", costs.database_turn / 2, claimed)

        def claimed() -> None:
            self._work("worker", costs.worker_turn, asked)

        def asked() -> None:
            self._at(self._now + self.users.thinking, lambda: text(0))

        def text(number: int) -> None:
            due = self._now
            in_slice = self.users.tokens_a_second * SLICE_SECONDS if number else 1.0
            if number < slices:
                self._at(due + SLICE_SECONDS, lambda: text(number + 1))

            def passed() -> None:
                self._work("redis", in_slice * costs.redis_token, published)

            def published() -> None:
                self._work("web", in_slice * costs.frames_a_token * costs.web_frame, lambda: shown(number, due))

            self._work("worker", in_slice * costs.worker_token, passed)

        def shown(number: int, due: float) -> None:
            if number == 0:
                self.played.first.append(self._now - began - self.users.thinking)
            if number == slices:
                self.played.late += self._now - due > 1.0
                self._work("database", costs.database_turn / 2, lambda: None)

        self._work("web", costs.web_turn, said)


def slice_of(users: Users, fleet: Fleet, part: int) -> tuple[Users, Fleet]:
    """Return one `part`-th of the users with as much of the fleet: small enough to be played."""
    return replace(users, daily=users.daily // part), {kind: max(1, round(n / part)) for kind, n in fleet.items()}


def table(users: Users, costs: Costs, part: int, seconds: float, seed: int) -> str:
    """Return the plan and what its simulation says, as Markdown."""
    fleet = plan(users, costs)
    needed = load(users, costs)
    small_users, small = slice_of(users, fleet, part)
    calm = Simulation(small_users, costs, small, seed).run(seconds)
    lost = Simulation(small_users, costs, small, seed).run(seconds, lose="worker", part=0.25)
    more = Simulation(replace(small_users, daily=small_users.daily * 3 // 2), costs, small, seed).run(seconds)
    sockets = users.daily * users.online
    memory = sockets * costs.socket_bytes / 2**30
    text = users.replies_at_once * users.tokens_a_reply * costs.redis_bytes / 2**20
    runs = (("busiest hour", calm), ("a quarter of the workers gone", lost), ("half as many again", more))
    lines = [
        f"{users.turns_a_second:,.0f} turns a second, {users.replies_at_once:,.0f} replies at once,",
        f"{sockets:,.0f} sockets ({memory:.1f} GiB), {text:,.0f} MiB of text in Redis.",
        "",
        "| cores | busy all the time | planned | in use, simulated |",
        "|---|---|---|---|",
        *(f"| {kind} | {needed[kind]:.1f} | {fleet[kind]} | {100 * calm.busy[kind]:.0f} % |" for kind in KINDS),
        "",
        "| simulated | first token waits, p50 | p99 | answers that end > 1 s late |",
        "|---|---|---|---|",
        *(
            f"| {name} | {1_000 * run.p50:.1f} ms | {1_000 * run.p99:.1f} ms | {run.late} of {run.turns:,} |"
            for name, run in runs
        ),
    ]
    return "\n".join(lines)


def money(users: Users, costs: Costs) -> str:
    """Return what the fleet is and what it costs in a month, as Markdown."""
    fleet = plan(users, costs)
    cores = sum(fleet.values())
    sockets = users.daily * users.online * costs.socket_bytes / 2**30
    # A process of web or worker holds 130 MiB; the database is given 4 GiB a core, Redis a little more than the text.
    memory = sockets + (fleet["web"] + fleet["worker"]) * 0.13 + fleet["database"] * 4.0 + 2.0
    text = users.daily * users.turns_a_day * users.characters_a_turn / 1e9
    disk = text * 30 + text * EVENT_DAYS
    compute, storage = cores * HOURS_A_MONTH * CORE_HOUR, disk * DISK_MONTH
    lines = [
        "| | amount | a month |",
        "|---|---|---|",
        f"| cores, in use all day | {cores} | {compute:,.0f} |",
        f"| memory | {memory:.0f} GiB | within the cores' price |",
        f"| disk after a month, {text:.0f} GB of text a day | {disk:,.0f} GB | {storage:,.0f} |",
        f"| together, for each of {users.daily:,} users | | {(compute + storage) / users.daily:.4f} |",
    ]
    return "\n".join(lines)


def written(document: str, tables: Mapping[str, str]) -> str:
    """Return the document with each table between its markers `<!-- name -->` and `<!-- /name -->`."""
    for name, text in tables.items():
        places = re.findall(rf"<!-- {name} -->\n.*?<!-- /{name} -->", document, re.DOTALL)
        if len(places) != 1:
            raise ValueError(f"the document has {len(places)} places for {name}")
        document = document.replace(places[0], f"<!-- {name} -->\n{text}\n<!-- /{name} -->")
    return document


def document(benchmarks: str) -> str:
    """Return docs/scale.md with both tables of the usual million users, by the figures of this page of benchmarks."""
    users, costs = Users(), Costs.measured(benchmarks)
    tables = {"fleet": table(users, costs, PART, SECONDS, SEED), "money": money(users, costs)}
    return written(DOCUMENT.read_text(), tables)


def main() -> None:
    """Print the tables for any number of users."""
    parser = argparse.ArgumentParser(prog="bench.fleet", description=__doc__)
    parser.add_argument("--users", type=int, default=Users().daily, help="a day")
    parser.add_argument("--part", type=int, default=PART, help="play one part of so many")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="simulated")
    parser.add_argument("--seed", type=int, default=SEED)
    chosen = parser.parse_args()
    users, costs = Users(daily=chosen.users), Costs.measured(PAGE.read_text())
    print(table(users, costs, chosen.part, chosen.seconds, chosen.seed), money(users, costs), sep="\n\n")


if __name__ == "__main__":
    main()
