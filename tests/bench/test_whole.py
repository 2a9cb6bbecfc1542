"""A little of every measurement, on real servers."""

from pathlib import Path

import pytest

from bench import served
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
