"""Real processes of Causerie, started and stopped as their operator would."""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import httpx

from tests.waiting import until

CAUSERIE = Path(sys.executable).parent / "causerie"
START_SECONDS = 60.0  # a busy machine; an idle one needs two
DRAIN_SECONDS = 10.0
READY = re.compile(r"^Causerie worker (?P<id>[0-9a-f-]{36}) is ready$", re.MULTILINE)


@dataclass(frozen=True)
class Worker:
    """A running worker and everything it printed."""

    process: subprocess.Popen[bytes]
    output: Path

    def printed(self) -> str:
        return self.output.read_text(errors="replace")

    def wait_until_ready(self) -> str:
        """Return the worker's id as soon as it says that it is ready."""

        def look() -> re.Match[str] | None:
            assert self.process.poll() is None, f"the worker ended while starting:\n{self.printed()}"
            return READY.search(self.printed())

        return until(look, START_SECONDS, self.printed)["id"]


@dataclass(frozen=True)
class Server:
    """A running web node, its address and everything it printed; and the workers that belong to it."""

    process: subprocess.Popen[bytes]
    port: int
    data: Path
    output: Path
    workers: tuple[Worker, ...] = ()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def socket_url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/ws"

    def printed(self) -> str:
        return self.output.read_text(errors="replace")

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Let all its processes die at once."""
        for process in (self.process, *(worker.process for worker in self.workers)):
            process.kill()
            process.wait()

    def exit_status(self, within: float = DRAIN_SECONDS) -> int:
        """Wait for the process to end; raise `TimeoutExpired` when it does not in time."""
        return self.process.wait(within)


def free_port() -> int:
    """Return a loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def environment(data: Path, settings: dict[str, str]) -> dict[str, str]:
    """Return this process's environment with nothing of Causerie's in it but `settings`."""
    left_out = ("CAUSERIE_", "PYTHONDONTWRITEBYTECODE")  # without compiled modules every start takes seconds longer
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(left_out)}
    wanted = {"DATA_DIR": str(data)} | settings
    return inherited | {f"CAUSERIE_{name}": value for name, value in wanted.items()}


def run_to_its_end(data: Path, *options: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run `causerie serve` where it is expected to refuse, and return what it printed and its status."""
    return subprocess.run(
        [CAUSERIE, "serve", *options],
        env=environment(data, settings),
        capture_output=True,
        text=True,
        timeout=START_SECONDS,
        check=False,
    )


@contextmanager
def serving(data: Path, *options: str, workers: int = 0, until: str = "readyz", **settings: str) -> Iterator[Server]:
    """Start a web node on a free port, and workers beside it; wait until all are ready, and end them afterwards.

    Args:
        until: the probe that the node has to pass.
    """
    port = free_port()
    data.parent.mkdir(parents=True, exist_ok=True)
    output = data.parent / f"{data.name}-{port}.log"
    with ExitStack() as stack:
        log = stack.enter_context(output.open("wb"))
        process = started(["serve", "--port", str(port), *options], environment(data, settings), log)
        stack.callback(stop, process)
        beside = [stack.enter_context(working(data, **settings)) for _ in range(workers)]
        server = Server(process, port, data, output, tuple(beside))
        wait_until_ready(server, until)
        yield server


@contextmanager
def working(data: Path, *options: str, **settings: str) -> Iterator[Worker]:
    """Start a worker, and end it afterwards. It says itself when it is ready."""
    with tempfile.NamedTemporaryFile(dir=data.parent, prefix="worker-", suffix=".log", delete=False) as log:
        process = started(["worker", *options], environment(data, settings), log)
    try:
        yield Worker(process, Path(log.name))
    finally:
        stop(process)


def started(arguments: list[str], settings: dict[str, str], log: IO[bytes]) -> subprocess.Popen[bytes]:
    """Start a process of Causerie that prints to a file."""
    command = [str(CAUSERIE), *arguments]
    return subprocess.Popen(command, env=settings, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)


def wait_until_ready(server: Server, probe: str = "readyz") -> None:
    """Return as soon as its workers are ready and the node passes its probe."""
    for worker in server.workers:
        worker.wait_until_ready()
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert server.process.poll() is None, f"the server ended while starting:\n{server.printed()}"
        try:
            if httpx.get(f"{server.url}/{probe}", timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            pass  # nothing listens yet, and nothing tells when something does
        time.sleep(0.05)
    raise AssertionError(f"the server is not ready after {START_SECONDS} s:\n{server.printed()}")


def stop(process: subprocess.Popen[Any]) -> None:
    """End the process, by force when asking does not help."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(DRAIN_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
