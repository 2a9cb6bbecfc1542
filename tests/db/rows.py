"""Small units of work over one plain table, and ways to hold the writer still."""

import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from sqlalchemy import func, select

from causerie.db.work import Work
from causerie.prompting.models import PromptSegment

HOLD_SECONDS = 10


def put(work: Work, *keys: str) -> None:
    """Add rows; a key that is there already contradicts what is stored."""
    work.session.add_all([PromptSegment(sha256=key, text="") for key in keys])


def keys(work: Work) -> list[str]:
    return list(work.session.scalars(select(PromptSegment.sha256).order_by(PromptSegment.sha256)))


def count(work: Work) -> int:
    return work.session.scalar(select(func.count()).select_from(PromptSegment)) or 0


def stored_keys(file: Path) -> set[str]:
    """Return what the file holds, seen by a stranger to the process's connections."""
    with closing(sqlite3.connect(file)) as connection:
        return {key for (key,) in connection.execute("SELECT sha256 FROM prompt_segment")}


class Gate:
    """Holds whoever comes to it until it is opened."""

    def __init__(self) -> None:
        self._reached = threading.Event()
        self._opened = threading.Event()

    def __call__(self, work: Work) -> None:
        del work
        self._reached.set()
        if not self._opened.wait(HOLD_SECONDS):
            raise TimeoutError("nobody opened the gate")

    def reached(self) -> None:
        """Wait (on another thread than the loop's) until somebody stands there."""
        if not self._reached.wait(HOLD_SECONDS):
            raise TimeoutError("nobody came to the gate")

    def open(self) -> None:
        self._opened.set()

    def then(self, function: Callable[[Work], None]) -> Callable[[Work], None]:
        """Return a unit that does `function` and then waits here."""

        def unit(work: Work) -> None:
            function(work)
            self(work)

        return unit
