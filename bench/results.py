"""What was measured of each program, and the figures that this makes."""

from collections.abc import Callable
from dataclasses import dataclass, field

from bench.figures import Figure
from bench.measuring import Crowd, percentile

MOST_CHATS = 600
"""Chats that have to be held without an answer that ends more than a second late."""


@dataclass(slots=True)
class Program:
    """What one program was measured at; times in seconds."""

    first: list[float] = field(default_factory=list)
    saturated: float = 0.0
    crowds: dict[int, Crowd] = field(default_factory=dict)
    ready: float = 0.0
    memory: float = 0.0
    socket_memory: float = 0.0
    pages: dict[int, float] = field(default_factory=dict)


@dataclass(slots=True)
class Opened:
    """What Causerie alone does: pages of stored chats (seconds, bytes) and database time of a turn (seconds)."""

    chats: dict[int, tuple[float, int]] = field(default_factory=dict)
    sessions: tuple[float, int] = (0.0, 0)
    database_cpu: float = 0.0
    bare_database_cpu: float = 0.0


def figures_of(causerie: Program, opened: Opened, aiohttp: Program, httpx: Program, direct: float) -> list[Figure]:
    """Return the table, Causerie beside the proxies. `direct`: seconds to the first token without anything between."""

    def figure(
        name: str,
        unit: str,
        measure: Callable[[Program], float | None],
        target: float | None = None,
        *,
        at_least: bool = False,
    ) -> Figure:
        measured = {"aiohttp": measure(aiohttp), "httpx": measure(httpx)}
        baselines = {program: value for program, value in measured.items() if value is not None}
        return Figure(name, unit, measure(causerie) or 0.0, target, at_least=at_least, baselines=baselines)

    def added(percent: int) -> Callable[[Program], float]:
        return lambda program: (percentile(program.first, percent) - direct) * 1_000

    def of_crowd(chats: int, measure: Callable[[Crowd], float]) -> Callable[[Program], float | None]:
        return lambda program: measure(program.crowds[chats]) if chats in program.crowds else None

    small, streaming, *_ = causerie.crowds
    return [
        figure("Added time to first token, p50", "ms", added(50), 3.5),
        figure("Added time to first token, p99", "ms", added(99), 8.0),
        figure("Tokens a second, saturated", "", lambda program: program.saturated, 100_000, at_least=True),
        figure(f"CPU of 1,000 tokens, {small} chats", "s", of_crowd(small, lambda crowd: crowd.cpu_a_thousand), 0.11),
        *(
            figure(
                f"{chats} chats at 20 tokens/s: the last end is late by",
                "s",
                of_crowd(chats, lambda crowd: crowd.latest),
                1.0 if chats <= MOST_CHATS else None,
            )
            for chats in causerie.crowds
        ),
        figure(
            f"Added time to first token while {streaming} chats stream, p99",
            "ms",
            of_crowd(streaming, lambda crowd: (percentile(crowd.probed, 99) - direct) * 1_000),
            50.0,
        ),
        Figure(
            "Database CPU of a turn",
            "ms",
            opened.database_cpu * 1_000,
            1.5,
            baselines={"sqlite3": opened.bare_database_cpu * 1_000},
        ),
        *(
            figure
            for length, (seconds, size) in opened.chats.items()
            for figure in _page(f"Opening a chat of {length:,} messages", seconds, size, httpx, 5.0, 60.0)
        ),
        *_page("First page of 10,000 sessions", *opened.sessions, httpx),
        figure("Start to ready", "s", lambda program: program.ready, 1.5),
        figure("Memory, idle", "MiB", lambda program: program.memory / 2**20, 120.0),
        figure("Memory of an idle socket", "KiB", lambda program: program.socket_memory / 2**10 or None, 40.0),
    ]


def _page(
    name: str, seconds: float, size: int, bare: Program, most_ms: float | None = None, most_kb: float | None = None
) -> list[Figure]:
    from_memory = {"as many bytes from memory": bare.pages[size] * 1_000}
    return [
        Figure(name, "ms", seconds * 1_000, most_ms, baselines=from_memory),
        Figure(f"{name}: its size", "KB", size / 1_000, most_kb),
    ]
