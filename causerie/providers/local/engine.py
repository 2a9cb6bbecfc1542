"""Keeps the local model's process: started when it is needed, started again when it died."""

import asyncio
import json
import os
import secrets
import shutil
import sys
import tempfile
from collections import deque
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, TypeAlias

import structlog

from causerie.providers.local import files
from causerie.providers.protocol import ModelNotInstalled, ProviderFailed

START_SECONDS = 10.0
END_SECONDS = 2.0
LONG_RUN_SECONDS = 60.0  # a process that lived so long did not die of its start
FIRST_PAUSE_SECONDS = 0.25
LONGEST_PAUSE_SECONDS = 8.0
MEMORY_BYTES = 1536 << 20
LONGEST_SOCKET_PATH = 96  # bytes; 103 on macOS, 107 on Linux

_SOCKET = "m.sock"  # the engine knows a Unix socket by this ending
_CHILD = Path(__file__).with_name("child.py")
_ENVIRONMENT = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "HOME", "LANG")  # no keys for the native code

_log = structlog.get_logger(__name__)

State: TypeAlias = Literal["not_installed", "stopped", "starting", "ready"]


@dataclass(frozen=True, slots=True)
class Address:
    """Where the running model listens. Good until its process ends."""

    socket_path: str
    key: str = field(repr=False)


@dataclass(slots=True)
class _Child:
    process: asyncio.subprocess.Process
    address: Address
    started_at: float
    watch: asyncio.Task[None]


class Engine:
    """The process of one local model. It computes nothing until somebody asks for its address."""

    def __init__(self, model: files.ModelFile, data_dir: Path) -> None:
        self._model = model
        self._data_dir = data_dir
        self._child: _Child | None = None
        self._starting: asyncio.Task[_Child] | None = None
        self._folder: Path | None = None
        self._failures = 0

    @property
    def state(self) -> State:
        """What `/api/health` tells."""
        if self._running():
            return "ready"
        if self._starting:
            return "starting"
        installed = find_spec("xllamacpp") and files.seems_installed(self._model, self._data_dir)
        return "stopped" if installed else "not_installed"

    @property
    def pid(self) -> int | None:
        """The process id of the running model."""
        child = self._running()
        return child.process.pid if child else None

    async def address(self) -> Address:
        """Return where the model listens, starting it if it does not run.

        After a death it starts at once the first time, then later and later, up to 8 s.

        Raises:
            ModelNotInstalled: its file or the engine is missing.
            ProviderFailed: it did not start.
        """
        if child := self._running():
            return child.address
        if self._starting is None:
            self._starting = asyncio.create_task(self._start(), name="start the local model")
            self._starting.add_done_callback(self._started)
        # Whoever stops waiting must not leave a process half started.
        return (await asyncio.shield(self._starting)).address

    async def forget(self, address: Address) -> None:
        """End the process that listens at `address`, which does not answer; the next call starts another."""
        if self._child and self._child.address == address:
            await self._end()

    async def close(self) -> None:
        """End the process. Repeats change nothing."""
        if self._starting:
            await asyncio.wait([self._starting])
        if self._child:
            await self._end()
        self._child = None

    async def _end(self) -> None:
        if self._child:
            await _end(self._child.process)
            await self._child.watch

    def _running(self) -> _Child | None:
        return self._child if self._child and self._child.process.returncode is None else None

    def _started(self, task: "asyncio.Task[_Child]") -> None:
        self._starting = None
        error = None if task.cancelled() else task.exception()
        if isinstance(error, ProviderFailed):
            self._failures += 1
        elif error is None and not task.cancelled():
            self._child = task.result()

    async def _start(self) -> _Child:
        if find_spec("xllamacpp") is None:
            raise ModelNotInstalled
        path = await asyncio.to_thread(files.find, self._model, self._data_dir)
        if path is None:
            raise ModelNotInstalled
        await self._pause()
        if self._folder:
            self._folder.mkdir(mode=0o700)  # whoever ended removed it
        else:
            self._folder = await asyncio.to_thread(_socket_folder, self._data_dir)
        return await self._spawn(path, Address(str(self._folder / _SOCKET), secrets.token_hex(32)))

    async def _pause(self) -> None:
        """Wait after deaths: not at all after the first one, then longer and longer."""
        now = asyncio.get_running_loop().time()
        if self._child:
            self._failures = 0 if now - self._child.started_at > LONG_RUN_SECONDS else self._failures + 1
            await self._child.watch
            self._child = None
        if self._failures > 1:
            await asyncio.sleep(min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2**self._failures))

    async def _spawn(self, path: Path, address: Address) -> _Child:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-I",
            str(_CHILD),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
        )
        watch = asyncio.create_task(_watch(process, address), name="watch the local model")
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("a process without the pipes that were asked for")
        settings = {
            "model": str(path),
            "socket": address.socket_path,
            "key": address.key,
            "threads": _threads(),
            "memory_bytes": MEMORY_BYTES,
        }
        try:
            async with asyncio.timeout(START_SECONDS):
                process.stdin.write(json.dumps(settings).encode() + b"\n")
                await process.stdin.drain()
                ready = await process.stdout.readline()
        except (TimeoutError, OSError):
            ready = b""
        if not ready:
            await _end(process)
            await watch
            raise ProviderFailed("The local model did not start. The server's log says more.")
        return _Child(process, address, asyncio.get_running_loop().time(), watch)


async def _watch(process: asyncio.subprocess.Process, address: Address) -> None:
    """Keep the process's last words until it ends, and clear up after it."""
    words: deque[str] = deque(maxlen=3)
    while process.stderr and (line := await process.stderr.readline()):
        words.append(line.decode(errors="replace").strip())
    status = await process.wait()
    shutil.rmtree(Path(address.socket_path).parent, ignore_errors=True)
    if status:
        _log.warning("local_model_died", pid=process.pid, status=status, words=list(words))


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.stdin:
        process.stdin.close()
    try:
        async with asyncio.timeout(END_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


def _socket_folder(data_dir: Path) -> Path:
    """Make a folder that only we can enter, with a name short enough for a socket's path."""
    data_dir.mkdir(parents=True, exist_ok=True)
    here = data_dir.resolve()
    if len(os.fsencode(here)) + len(f"/run-12345678/{_SOCKET}") > LONGEST_SOCKET_PATH:
        return Path(tempfile.mkdtemp(prefix="causerie-"))
    return Path(tempfile.mkdtemp(prefix="run-", dir=here))  # mode 0700


def _threads() -> int:
    """Return how many threads the model computes with: one core is left to everybody else.

    With as many threads as cores each waits for the slowest at every step. On two cores, one of them half busy, two
    threads gave 3 to 40 tokens/s and one gave 90; on two idle cores it was 124 against 92.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(4, cores - 1))
