"""What is read out of a browser's traces, and a little of every measurement of the web app, in a real one."""

from pathlib import Path
from typing import Any

import pytest

from bench.figures import WEB, Figure, section_of, with_section
from bench.web.__main__ import section, theatre
from bench.web.build import weights
from bench.web.results import figures_of, measure, slowest
from bench.web.scenes import Size, Streamed
from bench.web.tab import Look
from bench.web.trace import Mark, Profile, Trace

TAB, OTHER, FRAME = 7, 8, "F"
STILL = {"Gap", "moves,", "growth", "Tasks"}
"""Words of figures that are nothing when all is well."""


def event(name: str, at: float, *, process: int = TAB, thread: int = 1, **more: Any) -> dict[str, Any]:
    """Return an event at so many milliseconds."""
    return {"name": name, "ts": at * 1_000, "pid": process, "tid": thread, "ph": "X", "cat": "", "args": {}} | more


def timing(kind: str, at: float, interaction: int, duration: float) -> dict[str, Any]:
    data = {"type": kind, "interactionId": interaction, "duration": duration}
    return event("EventTiming", at, ph="b", args={"data": data})


def mark(name: str, at: float, detail: str | None = None) -> dict[str, Any]:
    return event(name, at, ph="I", cat="blink.user_timing", args={"data": {} if detail is None else {"detail": detail}})


def traced(*events: dict[str, Any]) -> Trace:
    """Return a trace with these events and those by which a page is known."""
    paint = {"data": {"frame": FRAME}}
    trace = Trace(FRAME)
    trace.read([event("PrePaint", 1, args=paint), *events])
    return trace


def test_only_the_process_that_drew_the_page_counts() -> None:
    trace = traced(mark("flush", 10, "7"), mark("flush", 20, "9"), mark("flush", 15, "8") | {"pid": OTHER})

    assert trace.marks("flush") == [Mark(10, 7), Mark(20, 9)]


def test_a_page_that_is_not_in_the_trace_is_an_error() -> None:
    with pytest.raises(ValueError, match="not traced"):
        Trace("another").read([event("PrePaint", 1, args={"data": {"frame": FRAME}})])


def test_an_opening_ends_when_its_frame_is_on_the_screen() -> None:
    trace = traced(
        timing("click", 100, 3, 8),
        mark("row", 150),
        event("Commit", 140, args={"frameSeqId": 4}),
        event("Commit", 155, args={"frameSeqId": 5}),
        event("DrawFrame", 158, thread=2, args={"frameSeqId": 4}),
        event("DrawFrame", 170, thread=2, args={"frameSeqId": 5}),
    )

    assert trace.from_click_to("row") == 70


def test_an_interaction_is_as_slow_as_its_slowest_event() -> None:
    trace = traced(
        timing("keydown", 10, 1, 24),
        timing("keyup", 12, 1, 40),
        timing("click", 20, 2, 16),
        timing("input", 20, 0, 900),
    )

    assert trace.interactions_ms() == [40, 16]


def test_one_of_fifty_interactions_may_be_slow() -> None:
    assert slowest([8.0, 300.0, *[16.0] * 47]) == 300
    assert slowest([8.0, 300.0, *[16.0] * 48]) == 16


def test_a_flush_costs_what_the_main_thread_took_until_the_next() -> None:
    looks = (Look(1, 10, 0.1), Look(11, 200, 1.9), Look(13, 250, 2.4), Look(41, 1_010, 10.1))
    streamed = Streamed(looks, [60, 110])

    assert streamed.cost_ms == pytest.approx(10)
    assert streamed.share == pytest.approx(0.25)
    assert streamed.flushes_a_second == 25
    assert streamed.long_tasks == 1


def test_a_profile_tells_a_module_with_all_that_it_calls() -> None:
    profile = Profile()
    profile.read(
        {
            "startTime": 0,
            "nodes": [
                {"id": 1, "callFrame": {"url": ""}, "children": [2]},
                {"id": 2, "callFrame": {"url": "/assets/markdown-1.js"}, "children": [3]},
                {"id": 3, "callFrame": {"url": "/assets/index-1.js"}},
            ],
            "samples": [1, 3, 2, 1],
            "timeDeltas": [1_000, 2_000, 4_000, 8_000],
        }
    )

    assert profile.milliseconds_in("/assets/markdown-", 0, 100) == 4 + 8
    assert profile.milliseconds_in("/assets/markdown-", 0, 5) == 4


def test_the_section_of_the_page_is_replaced_and_nothing_else() -> None:
    page = "# Benchmarks\n\nOf the server.\n"
    first = with_section(page, "## The web app\n\nOld.\n")
    second = with_section(f"{first}\n## More\n\nThat stays.\n", "## The web app\n\nNew.\n")

    assert section_of(first, WEB) == "## The web app\n\nOld.\n"
    assert second == "# Benchmarks\n\nOf the server.\n\n## The web app\n\nNew.\n\n## More\n\nThat stays.\n"
    assert with_section(page, section_of(page, WEB)) == page


def test_a_budget_of_nothing_can_be_missed() -> None:
    assert Figure("Long tasks", "", 1, 0).short_row() == "| Long tasks | 1  | ≤ 0 (missed) |"
    assert Figure("Long tasks", "", 0, 0).short_row() == "| Long tasks | 0  | ≤ 0 |"


@pytest.mark.long
def test_a_small_run_fills_the_table(tmp_path: Path) -> None:
    size = Size(repeats=1, letters=14_000, long_seconds=6.0, short_seconds=3.0, switches=2, messages=300)

    with theatre(tmp_path, size) as stage:
        outcome = measure(stage)
    figures = figures_of(outcome, *weights())

    names = [figure.name for figure in figures]
    assert len(set(names)) == len(names) == 27
    assert all(figure.value > 0 for figure in figures if not STILL.intersection(figure.name.split()))
    assert all(figure.target is not None for figure in figures if "Flushes" not in figure.name)
    written = section(figures, size, "1.2.3", 60, 0.1)
    assert written.startswith(f"{WEB}\n")
    assert "$" not in written
