"""Virtual time, seeded chance, and processes that can be frozen and killed: what makes a run the same each time."""

import asyncio
import random
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine, Generator, Iterator
from contextlib import contextmanager
from contextvars import Context, ContextVar, copy_context
from datetime import datetime, tzinfo
from typing import Any, TypeVar, TypeVarTuple, Unpack
from unittest import mock

import structlog

from causerie import clock, ids
from causerie.errors import CauserieError
from tests.chats.following.world import VirtualLoop

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

EPOCH_SECONDS = 1_790_000_000.0
"""The wall clock's time at virtual second 0."""
REAPING_SECONDS = 0.05

_current: ContextVar["Process | None"] = ContextVar("process", default=None)


class Trace:
    """What happened, a line each. `fault` is what the code under test logged that nobody foresaw."""

    def __init__(self, *, loudly: bool = False) -> None:
        self.lines: list[str] = []
        self.faults: list[str] = []
        self._loudly = loudly

    def __call__(self, who: str, what: str) -> None:
        self.lines.append(f"{asyncio.get_running_loop().time():9.3f} {who:9} {what}")
        if self._loudly:
            print(self.lines[-1], flush=True)  # noqa: T201 (asked for by --seed)

    def logged(self, logger: object, method: str, entry: structlog.typing.EventDict) -> structlog.typing.EventDict:
        """Take a line of the code's own log. An exception that is no refusal was foreseen by nobody."""
        del logger
        process = _current.get()
        error = entry.pop("exc_info", None) or None
        if error is True:
            error = sys.exc_info()[1]
        if process is None or process.alive:
            name = process.name if process else "-"
            self(name, f"{method}: {entry['event']}{f' ({error!r})' if error else ''}")
            if error is not None and not isinstance(error, CauserieError):
                self.faults.append(f"{name} logged {entry['event']}: {error!r}")
        raise structlog.DropEvent


class Process:
    """Some tasks that live, sleep and die together. What it starts belongs to it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.alive = True
        self.frozen = False
        self.context = copy_context()
        self.context.run(_current.set, self)
        self.tasks: dict[asyncio.Task[Any], None] = {}
        self._held: list[_Step] = []

    def spawn(self, coroutine: Coroutine[Any, Any, T], name: str | None = None) -> "asyncio.Task[T]":
        """Run a coroutine as part of this process."""
        return asyncio.get_running_loop().create_task(coroutine, name=name, context=self.context.copy())

    def later(self, seconds: float, callback: Callable[..., object], *args: Any) -> None:
        """Call back within this process."""
        asyncio.get_running_loop().call_later(seconds, callback, *args, context=self.context)

    def freeze(self) -> None:
        """SIGSTOP: nothing runs, time goes on."""
        self.frozen = True

    def thaw(self) -> None:
        """SIGCONT: what came due meanwhile runs now, all at once."""
        self.frozen = False
        held, self._held = self._held, []
        for step in held:
            step.again()

    async def kill(self) -> None:
        """SIGKILL: from now on nothing that it does has an effect outside (its ports see to that); then tidy up."""
        self.alive = False
        self.thaw()
        while self.tasks:
            for task in list(self.tasks):
                task.cancel()
            await asyncio.sleep(REAPING_SECONDS)

    def hold(self, step: "_Step") -> None:
        """Keep a step until the process runs again."""
        self._held.append(step)


def here() -> Process:
    """Return the process that runs."""
    process = _current.get()
    if process is None:
        raise RuntimeError("no process runs")
    return process


class _Step:
    """A callback of a process."""

    __slots__ = ("_args", "_callback", "_context", "_process", "handle")

    handle: asyncio.Handle

    def __init__(self, process: Process, callback: Callable[..., object], args: tuple[Any, ...], at: Context) -> None:
        self._process, self._callback, self._args, self._context = process, callback, args, at

    def __call__(self) -> None:
        if self.handle.cancelled():
            return
        if self._process.frozen:
            self._process.hold(self)
        else:
            self._callback(*self._args)

    def again(self) -> None:
        asyncio.get_running_loop().call_soon(self, context=self._context)


class _Task(asyncio.Task[T]):
    """A task with a place in sets that is the same in each run."""

    number = 0

    def __hash__(self) -> int:
        return self.number


class SimulationLoop(VirtualLoop):
    """A loop in virtual time whose callbacks belong to processes."""

    def __init__(self) -> None:
        super().__init__()
        self._tasks = 0
        self.set_task_factory(self._make_task)

    def call_soon(
        self, callback: Callable[[Unpack[Ts]], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.Handle:
        process = _current.get() if context is None else context.get(_current)
        if process is None or isinstance(callback, _Step):
            return super().call_soon(callback, *args, context=context)
        context = context or copy_context()
        step = _Step(process, callback, args, context)
        step.handle = super().call_soon(step, context=context)
        return step.handle

    def call_at(
        self, when: float, callback: Callable[[Unpack[Ts]], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.TimerHandle:
        process = _current.get() if context is None else context.get(_current)
        if process is None:
            return super().call_at(when, callback, *args, context=context)
        context = context or copy_context()
        step = _Step(process, callback, args, context)
        step.handle = timer = super().call_at(when, step, context=context)
        return timer

    def _make_task(
        self,
        loop: asyncio.AbstractEventLoop,
        coroutine: Coroutine[Any, Any, T] | Generator[Any, None, T],
        *,
        context: Context | None = None,
    ) -> asyncio.Task[T]:
        task = _Task(coroutine, loop=loop, context=context)
        self._tasks += 1
        task.number = self._tasks
        process = _current.get() if context is None else context.get(_current)
        if process is not None:
            process.tasks[task] = None
            task.add_done_callback(lambda task: process.tasks.pop(task, None))
        return task


class _SeededSecrets:
    """Stands for the module `secrets` where ids are made."""

    def __init__(self, chance: random.Random) -> None:
        self.randbits = chance.getrandbits


@contextmanager
def determined(seed: int, loop: asyncio.AbstractEventLoop, trace: Trace) -> Iterator[None]:
    """Let clocks, ids and chance follow the virtual loop and `seed`, and the code's log go into `trace`."""
    state, log = random.getstate(), structlog.get_config()

    def now() -> float:
        return EPOCH_SECONDS + loop.time()

    def now_ns() -> int:
        return int(now() * 1e9)

    def boot_time(which: int) -> float:
        del which
        return loop.time()

    class VirtualDatetime(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> "VirtualDatetime":
            return cls.fromtimestamp(now(), tz)

    random.seed(seed)
    with (
        mock.patch.object(time, "monotonic", loop.time),
        mock.patch.object(time, "clock_gettime", boot_time),
        mock.patch.object(time, "time", now),
        mock.patch.object(time, "time_ns", now_ns),
        mock.patch.object(clock, "datetime", VirtualDatetime),
        mock.patch.object(ids, "secrets", _SeededSecrets(random.Random(f"ids {seed}"))),
        mock.patch.object(ids, "_last", 0),
    ):
        structlog.configure(processors=[trace.logged], cache_logger_on_first_use=False)
        try:
            yield
        finally:
            structlog.configure(**log)
            random.setstate(state)


def run(seed: int, trace: Trace, main: Callable[[], Awaitable[T]]) -> T:
    """Run `main` in a world of its own."""

    async def awaited() -> T:
        return await main()

    with asyncio.Runner(loop_factory=SimulationLoop) as runner, determined(seed, runner.get_loop(), trace):
        return runner.run(awaited())
