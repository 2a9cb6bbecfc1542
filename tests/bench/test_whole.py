"""A little of every measurement, on real servers."""

from pathlib import Path

import pytest

from bench import search, served
from bench.__main__ import Size, one_process
from bench.processes import mock_provider

DIFFERENCES = {"late", "Memory"}
"""Words of figures that are a difference of two looks, which may be nothing in a small run."""


async def test_a_small_run_fills_the_table_of_one_process(tmp_path: Path) -> None:
    size = Size(turns=40, seconds=2.0, flood_tokens=2_000, repeats=2, idle_sockets=20, crowds=(4, 8))

    async with mock_provider() as mock:
        figures = await one_process(tmp_path, mock, size, direct=0.0)

    names = [figure.name for figure in figures]
    assert len(set(names)) == len(names) == 19
    assert all(figure.value > 0 for figure in figures if not DIFFERENCES.intersection(figure.name.split()))
    assert all(figure.baselines for figure in figures if "size" not in figure.name)


async def test_everything_that_is_looked_for_in_a_small_run_is_found(tmp_path: Path) -> None:
    """In each of the scripts; what is not found ends the measurement."""
    size = search.Size(messages=1_000, questions=40)

    figures = await search.on_sqlite(tmp_path, mock=1, size=size)

    assert [figure.name for figure in figures] == [
        "Searching 1,000 messages for two words, p50",
        "Searching 1,000 messages for two words, p99",
    ]
    assert all(value > 0 for figure in figures for value in (figure.value, *figure.baselines.values()))
    assert figures[0].baselines


@pytest.mark.long
async def test_the_same_is_found_on_postgres(tmp_path: Path) -> None:
    figures = await search.on_postgres(tmp_path, mock=1, size=search.Size(messages=400, questions=20))

    assert all(value > 0 for figure in figures for value in (figure.value, *figure.baselines.values()))


@pytest.mark.long
async def test_a_small_run_fills_the_table_of_many_processes(tmp_path: Path) -> None:
    size = served.Size(
        turns=20,
        clients=20,
        clients_a_session=10,
        streams=4,
        seconds=2.0,
        replies=2,
        reply_rate=250.0,
        takeovers=1,
        warm_up=3.0,
        load=3.0,
    )

    async with mock_provider() as mock:
        outcome = await served.measure(tmp_path, mock, size)
        figures = served.figures_of(outcome, direct=0.0)

    names = [figure.name for figure in figures]
    assert len(set(names)) == len(names) == 26
    assert all(figure.value > 0 for figure in figures if not DIFFERENCES.intersection(figure.name.split()))
    # Said, claimed, ended; and the traces of several prompts are stored at once.
    assert 3 <= outcome.transactions <= 8
    assert outcome.writes > outcome.transactions
