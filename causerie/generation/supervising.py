"""Ends a process whose loop is stuck, so that whoever started it starts it again: its replies are taken over then."""

import faulthandler
import os
import threading
from collections.abc import Callable

import structlog

SAMPLE_SECONDS = 1.0
MOST_SAMPLES_WITHOUT_A_TURN = 30
STUCK = 75
"""The exit status, which says that trying again helps (EX_TEMPFAIL)."""

log = structlog.get_logger()


class Supervisor:
    """Looks each second, from a thread of its own, whether `turns` went on, and ends the process when it stood still.

    It counts looks, not time: while the process is frozen nobody looks, so sleep is no reason to end it.
    """

    def __init__(self, turns: Callable[[], int]) -> None:
        self._turns = turns
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="causerie-supervisor", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def close(self) -> None:
        """Look no more."""
        self._over.set()

    def _watch(self) -> None:
        seen, still = self._turns(), 0
        while not self._over.wait(SAMPLE_SECONDS):
            turns = self._turns()
            seen, still = turns, still + 1 if turns == seen else 0
            if still >= MOST_SAMPLES_WITHOUT_A_TURN:
                log.critical("worker_stuck", samples=still)
                faulthandler.dump_traceback()  # where it is stuck, on standard error
                os._exit(STUCK)
