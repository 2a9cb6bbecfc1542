"""The WebSocket protocol with real sockets: what becomes of clients that send too much or read too little."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

import pytest
import uvicorn
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from causerie.ops import socket_protocol
from causerie.ops.serving import LARGEST_FRAME_BYTES, listen
from causerie.ops.socket_protocol import SocketProtocol

pytestmark = pytest.mark.anyio

STALLED = 4413
PATIENCE_SECONDS = 10


class Server(uvicorn.Server):
    """A server that tells when it listens, and leaves the test run's signals alone."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()

    async def startup(self, sockets: list[Any] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class WatchedProtocol(SocketProtocol):
    """Tells when its connection is gone."""

    gone = asyncio.Event()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.gone.set()


async def flood(scope: Any, receive: Any, send: Any) -> None:
    """Send until the client takes no more, then give it up."""
    del scope
    await receive()
    await send({"type": "websocket.accept"})
    with suppress(TimeoutError):
        while True:
            async with asyncio.timeout(0.2):
                await send({"type": "websocket.send", "text": "x" * 65_536})
    with suppress(TimeoutError):
        async with asyncio.timeout(0.2):
            await send({"type": "websocket.close", "code": STALLED})


async def listen_only(scope: Any, receive: Any, send: Any) -> None:
    """Take frames until the connection ends."""
    del scope
    await receive()
    await send({"type": "websocket.accept"})
    while (await receive())["type"] != "websocket.disconnect":
        pass


@asynccontextmanager
async def connected(app: Any) -> AsyncIterator[ClientConnection]:
    """Serve `app` and connect to it with a client that takes only what is asked of it."""
    bound = listen("127.0.0.1", 0)
    config = uvicorn.Config(
        app, ws=WatchedProtocol, ws_max_size=LARGEST_FRAME_BYTES, ws_ping_interval=None, lifespan="off", log_config=None
    )
    server = Server(config)
    serving = asyncio.create_task(server.serve(sockets=[bound]))
    await server.listening.wait()
    url = f"ws://127.0.0.1:{bound.getsockname()[1]}/ws"
    try:
        async with connect(
            url, max_queue=1, max_size=None, ping_interval=None, close_timeout=0.1, proxy=None
        ) as client:
            yield client
    finally:
        server.should_exit = True
        await serving


async def code_of(client: ClientConnection) -> int | None:
    """Read to the end and return the close code."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        with suppress(ConnectionClosed):
            while True:
                await client.recv()
    return client.close_code


async def test_who_reads_again_after_a_stall_learns_why_it_was_closed() -> None:
    async with connected(flood) as client:
        await asyncio.sleep(0.6)

        assert await code_of(client) == STALLED


async def test_who_never_reads_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket_protocol, "ABORT_SECONDS", 0.1)
    gone = asyncio.Event()
    monkeypatch.setattr(WatchedProtocol, "gone", gone)
    async with connected(flood):
        await asyncio.wait_for(gone.wait(), PATIENCE_SECONDS)


@pytest.mark.req("S69")
async def test_who_sends_too_much_learns_why_it_was_closed() -> None:
    async with connected(listen_only) as client:
        with suppress(ConnectionClosed):
            await client.send("x" * (8 << 20))

        assert await code_of(client) == 1009
