"""Finding."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Literal
from uuid import UUID

from causerie.characters.models import Character
from causerie.chats import service as chats
from causerie.chats.models import ChatSession
from causerie.db import search as index
from causerie.db.search import NEWEST, Finder, Found, Query, Window
from causerie.db.work import Work
from causerie.http.paging import Page, not_a_cursor, read_cursor, write_cursor
from causerie.search import repository
from causerie.search.ranking import score
from causerie.search.repository import Said
from causerie.search.schemas import Hit, Kind, SearchQuery
from causerie.search.snippets import Mark, snippet

CANDIDATES = 200
"""Of each kind so many of the newest hits are ranked, then the next so many: how much is found decides no cost."""
KINDS: dict[Kind, str] = {
    "messages": index.MESSAGE,
    "sessions": index.SESSION,
    "characters": index.CHARACTER,
}


@dataclass(frozen=True, slots=True)
class _Ranked:
    """A hit before it is told. The best one comes first, of equal ones the newest."""

    found: Found
    score: float

    @property
    def place(self) -> tuple[float, int]:
        return (-self.score, -self.found.number)


def find(work: Work, query: SearchQuery) -> Page[Hit]:
    """Return a page of what has all the words, the best first; in one chat the first one first.

    Later pages are of the same hits: what was put in since the first page is not among them.

    Raises:
        SessionNotFound: the actor has no such session.
        Invalid: the cursor is not one of ours.
    """
    asked = index.parse(query.q)
    if query.session_id is not None:
        return _find_in_session(work, asked, query, query.session_id)
    if query.cursor is None:
        after, windows = None, [Window(kind) for name, kind in KINDS.items() if not query.kind or name in query.kind]
    else:
        after, windows = _read_cursor(query.cursor)
    found = index.find(work, asked, windows, CANDIDATES)
    windows, older = _bounded(windows, found)
    ranked = sorted((_Ranked(one, score(one.terms, asked)) for one in found), key=lambda one: one.place)
    behind = [one for one in ranked if after is None or one.place > after]
    page = behind[: query.limit]
    cursor = None
    if len(behind) > len(page):
        cursor = _write_cursor(page[-1], windows)
    elif older:
        cursor = _write_cursor(None, older)
    return Page(_tell(work, asked, page), cursor)


def _find_in_session(work: Work, asked: Query, query: SearchQuery, session_id: UUID) -> Page[Hit]:
    chat = repository.get_chat(work, session_id)
    after = _read_position(query.cursor) if query.cursor is not None else 0
    if query.kind and "messages" not in query.kind:
        return Page([], None)
    found = index.find_in_session(work, asked, session_id)
    if chat.straight or not found:
        places = {message_id: depth + 1 for message_id, depth in found}
    else:
        branch = chats.branch_places(work, chat.active_leaf_id)
        places = {message_id: branch[message_id] for message_id, _ in found if message_id in branch}
    behind = sorted((place, message_id) for message_id, place in places.items() if place > after)
    page = behind[: query.limit]
    said = repository.list_said(work, [message_id for _, message_id in page])
    words = Finder(asked)
    items = [_message(said[message_id], words, place, 1.0) for place, message_id in page if message_id in said]
    return Page(items, write_cursor(str(page[-1][0])) if len(behind) > len(page) else None)


def _bounded(windows: Sequence[Window], found: Sequence[Found]) -> tuple[list[Window], list[Window]]:
    """Return the windows as they were looked into, with both their ends, and the older ones that follow."""
    bounded: list[Window] = []
    older: list[Window] = []
    for window in windows:
        numbers = [one.number for one in found if one.kind == window.kind]
        below = max(numbers, default=0) + 1 if window.below == NEWEST else window.below
        above = window.above
        if len(numbers) == CANDIDATES and not above:
            above = min(numbers)
        bounded.append(Window(window.kind, below, above))
        if above:
            older.append(Window(window.kind, above))
    return bounded, older


def _tell(work: Work, asked: Query, page: Sequence[_Ranked]) -> list[Hit]:
    if not page:
        return []
    ids = {kind: [one.found.id for one in page if one.found.kind == kind] for kind in KINDS.values()}
    said = repository.list_said(work, of) if (of := ids[index.MESSAGE]) else {}
    sessions = repository.list_sessions(work, of) if (of := ids[index.SESSION]) else {}
    characters = repository.list_characters(work, of) if (of := ids[index.CHARACTER]) else {}
    words = Finder(asked)
    branches: dict[UUID, dict[UUID, int]] = {}
    hits: list[Hit] = []
    for one in page:
        if message := said.get(one.found.id):
            hits.append(_message(message, words, _place(work, message, branches), one.score))
        elif chat := sessions.get(one.found.id):
            hits.append(_session(chat, words, one.score))
        elif character := characters.get(one.found.id):
            hits.append(_character(character, words, one.score))
    return hits


def _place(work: Work, message: Said, branches: dict[UUID, dict[UUID, int]]) -> int | None:
    """Return a message's place in its session's active branch; None when it is on another."""
    if message.straight:
        return message.depth + 1
    if message.session_id not in branches:
        branches[message.session_id] = chats.branch_places(work, message.active_leaf_id)
    return branches[message.session_id].get(message.id)


def _shows(character: Character, words: Finder) -> str:
    """Return the text of a character that has a word."""
    texts = (character.name, ", ".join(character.tags), character.description, character.personality)
    more = (character.scenario, character.creator_notes, character.first_mes, character.label)
    return next((text for text in (*texts, *more) if snippet(text, words)[1]), character.name)


def _message(message: Said, words: Finder, place: int | None, points: float) -> Hit:
    return _hit(
        "message",
        message.id,
        snippet(message.content, words),
        points,
        title=message.title,
        session_id=message.session_id,
        character_id=message.character_id,
        position=place,
        on_branch=place is not None,
        timestamp=message.timestamp,
    )


def _session(chat: ChatSession, words: Finder, points: float) -> Hit:
    return _hit(
        "session",
        chat.id,
        snippet(chat.title, words),
        points,
        title=chat.title,
        session_id=chat.id,
        character_id=chat.character_id,
        timestamp=chat.updated_at,
    )


def _character(character: Character, words: Finder, points: float) -> Hit:
    return _hit(
        "character",
        character.id,
        snippet(_shows(character, words), words),
        points,
        title=character.name,
        character_id=character.id,
        timestamp=character.updated_at,
    )


def _hit(
    kind: Literal["message", "session", "character"],
    row_id: UUID,
    shown: tuple[str, list[Mark]],
    points: float,
    *,
    title: str,
    character_id: UUID | None,
    timestamp: datetime,
    session_id: UUID | None = None,
    position: int | None = None,
    on_branch: bool | None = None,
) -> Hit:
    text, marks = shown
    return Hit(
        kind=kind,
        id=row_id,
        session_id=session_id,
        character_id=character_id,
        title=title,
        snippet=text,
        marks=marks,
        position=position,
        on_branch=on_branch,
        timestamp=timestamp,
        score=points,
    )


def _write_cursor(last: _Ranked | None, windows: Sequence[Window]) -> str:
    """Return where a list goes on: behind `last` in these windows, or at their beginning."""
    place = ("", "") if last is None else (repr(last.score), str(last.found.number))
    bounds = [f"{window.kind}:{window.below}:{window.above}" for window in windows]
    return write_cursor(*place, " ".join(bounds))


def _read_cursor(cursor: str) -> tuple[tuple[float, int] | None, list[Window]]:
    points, number, bounds = read_cursor(cursor, keys=3)
    try:
        after = (-float(points), -int(number)) if points else None
        windows = [
            Window(kind, int(below), int(above))
            for kind, below, above in islice((bound.split(":") for bound in bounds.split()), len(KINDS))
        ]
    except ValueError as error:
        raise not_a_cursor() from error
    finite = after is None or math.isfinite(after[0])
    known = all(window.kind in KINDS.values() and 0 <= window.above <= window.below <= NEWEST for window in windows)
    if not (windows and finite and known):
        raise not_a_cursor()
    return after, windows


def _read_position(cursor: str) -> int:
    (position,) = read_cursor(cursor, keys=1)
    if not position.isdecimal() or len(position) > 9:
        raise not_a_cursor()
    return int(position)
