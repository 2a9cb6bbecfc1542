"""A little of every measurement, on a real server."""

import pytest

from bench.__main__ import Size, measure


@pytest.mark.slow
@pytest.mark.alone
async def test_a_small_run_fills_the_whole_table() -> None:
    size = Size(turns=40, seconds=2.0, flood_tokens=2_000, repeats=2, idle_sockets=20, crowds=(4, 8))

    figures = await measure(size)

    names = [figure.name for figure in figures]
    assert len(set(names)) == len(names) == 19
    assert all(figure.value > 0 for figure in figures if "late" not in figure.name and "Memory of" not in figure.name)
    assert all(figure.baselines for figure in figures if "size" not in figure.name)
