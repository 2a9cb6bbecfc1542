"""The WebSocket protocol with real sockets: what becomes of clients that send too much or read too little."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from causerie.ops import socket_protocol
from causerie.ops.socket_protocol import SocketProtocol
from tests.listening import HANDSHAKE, asking, listening

pytestmark = pytest.mark.anyio

STALLED = 4413
PATIENCE_SECONDS = 30


class WatchedProtocol(SocketProtocol):
    """Tells when its connection is gone."""

    gone = asyncio.Event()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.gone.set()


class Flood:
    """An application that sends until the client takes no more, then gives it up."""

    def __init__(self) -> None:
        self.given_up = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
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
        self.given_up.set()


async def listen_only(scope: Any, receive: Any, send: Any) -> None:
    """Take frames until the connection ends."""
    del scope
    await receive()
    await send({"type": "websocket.accept"})
    while (await receive())["type"] != "websocket.disconnect":
        pass


@asynccontextmanager
async def connected(app: Any) -> AsyncIterator[socket.socket]:
    """Serve `app`, and connect to it with a client that takes nothing but the handshake by itself."""
    async with listening(app, ws=WatchedProtocol) as address, asking(address, HANDSHAKE) as client:
        assert (await asyncio.get_running_loop().sock_recv(client, 12)) == b"HTTP/1.1 101"
        yield client


async def everything_of(client: socket.socket) -> bytes:
    """Read to the end."""
    loop = asyncio.get_running_loop()
    read: list[bytes] = []
    async with asyncio.timeout(PATIENCE_SECONDS):
        while data := await loop.sock_recv(client, 65_536):
            read.append(data)
    return b"".join(read)


def closes_with(read: bytes, code: int) -> bool:
    """Tell whether the last frame is a close frame (of few bytes) with this code."""
    return b"\x88" in read[-125:] and code.to_bytes(2, "big") in read[-125:]


async def test_who_reads_again_after_a_stall_learns_why_it_was_closed() -> None:
    flood = Flood()
    async with connected(flood) as client:
        await asyncio.wait_for(flood.given_up.wait(), PATIENCE_SECONDS)

        assert closes_with(await everything_of(client), STALLED)


async def test_who_never_reads_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket_protocol, "ABORT_SECONDS", 0.1)
    gone = asyncio.Event()
    monkeypatch.setattr(WatchedProtocol, "gone", gone)
    async with connected(Flood()):
        await asyncio.wait_for(gone.wait(), PATIENCE_SECONDS)


@pytest.mark.req("S69")
async def test_who_sends_too_much_learns_why_it_was_closed() -> None:
    header = b"\x81\xff" + (8 << 20).to_bytes(8, "big") + bytes(4)
    async with connected(listen_only) as client:
        await asyncio.get_running_loop().sock_sendall(client, header + b"x" * (1 << 20))

        assert closes_with(await everything_of(client), 1009)
