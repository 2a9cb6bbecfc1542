"""Writes the index, in the transaction that writes what is found by it."""

import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import text as sql

from causerie.db.search import statements
from causerie.db.search.words import kept
from causerie.db.work import Work

MESSAGE, SESSION, CHARACTER = "message", "session", "character"

_LAST = sql('SELECT max((SELECT max(number) FROM search_entry WHERE user_id = "user".id)) FROM "user"')


class Numbers:
    """Numbers for a process's entries: each is greater than all before it, and at least the clock's microseconds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    def next(self) -> int:
        with self._lock:
            self._last = max(self._last + 1, time.time_ns() // 1_000)
            return self._last

    def go_on_from(self, number: int) -> None:
        """Give only greater numbers than this one from now on."""
        with self._lock:
            self._last = max(self._last, number)


numbers = Numbers()


@dataclass(frozen=True, slots=True)
class Text:
    """What a thing is found by. Words of `title` count more than those of `text`, and beginnings of them are enough.

    `session_id`: the session that it is a part of, or is: it is found while that is not in the trash.
    """

    kind: str
    id: UUID
    text: str = ""
    title: str = ""
    session_id: UUID | None = None


def put(work: Work, text: Text) -> None:
    """Let a thing be found by `text`, and by nothing that it was found by before. Without a word it is not found."""
    put_all(work, [text])


def put_all(work: Work, texts: Iterable[Text]) -> None:
    """Do what `put` does, for several things."""
    rows: list[dict[str, Any]] = []
    for text in texts:
        if row := row_of(text):
            rows.append(row)
        else:
            forget(work, text.kind, [text.id])
    if rows:
        work.write_many(statements.PUT, rows)


def forget(work: Work, kind: str, ids: Sequence[UUID]) -> None:
    """Let things not be found any more; what is not known changes nothing."""
    if ids:
        work.write_many(statements.FORGET, [{"kind": kind, "id": identity} for identity in ids])


def row_of(text: Text) -> dict[str, Any] | None:
    """Return the columns of an entry but its owner; None for what has no word."""
    terms = kept(text.title, text.text)
    if terms.isspace():
        return None
    return {
        "kind": text.kind,
        "id": text.id,
        "session_id": text.session_id,
        "number": numbers.next(),
        "terms": f" {' '.join(scopes(text.kind, text.session_id))}{terms}",
    }


def scopes(kind: str, session_id: UUID | None) -> list[str]:
    """Return what stands before the words of an entry, so that a part of the index can be asked: no word looks so."""
    return [f"__{kind}"] if session_id is None else [f"__{kind}", f"__{session_id.hex}"]


def go_on(work: Work) -> None:
    """Let this process's numbers begin above all that a SQLite file has, even when the clock was set back since.

    A row of its full-text index has a number and no owner: two users' entries must never share one.
    """
    numbers.go_on_from(work.connection.execute(_LAST).scalar() or 0)
