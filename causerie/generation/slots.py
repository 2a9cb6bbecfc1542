"""How many replies this process writes at once, in all and for each model."""

import asyncio
import threading
from collections import Counter, deque
from collections.abc import Callable, Hashable
from enum import Enum, auto
from uuid import UUID

Waiting = tuple[UUID, UUID]
"""The user and the message of a reply that found its model taken."""

MOST_REMEMBERED = 1_000
CLAIMS_AT_ONCE = 4
"""More of them would give one worker what waits for all."""


class Taking(Enum):
    """What came of asking for a slot."""

    TAKEN = auto()
    ALL_TAKEN = auto()
    MODEL_TAKEN = auto()


class Slots:
    """Counts what runs. Slots are taken and given back from any thread, hence the lock; the loop's asks for more work.

    A reply that finds its model taken is remembered, so that the end of another one wakes it; whatever is forgotten
    the sweeper finds.
    """

    def __init__(self, concurrency: int, wake: Callable[[UUID, UUID], None]) -> None:
        self.concurrency = concurrency
        self._wake = wake
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self._free = concurrency
        self._running: Counter[Hashable] = Counter()
        self._waiting: dict[Hashable, deque[Waiting]] = {}
        self._claims = 0
        self._asker: asyncio.Future[None] | None = None

    def take(self, model: Hashable, limit: int | None, asker: Waiting) -> Taking:
        """Take a slot for `model`, of which at most `limit` may run."""
        with self._lock:
            if self._free <= 0:
                return Taking.ALL_TAKEN
            if limit is not None and self._running[model] >= limit:
                self._remember(model, asker)
                return Taking.MODEL_TAKEN
            self._free -= 1
            self._running[model] += 1
            return Taking.TAKEN

    def give_back(self, model: Hashable) -> None:
        """Return a slot of `model`; who waits for the model longest is woken."""
        with self._lock:
            self._free += 1
            self._running[model] -= 1
            if not self._running[model]:
                del self._running[model]
            queue = self._waiting.get(model)
            waiting = queue.popleft() if queue else None
            if not queue:
                self._waiting.pop(model, None)
            asked = self._asker is not None
        if waiting is not None:
            self._loop.call_soon_threadsafe(self._wake, *waiting)
        if asked:
            self._loop.call_soon_threadsafe(self._answer)

    def waiting(self) -> set[Waiting]:
        """Return those remembered whose model is still taken."""
        with self._lock:
            return {asker for model, queue in self._waiting.items() if self._running[model] for asker in queue}

    async def spare(self) -> None:
        """Wait for a free slot beside those that claims under way may take, and count one more such claim.

        Only one task may wait.
        """
        while self._claims >= min(self._free, CLAIMS_AT_ONCE):
            self._asker = self._loop.create_future()
            try:
                if self._claims >= min(self._free, CLAIMS_AT_ONCE):  # none was given back since
                    await self._asker
            finally:
                self._asker = None
        self._claims += 1

    def settle(self) -> None:
        """Say that a claim that `spare` counted is over."""
        self._claims -= 1
        self._answer()

    def _answer(self) -> None:
        if self._asker is not None and not self._asker.done():
            self._asker.set_result(None)

    def _remember(self, model: Hashable, asker: Waiting) -> None:
        queue = self._waiting.setdefault(model, deque(maxlen=MOST_REMEMBERED))
        if asker not in queue:
            queue.append(asker)
