"""Noticing that the process slept: a laptop's lid, a paused machine, SIGSTOP.

Two signs, looked at each second: the clock that counts sleep ran ahead of the one that does not, or the look itself
comes late, because while a process is frozen both go on.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable

import structlog

from causerie.clock import boot_seconds

SAMPLE_SECONDS = 1.0
SLEPT_SECONDS = 3.0
"""Shorter pauses are a busy machine."""

log = structlog.get_logger()


class Waking:
    """Tells its listeners, in the order in which they were given, that the process was away."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[], Awaitable[None]]] = []
        self._seen = (boot_seconds(), time.monotonic())

    def then(self, listener: Callable[[], Awaitable[None]]) -> None:
        """Await `listener` after each sleep."""
        self._listeners.append(listener)

    def look(self) -> float:
        """Return for how many seconds the process was away since the last look; 0 for no sleep."""
        boot, monotonic = boot_seconds(), time.monotonic()
        slept = (boot - self._seen[0]) - (monotonic - self._seen[1])
        late = monotonic - self._seen[1] - SAMPLE_SECONDS
        self._seen = (boot, monotonic)
        return max((away for away in (slept, late) if away > SLEPT_SECONDS), default=0.0)

    async def run(self) -> None:
        """Look each second until cancelled."""
        while True:
            await asyncio.sleep(SAMPLE_SECONDS)
            if seconds := self.look():
                log.warning("process_was_away", seconds=round(seconds, 1))
                for listener in self._listeners:
                    try:
                        await listener()
                    except Exception:  # the others have connections to drop, too
                        log.exception("waking_failed")
