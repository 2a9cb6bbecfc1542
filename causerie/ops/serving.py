"""Running the node under uvicorn: the socket, the start, the way to a clean end."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from fastapi import FastAPI

from causerie.ops import process
from causerie.ops.process import Forced, Stopping, settle_memory
from causerie.ops.socket_protocol import SocketProtocol
from causerie.ops.stream_protocol import StreamProtocol

GRACE_SECONDS = 1
SEND_BUFFER_BYTES = 64 * 1024
"""Of each connection. The system's default hides several megabytes from the server's own flow control."""
WAITING_CONNECTIONS = 2_048
LARGEST_FRAME_BYTES = 256 * 1024
KEEP_ALIVE_SECONDS = 30


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
        raise CannotListen(
            f"CAUSERIE_HOST, CAUSERIE_PORT: cannot listen on {host}:{port}: {error.strerror}. Try --port 9000."
        ) from error
    return bound


def run(app: FastAPI, bound: socket.socket) -> int:
    """Serve until a signal asks for the end, and return the exit status: 0 after a clean end.

    Raises:
        UnsafeRole: the database must not be served from with this login.
    """
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http=StreamProtocol,
        ws=SocketProtocol,
        ws_max_size=LARGEST_FRAME_BYTES,
        ws_per_message_deflate=False,
        ws_ping_interval=None,  # clients ping by frames, which show them what they missed too
        lifespan="off",  # it is entered below: the server's own way would tell a refusal with a traceback
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=WAITING_CONNECTIONS,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    return process.run(_serve(_Server(config), app, bound))


async def _serve(server: "_Server", app: FastAPI, bound: socket.socket) -> None:
    with Stopping(app.state.drain, server.end) as stopping:
        async with app.router.lifespan_context(app):
            stopping.ready()
            app.state.life.add_done_callback(lambda _: server.end(at_once=False))
            await server.serve(sockets=[bound])
            if stopping.forced:
                raise Forced


class _Server(uvicorn.Server):
    """Ends when it is told to, by its owner, who takes the signals."""

    def end(self, at_once: bool) -> None:
        """Close every connection; unless it is `at_once`, what is still answered gets a second."""
        self.should_exit = True
        self.force_exit = self.force_exit or at_once

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            settle_memory()
            for bound in sockets or ():
                host, port = bound.getsockname()[:2]
                print(f"Causerie is at http://{f'[{host}]' if ':' in host else host}:{port}", flush=True)  # noqa: T201 (the one line that the operator waits for)
