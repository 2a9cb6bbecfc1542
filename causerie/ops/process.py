"""What web nodes and workers do alike as processes: their loop, their memory, and how they end when they are told."""

import asyncio
import gc
import signal
from collections.abc import Awaitable, Callable, Coroutine
from types import TracebackType
from typing import Self

import structlog
import uvloop

log = structlog.get_logger(__name__)

DRAIN_SECONDS = 8.5
SIGNALS = (signal.SIGTERM, signal.SIGINT)
YOUNG_OBJECTS = 20_000
"""Allocations between collections of the youngest generation: with the default a stream spends time on them."""


class Forced(Exception):
    """Nobody wants to wait for the rest; whatever still runs is cancelled."""


def run(main: Coroutine[None, None, None]) -> int:
    """Run the process' main task and return the exit status: 0 after a clean end."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        try:
            runner.run(main)
        except asyncio.CancelledError:
            return 1  # told to end before it had begun
        except Forced:
            pass
    return 0


def settle_memory() -> None:
    """Spare the collector what lives now, since it lives until the end, and let it look at the young more rarely."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS)
    gc.enable()


class Stopping:
    """Takes the signals while its block runs; it is entered by the process' main task.

    Before `ready` a signal cancels that task. Then the first one drains, and Ctrl+C again ends the process at once: who
    presses it wants no drain. A second SIGTERM is the first one again, sent to a whole process group.

    Args:
        drain: lets the process come to rest; after 8.5 s it is waited for no longer.
        end: called when the process shall end, with whether that is at once.
    """

    def __init__(self, drain: Callable[[], Awaitable[None]], end: Callable[[bool], None]) -> None:
        self.forced = False
        self._drain = drain
        self._end = end
        self._opening: asyncio.Task[object] | None = None
        self._draining: asyncio.Task[None] | None = None

    def __enter__(self) -> Self:
        self._opening = asyncio.current_task()
        for number in SIGNALS:
            asyncio.get_running_loop().add_signal_handler(number, self._stop, number)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number in SIGNALS:
            asyncio.get_running_loop().remove_signal_handler(number)

    def ready(self) -> None:
        """Say that there is something to drain."""
        self._opening = None

    def _stop(self, number: signal.Signals) -> None:
        if self._opening is not None:
            self._opening.cancel()
        elif self._draining is None:
            self._draining = asyncio.create_task(self._come_to_rest(), name="drain")
        elif number is signal.SIGINT:
            self.forced = True
            self._end(True)

    async def _come_to_rest(self) -> None:
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                await self._drain()
        except TimeoutError:
            log.warning("drain_timed_out", seconds=DRAIN_SECONDS)
        finally:
            self._end(self.forced)
