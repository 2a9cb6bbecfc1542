"""Processes that are measured, each pinned to the core where it belongs."""

import asyncio
import contextlib
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

import psutil

SERVER_CORE, LOAD_CORE = 0, 1
START_SECONDS = 30.0
STOP_SECONDS = 12.0


class Measured:
    """A process that answers: its processor time and its resident memory."""

    def __init__(self, process: asyncio.subprocess.Process, port: int, started: float) -> None:
        self.port = port
        self.pid = process.pid
        self.ready_seconds = time.perf_counter() - started
        self._system = psutil.Process(process.pid)

    def cpu_seconds(self) -> float:
        times = self._system.cpu_times()
        return times.user + times.system

    def memory_bytes(self) -> int:
        resident: int = self._system.memory_info().rss
        return resident


def free_port() -> int:
    """Return a port of this machine that nobody uses."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextlib.asynccontextmanager
async def running(
    command: Sequence[str], port: int, *, core: int = SERVER_CORE, environment: Mapping[str, str] | None = None
) -> AsyncIterator[Measured]:
    """Run a Python program on one core until the block ends; it is entered once the port answers HTTP."""
    started = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        *pinned(core, [sys.executable, *command]),
        env={**os.environ, **(environment or {})},
        cwd=Path(__file__).parent.parent,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        await _answers(process, port)
        yield Measured(process, port, started)
    finally:
        await _stop(process)


@contextlib.asynccontextmanager
async def mock_provider() -> AsyncIterator[int]:
    """Run the mock beside the load; return its port."""
    process = await asyncio.create_subprocess_exec(
        *pinned(LOAD_CORE, [sys.executable, "-m", "bench.mock"]),
        cwd=Path(__file__).parent.parent,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        line = await asyncio.wait_for(process.stdout.readline(), START_SECONDS)
        yield int(line)
    finally:
        process.stdin.close()
        await asyncio.wait_for(process.wait(), STOP_SECONDS)


def pin_load() -> None:
    """Keep this process, which makes the load, off the core of what it measures."""
    os.sched_setaffinity(0, {_existing(LOAD_CORE)})


def pinned(core: int, command: Sequence[str]) -> list[str]:
    """Return the command that runs `command` on one core."""
    return ["taskset", "--cpu-list", str(_existing(core)), *command]


def _existing(core: int) -> int:
    return core if core < (os.cpu_count() or 1) else 0


async def _answers(process: asyncio.subprocess.Process, port: int) -> None:
    deadline = time.perf_counter() + START_SECONDS
    while time.perf_counter() < deadline:
        if process.returncode is not None:
            raise RuntimeError(f"the process ended with status {process.returncode}")
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n" % port)
            line = await asyncio.wait_for(reader.readline(), 5)
            writer.close()
            if line.startswith(b"HTTP/1.1") and b" 503 " not in line:
                return
        await asyncio.sleep(0.005)
    raise TimeoutError("the process did not answer in time")


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        await asyncio.wait_for(process.wait(), STOP_SECONDS)
    except TimeoutError:
        process.kill()
        await process.wait()
