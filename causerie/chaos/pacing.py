"""One timer for everything that is sent at a pace: each piece is due at its own moment, whatever came before it."""

import asyncio
import heapq
from itertools import count
from typing import Protocol

TICK_SECONDS = 0.001
"""What is due within one tick is sent by one timer."""


class Paced(Protocol):
    """Something that is sent piece by piece."""

    def send(self) -> float | None:
        """Send what is due; return the moment (of the loop's clock) when more is, or None after the end."""


class Pacer:
    """Sends for each of many whatever is due."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._due: list[tuple[float, int, Paced]] = []
        self._order = count()
        self._timer: asyncio.TimerHandle | None = None
        self._wakes_at = 0.0

    def begin(self, paced: Paced) -> None:
        """Send what is due at once, and the rest in its time."""
        following = paced.send()
        if following is not None:
            self._wait(following, paced)
            if self._timer is None or following < self._wakes_at:
                self._wake_at(following)

    def _wait(self, moment: float, paced: Paced) -> None:
        heapq.heappush(self._due, (moment, next(self._order), paced))

    def _wake_at(self, moment: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._wakes_at = moment
        self._timer = self._loop.call_at(moment, self._send_due)

    def _send_due(self) -> None:
        self._timer = None
        until = self._loop.time() + TICK_SECONDS
        while self._due and self._due[0][0] <= until:
            _, _, paced = heapq.heappop(self._due)
            following = paced.send()
            if following is not None:
                self._wait(following, paced)
        if self._due:
            self._wake_at(self._due[0][0])
