"""Running the node under uvicorn: the socket, the signals, the way to a clean end."""

import asyncio
import gc
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
import uvicorn
from fastapi import FastAPI

from causerie.ops.socket_protocol import SocketProtocol

log = structlog.get_logger(__name__)

DRAIN_SECONDS = 8.5
GRACE_SECONDS = 1
SEND_BUFFER_BYTES = 64 * 1024
"""Of each connection. The system's default hides several megabytes from the server's own flow control."""
WAITING_CONNECTIONS = 2_048
LARGEST_FRAME_BYTES = 256 * 1024
KEEP_ALIVE_SECONDS = 30
YOUNG_OBJECTS = 20_000
"""Allocations between collections of the youngest generation: with the default a stream spends time on them."""


class CannotListen(Exception):
    """The address is taken or not ours; the text is one line."""


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that is bound there.

    Raises:
        CannotListen: the system refuses the address.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)  # accepted sockets inherit it
        bound.bind((host.strip("[]"), port))
    except OSError as error:
        bound.close()
        raise CannotListen(f"CAUSERIE_HOST, CAUSERIE_PORT: cannot listen on {host}:{port}: {error.strerror}") from error
    return bound


def run(app: FastAPI, bound: socket.socket) -> int:
    """Serve until a signal asks for the end, and return the exit status: 0 after a clean end."""
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http="httptools",
        ws=SocketProtocol,
        ws_max_size=LARGEST_FRAME_BYTES,
        ws_per_message_deflate=False,
        ws_ping_interval=None,  # clients ping by frames, which show them what they missed too
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=WAITING_CONNECTIONS,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    server = _Server(config, app)
    server.run(sockets=[bound])
    return 0 if server.started else 1


class _Server(uvicorn.Server):
    """Drains the node before it closes connections, and ends with status 0 after a signal."""

    def __init__(self, config: uvicorn.Config, app: FastAPI) -> None:
        super().__init__(config)
        self._app = app
        self._stopping: asyncio.Task[None] | None = None

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        signals = (signal.SIGTERM, signal.SIGINT)
        for number in signals:
            loop.add_signal_handler(number, self._stop_soon, number)
        try:
            yield
        finally:
            for number in signals:
                loop.remove_signal_handler(number)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            # What lives now lives until the end: no collection needs to look at it again.
            gc.collect()
            gc.freeze()
            gc.set_threshold(YOUNG_OBJECTS)
            gc.enable()
            for bound in sockets or ():
                host, port = bound.getsockname()[:2]
                print(f"Causerie is at http://{f'[{host}]' if ':' in host else host}:{port}", flush=True)  # noqa: T201 (the one line that the operator waits for)

    def _stop_soon(self, number: signal.Signals) -> None:
        if not self.started:
            self.should_exit = self.force_exit = True
        elif self._stopping is None:
            self._stopping = asyncio.create_task(self._stop())
        elif number is signal.SIGINT:
            # Whoever presses Ctrl+C again wants no drain; a second SIGTERM is the same one, sent to a process group.
            self.should_exit = self.force_exit = True

    async def _stop(self) -> None:
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                await self._app.state.drain()
        except TimeoutError:
            log.warning("drain_timed_out", seconds=DRAIN_SECONDS)
        finally:
            self.should_exit = True
