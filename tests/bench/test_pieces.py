"""The benchmark's pieces work. What they measure on a busy machine says nothing, so no time is judged here."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bench.bare_sqlite import cpu_of_a_turn
from bench.clients import EventStream, Pages, Turn
from bench.figures import Figure, page
from bench.measuring import crowd, first_tokens, percentile, saturated, streams_to
from bench.processes import Measured, free_port, mock_provider, running


@pytest.fixture
async def mock() -> AsyncIterator[int]:
    async with mock_provider() as port:
        yield port


@pytest.fixture(params=["aiohttp", "httpx"])
async def proxy(mock: int, request: pytest.FixtureRequest) -> AsyncIterator[Measured]:
    port = free_port()
    async with running(["-m", "bench.proxies", request.param, str(mock), str(port)], port) as server:
        yield server


async def test_the_mock_sends_what_its_order_says(mock: int) -> None:
    connection = await EventStream.open(mock)

    paced = await connection.ask("paced:50:10")
    flood = await connection.ask("flood:1000")
    connection.close()

    assert (paced.tokens, flood.tokens) == (10, 1_000)
    assert paced.ended - paced.first >= 9 / 50 - 0.005
    assert paced.asked <= paced.first <= paced.ended


async def test_the_proxies_pass_on_every_token(proxy: Measured) -> None:
    opener = streams_to(proxy.port)

    firsts = await first_tokens(opener, 20, turns_a_chat=10)
    rate = await saturated(opener, chats=2, tokens=2_000)
    result = await crowd(opener, proxy, chats=5, seconds=2, probe=True)

    assert len(firsts) == 18
    assert rate > 0
    assert result.cpu_a_thousand > 0
    assert result.probed
    assert result.latest > -0.1


async def test_pages_of_any_length_come_from_memory(proxy: Measured) -> None:
    connection = await Pages.open(proxy.port)
    _, body = await connection.get("/bytes/70000")
    connection.close()

    assert len(body) == 70_000


async def test_a_cut_stream_is_an_error_not_a_figure(mock: int) -> None:
    connection = await EventStream.open(mock)
    asking = asyncio.create_task(connection.ask("paced:1:100"))
    await asyncio.sleep(0)

    connection.close()

    with pytest.raises(ConnectionResetError):
        await asking


def test_a_bare_turn_costs_something(tmp_path: Path) -> None:
    assert cpu_of_a_turn(tmp_path, turns=20) > 0


def test_lateness_is_what_the_providers_pace_does_not_explain() -> None:
    turn = Turn(asked=10.0, first=10.5, ended=15.5, tokens=101)

    assert turn.lateness(rate=20) == pytest.approx(0.5)


def test_percentiles_are_those_of_what_was_measured() -> None:
    assert percentile([3.0, 1.0, 2.0], 50) == 2.0
    assert percentile([float(value) for value in range(101)], 99) == 99.0


def test_a_row_shows_target_baselines_and_the_ratio_to_the_first() -> None:
    reached = Figure("Ready", "s", 0.5, 1.5, baselines={"aiohttp": 0.25, "httpx": 0.4})
    missed = Figure("Tokens", "", 50_000, 100_000, at_least=True)

    assert reached.row() == "| Ready | 0.5 s | ≤ 1.5 | aiohttp 0.25 · httpx 0.4 | 2.00 |"
    assert missed.row() == "| Tokens | 50,000  | ≥ 100,000 (missed: 0.50 ×) |  |  |"
    assert not reached.missed
    assert missed.missed
    assert reached.row() in page([reached], 1.0, 0.5)
