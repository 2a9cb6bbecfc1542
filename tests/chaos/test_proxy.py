"""What a proxy does to connections, seen from both ends."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from causerie.chaos.processes import free_port
from causerie.chaos.proxy import Proxy

pytestmark = pytest.mark.anyio

Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Echo(asyncio.Protocol):
    """Answers every byte with itself."""

    def __init__(self) -> None:
        self.lost = asyncio.Event()

    def connection_lost(self, _: Exception | None) -> None:
        self.lost.set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.transport.write(data)


class Watched(Proxy):
    """Tells when it has heard that an end is closed."""

    def __init__(self, *targets: int) -> None:
        super().__init__(*targets)
        self.dropped = asyncio.Event()

    def drop(self, side: Any) -> None:
        super().drop(side)
        self.dropped.set()


@asynccontextmanager
async def echo(made: list[Echo] | None = None) -> AsyncIterator[int]:
    """Serve echoes; give the port. `made` receives the connections at this end."""
    made = [] if made is None else made

    def make() -> Echo:
        made.append(Echo())
        return made[-1]

    server = await asyncio.get_running_loop().create_server(make, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
        for connection in made:
            connection.transport.abort()


async def exchange(ends: Ends, data: bytes) -> bytes:
    reader, writer = ends
    writer.write(data)
    async with asyncio.timeout(2):
        return await reader.readexactly(len(data))


async def test_bytes_pass_both_ways() -> None:
    async with echo() as port, Proxy(port) as proxy:
        ends = await asyncio.open_connection("127.0.0.1", proxy.port)

        assert await exchange(ends, b"hello") == b"hello"
        assert proxy.connections == 1

        ends[1].close()


async def test_a_reset_cuts_both_ends_and_new_connections_pass() -> None:
    async with echo() as port, Proxy(port) as proxy:
        ends = await asyncio.open_connection("127.0.0.1", proxy.port)
        await exchange(ends, b"hello")

        assert proxy.reset() == 1

        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await exchange(ends, b"again")
        fresh = await asyncio.open_connection("127.0.0.1", proxy.port)
        assert await exchange(fresh, b"fresh") == b"fresh"
        fresh[1].close()


async def test_a_black_hole_swallows_and_what_it_had_stays_dead() -> None:
    async with echo() as port, Proxy(port) as proxy:
        old = await asyncio.open_connection("127.0.0.1", proxy.port)
        await exchange(old, b"hello")

        proxy.black_hole()
        during = await asyncio.open_connection("127.0.0.1", proxy.port)
        proxy.heal()

        for ends in (old, during):
            ends[1].write(b"lost")
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await ends[0].read(1)
        after = await asyncio.open_connection("127.0.0.1", proxy.port)
        assert await exchange(after, b"after") == b"after"
        for ends in (old, during, after):
            ends[1].close()


async def test_the_far_end_of_a_dead_connection_stays_until_it_is_buried() -> None:
    made: list[Echo] = []
    async with echo(made) as port, Watched(port) as proxy:
        near = await asyncio.open_connection("127.0.0.1", proxy.port)
        await exchange(near, b"hello")
        proxy.black_hole()
        proxy.heal()

        proxy.bury()  # the near end has not given it up
        near[1].close()
        async with asyncio.timeout(2):
            await proxy.dropped.wait()
        assert proxy.connections == 0
        assert not made[0].lost.is_set()

        proxy.bury()

        async with asyncio.timeout(2):
            await made[0].lost.wait()


async def test_a_delay_delays_and_keeps_the_order() -> None:
    async with echo() as port, Proxy(port) as proxy:
        proxy.delay_seconds = 0.1
        ends = await asyncio.open_connection("127.0.0.1", proxy.port)
        started = time.monotonic()

        for part in (b"one ", b"two ", b"three"):
            ends[1].write(part)
            await ends[1].drain()
            await asyncio.sleep(0.01)

        assert await ends[0].readexactly(13) == b"one two three"
        assert time.monotonic() - started >= 0.2
        ends[1].close()


async def test_the_next_target_is_taken_where_one_is_gone() -> None:
    async with echo() as port, Proxy(free_port(), port) as proxy:
        ends = await asyncio.open_connection("127.0.0.1", proxy.port)

        assert await exchange(ends, b"hello") == b"hello"

        ends[1].close()


async def test_a_connection_that_no_target_takes_is_cut() -> None:
    async with Proxy(free_port()) as proxy:
        reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)

        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await reader.readexactly(1)

        writer.close()


async def test_what_was_delayed_for_an_end_that_is_gone_is_dropped() -> None:
    made: list[Echo] = []
    async with echo(made) as port, Proxy(port) as proxy:
        near = await asyncio.open_connection("127.0.0.1", proxy.port)
        await exchange(near, b"hello")
        proxy.delay_seconds = 0.05
        near[1].write(b"asked")
        await near[1].drain()
        near[1].close()
        async with asyncio.timeout(2):
            await made[0].lost.wait()  # its answer came back to nobody

        fresh = await asyncio.open_connection("127.0.0.1", proxy.port)
        assert await exchange(fresh, b"fresh") == b"fresh"
        fresh[1].close()
