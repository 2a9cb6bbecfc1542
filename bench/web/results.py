"""Everything that is measured of the web app, in order, and the figures that it makes beside their budgets."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from bench.figures import Figure
from bench.web.build import Weight
from bench.web.scenes import LETTERS, Opened, Stillness, Streamed, Theatre

SLOW = 4.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was measured. `slow`: in a tab of a processor that is `SLOW` times slower."""

    cold_ms: float
    cold_slow_ms: float
    openings: list[Opened]
    most_nodes: int
    most_rows: int
    interactions_ms: list[float]
    interactions_slow_ms: list[float]
    streamed: Streamed
    streamed_slow: Streamed
    markdown_ms: tuple[float, float]
    growth_bytes: int
    still: Stillness


def measure(theatre: Theatre) -> Outcome:
    """Measure all of it, one thing after the other."""
    nodes, rows = theatre.most_while_scrolling()
    return Outcome(
        cold_ms=theatre.cold_paint_ms(1),
        cold_slow_ms=theatre.cold_paint_ms(SLOW),
        openings=theatre.openings(),
        most_nodes=nodes,
        most_rows=rows,
        interactions_ms=theatre.interactions_ms(1),
        interactions_slow_ms=theatre.interactions_ms(SLOW),
        streamed=theatre.streamed(1, theatre.size.long_seconds, theatre.size.letters),
        streamed_slow=theatre.streamed(SLOW, theatre.size.short_seconds, theatre.size.few_letters),
        markdown_ms=theatre.markdown_ms(),
        growth_bytes=theatre.growth_bytes(),
        still=theatre.stillness(),
    )


def slowest(interactions: Sequence[float]) -> float:
    """Return the metric that browsers report: the slowest interaction, one of every fifty left out."""
    return sorted(interactions, reverse=True)[len(interactions) // 50]


def figures_of(outcome: Outcome, weights: Sequence[Weight], build_seconds: float) -> list[Figure]:
    """Return the table."""
    opened, streamed, slow = outcome.openings, outcome.streamed, outcome.streamed_slow
    mean_ms, late_ms = outcome.markdown_ms
    return [
        *(Figure(f"Compressed, {weight.what}", "KiB", weight.kib, weight.most) for weight in weights),
        Figure("Build", "s", build_seconds, 10),
        Figure("Largest paint, cold", "s", outcome.cold_ms / 1_000, 1.2),
        Figure("Largest paint, cold, CPU 4x slower", "s", outcome.cold_slow_ms / 1_000, 2.5),
        Figure("Opening, click to last row, median", "ms", median(one.shown_ms for one in opened), 300),
        Figure("Opening, click to last row, worst", "ms", max(one.shown_ms for one in opened), 300),
        Figure("Nodes, most", "", max(outcome.most_nodes, *(one.nodes for one in opened)), 2_500),
        Figure("Rows mounted, most", "", max(outcome.most_rows, *(one.rows for one in opened)), 40),
        Figure("Interaction to next paint, while a reply comes", "ms", slowest(outcome.interactions_ms), 100),
        Figure(
            "Interaction to next paint, while a reply comes, CPU 4x slower",
            "ms",
            slowest(outcome.interactions_slow_ms),
            200,
        ),
        Figure("Flushes a second", "", streamed.flushes_a_second),
        Figure("Flushes a second, CPU 4x slower", "", slow.flushes_a_second),
        Figure(f"Main thread, a flush at {LETTERS:,} letters", "ms", streamed.cost_ms, 8),
        Figure("Main thread, share of a core while a reply comes", "%", streamed.share * 100, 25),
        Figure("Main thread, share of a core while a reply comes, CPU 4x slower", "%", slow.share * 100, 45),
        Figure("Markdown, a flush on the way to 24,000 letters, mean", "ms", mean_ms, 2),
        Figure("Markdown, a flush on the way to 24,000 letters, last quarter", "ms", late_ms, 2),
        Figure("Tasks of more than 100 ms while a reply comes", "", streamed.long_tasks, 0),
        Figure("Memory after opening", "MB", max(one.heap_bytes for one in opened) / 1e6, 40),
        Figure("Memory, growth over visits to other chats", "MB", outcome.growth_bytes / 1e6, 5),
        Figure("Gap below the end while a reply comes", "px", outcome.still.gap, 1),
        Figure("A row that is read moves, while a reply comes", "px", outcome.still.reading, 1),
        Figure("A row that is read moves, while pages come above", "px", outcome.still.prepending, 1),
    ]
