"""An application under a real server, within the test's process, and clients that read only when they are told to."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import uvicorn

from causerie.ops.serving import LARGEST_FRAME_BYTES, listen
from causerie.ops.socket_protocol import SocketProtocol
from causerie.ops.stream_protocol import StreamProtocol

HANDSHAKE = (
    b"GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


class _Server(uvicorn.Server):
    """Tells when it listens, and leaves the test run's signals alone."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[Any] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def listening(
    app: Any, *, ws: type[SocketProtocol] = SocketProtocol, http: type[StreamProtocol] = StreamProtocol
) -> AsyncIterator[tuple[str, int]]:
    """Serve `app` by our protocols until the block ends, and yield the address."""
    bound = listen("127.0.0.1", 0)
    config = uvicorn.Config(
        app,
        http=http,
        ws=ws,
        ws_max_size=LARGEST_FRAME_BYTES,
        ws_ping_interval=None,
        lifespan="off",
        log_config=None,
        timeout_graceful_shutdown=1,
    )
    server = _Server(config)
    address: tuple[str, int] = bound.getsockname()
    running = asyncio.create_task(server.serve(sockets=[bound]))
    await server.ready.wait()
    try:
        yield address
    finally:
        server.should_exit = True
        await running


@asynccontextmanager
async def asking(address: tuple[str, int], request: bytes) -> AsyncIterator[socket.socket]:
    """Connect, with little room for what is not read, and send a request."""
    loop = asyncio.get_running_loop()
    with socket.socket() as client:
        client.setblocking(False)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        await loop.sock_connect(client, address)
        await loop.sock_sendall(client, request)
        yield client
