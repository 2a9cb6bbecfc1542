"""How many replies this process writes at once, in all and for each model."""

import threading
from collections import Counter, deque
from collections.abc import Hashable
from uuid import UUID

Waiting = tuple[UUID, UUID]
"""The user and the message of a reply that found no slot."""

MOST_REMEMBERED = 1_000

_ANY_MODEL = object()


class Slots:
    """Counts what runs. Used from the loop and from the database's writer, hence the lock.

    A reply that finds its model taken is remembered, so that the end of another can wake it; whatever is forgotten
    the sweeper finds.
    """

    def __init__(self, concurrency: int) -> None:
        self._lock = threading.Lock()
        self._free = concurrency
        self._running: Counter[Hashable] = Counter()
        self._waiting: dict[Hashable, deque[Waiting]] = {}

    def take(self, model: Hashable, limit: int | None, asker: Waiting) -> bool:
        """Take a slot for `model`, of which at most `limit` may run; False when there is none."""
        with self._lock:
            if self._free <= 0:
                self._remember(_ANY_MODEL, asker)
                return False
            if limit is not None and self._running[model] >= limit:
                self._remember(model, asker)
                return False
            self._free -= 1
            self._running[model] += 1
            return True

    def give_back(self, model: Hashable) -> Waiting | None:
        """Return a slot of `model`; return who waits for it longest."""
        with self._lock:
            self._free += 1
            self._running[model] -= 1
            if not self._running[model]:
                del self._running[model]
            for key in (model, _ANY_MODEL):
                if queue := self._waiting.get(key):
                    return queue.popleft()
            return None

    def _remember(self, key: Hashable, asker: Waiting) -> None:
        queue = self._waiting.setdefault(key, deque(maxlen=MOST_REMEMBERED))
        if asker not in queue:
            queue.append(asker)
