"""A little of every measurement, on a real server."""

import pytest

from bench import served
from bench.__main__ import Size, measure

DIFFERENCES = {"late", "Memory", "transactions", "bytes"}
"""Words of figures that are a difference of two looks, which may be nothing in a small run."""


@pytest.mark.slow
@pytest.mark.alone
async def test_a_small_run_fills_the_whole_table() -> None:
    house = served.Size(
        turns=20, clients=20, clients_a_session=10, streams=4, seconds=1.0, replies=2, reply_rate=250.0, takeovers=1
    )
    size = Size(turns=40, seconds=2.0, flood_tokens=2_000, repeats=2, idle_sockets=20, crowds=(4, 8), house=house)

    figures = await measure(size)

    names = [figure.name for figure in figures]
    assert len(set(names)) == len(names) == 41
    assert all(figure.value > 0 for figure in figures if not DIFFERENCES.intersection(figure.name.split()))
    assert all(figure.baselines for figure in figures if "size" not in figure.name and "Served" not in figure.name)
