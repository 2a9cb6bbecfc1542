"""The processes of an installation: started, killed, frozen and started again, each on a port that it keeps."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

LOOK_SECONDS = 0.2
START_SECONDS = 60.0
DRAIN_SECONDS = 12.0
FAILPOINTS = "CAUSERIE_FAILPOINTS"


@dataclass(frozen=True, slots=True)
class Exit:
    """How a process ended that was told to by SIGTERM, `age` seconds after its start; `status` None: by force."""

    process: str
    seconds: float
    status: int | None
    age: float


class Process:
    """One process of Causerie. Whoever ends it says so first; one that ends by itself is started again.

    A process that froze itself at a failpoint is woken after `failpoint_freeze` seconds.
    """

    def __init__(self, name: str, arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self.name = name
        self.exits: list[Exit] = []
        self.mishaps: list[float] = []
        """When it ended or froze by itself, seconds since the epoch."""
        self.failpoint_freeze = 2.0
        self._command = [str(Path(sys.executable).with_name("causerie")), *arguments]
        self._environment = dict(environment)
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._is_wanted = False
        self._is_frozen = False
        self._froze_at: float | None = None

    @property
    def pid(self) -> int | None:
        """The system's number of the running process."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self, failpoints: str = "") -> None:
        """Run it, with these failpoints armed."""
        self._is_wanted = True
        self._started = time.monotonic()
        environment = {**self._environment, **({FAILPOINTS: failpoints} if failpoints else {})}
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
            )

    def kill(self) -> None:
        """End it as a power cut does."""
        self._is_wanted = False
        self._signal(signal.SIGKILL)
        if self._process is not None:
            self._process.wait()

    def freeze(self) -> None:
        """Let it stand still."""
        self._is_frozen = True
        self._signal(signal.SIGSTOP)

    def wake(self) -> None:
        """Let it go on."""
        self._is_frozen = False
        self._signal(signal.SIGCONT)

    async def terminate(self) -> None:
        """Ask it to end, wait for that, and keep how it went; what does not end in time is killed."""
        self._is_wanted = False
        process = self._process
        if process is None or process.poll() is not None:
            return
        started = time.monotonic()
        process.terminate()
        self._signal(signal.SIGCONT)
        status: int | None = None
        try:
            status = await asyncio.to_thread(process.wait, DRAIN_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self.exits.append(Exit(self.name, time.monotonic() - started, status, started - self._started))

    def look(self) -> None:
        """Start it again if it ended by itself; wake it if it froze by itself and long enough."""
        process = self._process
        if process is None or not self._is_wanted:
            return
        if process.poll() is not None:
            self.mishaps.append(time.time())
            self.start()
        elif not self._is_frozen and _is_frozen(process.pid):
            if self._froze_at is None:
                self._froze_at = time.monotonic()
                self.mishaps.append(time.time())
            if time.monotonic() - self._froze_at > self.failpoint_freeze:
                self._froze_at = None
                self._signal(signal.SIGCONT)

    def printed(self) -> str:
        """Return the end of what it printed."""
        return self._log.read_text(errors="replace")[-4_000:] if self._log.exists() else ""

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)


@contextlib.asynccontextmanager
async def watched(processes: Sequence[Process]) -> AsyncIterator[None]:
    """Look after processes that run, and end them all with the block."""

    async def watch() -> None:
        while True:
            for process in processes:
                process.look()
            await asyncio.sleep(LOOK_SECONDS)

    watching = asyncio.create_task(watch())
    try:
        yield
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        await asyncio.gather(*(process.terminate() for process in processes))


def free_port() -> int:
    """Return a port of the loopback that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def own_environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Return this process's environment with nothing of Causerie's in it but `settings`."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("CAUSERIE_")}
    return inherited | {f"CAUSERIE_{name}": value for name, value in settings.items()}


async def answers(port: int, path: str, within: float) -> float | None:
    """Return after how many seconds a node answered `path` with 200; None if it did not in time."""
    started = time.monotonic()
    while (left := within - (time.monotonic() - started)) > 0:
        try:
            async with asyncio.timeout(min(left, 5)):
                if await _status(port, path) == 200:
                    return time.monotonic() - started
        except (OSError, TimeoutError, asyncio.IncompleteReadError, ValueError):
            pass  # not yet
        await asyncio.sleep(0.05)
    return None


async def _status(port: int, path: str) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n".encode())
        line = await reader.readuntil(b"\r\n")
        return int(line.split()[1])
    finally:
        writer.close()


def memory_bytes(pid: int) -> int:
    """Return the resident memory of a process, 0 where the system does not tell."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def open_files(pid: int) -> int:
    """Return how many file descriptors a process has open, 0 where the system does not tell."""
    try:
        return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        return 0


def _is_frozen(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"
    except OSError:
        return False
