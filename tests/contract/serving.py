"""A real `causerie serve` process, started and stopped as its operator would."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

CAUSERIE = Path(sys.executable).parent / "causerie"
START_SECONDS = 60.0  # a busy machine; an idle one needs two
DRAIN_SECONDS = 10.0


@dataclass(frozen=True)
class Server:
    """A running server, its address and everything it printed."""

    process: subprocess.Popen[bytes]
    port: int
    data: Path
    output: Path

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
def serving(data: Path, *options: str, **settings: str) -> Iterator[Server]:
    """Start a server on a free port, wait until it is ready, and end it afterwards."""
    port = free_port()
    data.parent.mkdir(parents=True, exist_ok=True)
    output = data.parent / f"{data.name}-{port}.log"
    with output.open("wb") as log:
        process = subprocess.Popen(
            [CAUSERIE, "serve", "--port", str(port), *options],
            env=environment(data, settings),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    server = Server(process, port, data, output)
    try:
        wait_until_ready(server)
        yield server
    finally:
        stop(process)


def wait_until_ready(server: Server) -> None:
    """Return as soon as `/readyz` answers 200."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert server.process.poll() is None, f"the server ended while starting:\n{server.printed()}"
        try:
            if httpx.get(f"{server.url}/readyz", timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)  # nothing listens yet, and nothing tells when something does
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
