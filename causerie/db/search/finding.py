"""Asks the index. The functions here bind the actor themselves, and so does PostgreSQL's own function once more."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, ColumnClause, Integer, Row, String, TextualSelect, bindparam, column, text
from sqlalchemy.types import TypeEngine

from causerie.db.search.entries import MESSAGE, SESSION, scopes
from causerie.db.search.words import NAME_MARK, Query, Term
from causerie.db.types import Identifier
from causerie.db.work import Work

NEWEST = 2**62
"""Above every number."""
MOST_IN_SESSION = 20_000
MOST_IN_LISTS = 1_000_000


@dataclass(frozen=True, slots=True)
class Window:
    """Entries of one kind: those with `above <= number < below`."""

    kind: str
    below: int = NEWEST
    above: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """An entry that has every term."""

    kind: str
    id: UUID
    session_id: UUID | None
    number: int
    terms: str


# The index comes first, newest entries at its beginning: whatever else is looked up is looked up of few.
_ON_SQLITE = """
FROM search_index CROSS JOIN search_entry AS entry ON entry.user_id = :actor AND entry.number = search_index.rowid
LEFT JOIN chat_session AS chat ON chat.user_id = :actor AND chat.id = entry.session_id
{more}
WHERE search_index MATCH :terms AND search_index.rowid < :below AND search_index.rowid >= :above
AND entry.kind IN (SELECT value FROM json_each(:kinds)) AND chat.deleted_at IS NULL
AND NOT EXISTS (SELECT 1 FROM json_each(:phrases) AS phrase WHERE instr(entry.terms, phrase.value) = 0)
"""
_MESSAGE = "JOIN message ON message.user_id = :actor AND message.id = entry.id"
_ON_POSTGRES = "FROM causerie_search(:terms, :phrases, :kinds, :below, :above, :most) AS found"
# What was found is looked up by its key: a join may begin with all entries of the user.
_TERMS = """
(SELECT entry.terms FROM search_entry AS entry
WHERE entry.user_id = :actor AND entry.kind = found.kind AND entry.id = found.id)
"""
_DEPTH = "(SELECT message.depth FROM message WHERE message.user_id = :actor AND message.id = found.id)"
_COLUMNS = "entry.kind, entry.id, entry.session_id, entry.number, entry.terms"


def _sqlite(statement: str, *columns: ColumnClause[Any]) -> TextualSelect:
    return text(statement).bindparams(bindparam("actor", type_=Identifier())).columns(*columns)


def _postgres(statement: str, *columns: ColumnClause[Any]) -> TextualSelect:
    numbers, words = ARRAY(BigInteger()), ARRAY(String())
    types: dict[str, TypeEngine[Any]] = {
        "terms": String(),
        "phrases": words,
        "kinds": words,
        "below": numbers,
        "above": numbers,
        "most": Integer(),
    }
    if ":actor" in statement:
        types["actor"] = Identifier()
    named = [bindparam(name, type_=kind) for name, kind in types.items()]
    return text(statement).bindparams(*named).columns(*columns)


_FIND = (
    column("kind", String()),
    column("id", Identifier()),
    column("session_id", Identifier()),
    column("number", BigInteger()),
    column("terms", String()),
)
_PLACE = (column("id", Identifier()), column("depth", Integer()))
_SESSION = (column("session_id", Identifier()),)
_SQLITE_FIND = _sqlite(
    f"SELECT {_COLUMNS} {_ON_SQLITE.format(more='')} ORDER BY search_index.rowid DESC LIMIT :most", *_FIND
)
_POSTGRES_FIND = _postgres(
    f"SELECT found.kind, found.id, found.session_id, found.number, {_TERMS} {_ON_POSTGRES}", *_FIND
)
_SQLITE_PLACES = _sqlite(f"SELECT message.id, message.depth {_ON_SQLITE.format(more=_MESSAGE)} LIMIT :most", *_PLACE)
_POSTGRES_PLACES = _postgres(f"SELECT found.id, {_DEPTH} {_ON_POSTGRES}", *_PLACE)
_SQLITE_SESSIONS = _sqlite(
    """
    SELECT entry.session_id
    FROM search_index CROSS JOIN search_entry AS entry ON entry.user_id = :actor AND entry.number = search_index.rowid
    WHERE search_index MATCH :terms AND entry.session_id IS NOT NULL
    AND NOT EXISTS (SELECT 1 FROM json_each(:phrases) AS phrase WHERE instr(entry.terms, phrase.value) = 0)
    """,
    *_SESSION,
)
_POSTGRES_SESSIONS = _postgres(f"SELECT found.session_id {_ON_POSTGRES}", *_SESSION)


def find(work: Work, query: Query, windows: Sequence[Window], most: int) -> list[Found]:
    """Return of each window the newest `most` entries that have every term. Nothing is found by no term.

    What belongs to a session of the trash is not found.
    """
    if not query.terms or not windows:
        return []
    if _is_postgres(work):
        rows = work.connection.execute(_POSTGRES_FIND, _asked_of_postgres(work, query, windows, most)).all()
    else:
        rows = _find_on_sqlite(work, query, windows, most)
    return [Found(*row) for row in rows]


def _find_on_sqlite(work: Work, query: Query, windows: Sequence[Window], most: int) -> Sequence[Row[Any]]:
    """Look for all kinds at once where their bounds are the same, and where that is full, for what is missing of each.

    Numbers are unique, and the newest come first: what is missing of a kind is older than the last row.
    """
    if len({(window.below, window.above) for window in windows}) > 1:
        return [row for window in windows for row in _newest(work, query, [window], most)]
    rows = _newest(work, query, windows, most)
    if len(rows) < most:
        return rows
    older = [replace(window, below=rows[-1].number) for window in windows]
    missing = [most - sum(row.kind == window.kind for row in rows) for window in windows]
    more = (_newest(work, query, [window], count) for window, count in zip(older, missing, strict=True))
    return [*rows, *chain.from_iterable(more)]


def _newest(work: Work, query: Query, windows: Sequence[Window], most: int) -> Sequence[Row[Any]]:
    if most == 0:
        return []
    return work.connection.execute(_SQLITE_FIND, _asked_of_sqlite(work, query, windows, most)).all()


def find_in_session(work: Work, query: Query, session_id: UUID) -> list[tuple[UUID, int]]:
    """Return the messages of a session that have every term, on whichever branch, each with its depth; in no order.

    Of more than `MOST_IN_SESSION` only so many are returned, and nothing tells that there were more.
    """
    if not query.terms:
        return []
    window = Window(MESSAGE)
    if _is_postgres(work):
        asked = _asked_of_postgres(work, query, [window], MOST_IN_SESSION, session_id)
        rows = work.connection.execute(_POSTGRES_PLACES, asked).all()
    else:
        asked = _asked_of_sqlite(work, query, [window], MOST_IN_SESSION, session_id)
        rows = work.connection.execute(_SQLITE_PLACES, asked).all()
    return [(row.id, row.depth) for row in rows]


def sessions_with(work: Work, query: Query) -> TextualSelect:
    """Return what selects the sessions whose title or any of whose messages has every term, to be part of a statement.

    Some may be in the trash. Of no term it is refused by the database.
    """
    if _is_postgres(work):
        asked = _asked_of_postgres(work, query, [Window(SESSION), Window(MESSAGE)], MOST_IN_LISTS)
        del asked["actor"]  # the function knows
        return _POSTGRES_SESSIONS.bindparams(**asked)
    return _SQLITE_SESSIONS.bindparams(
        actor=work.actor.user_id,
        terms=" AND ".join(_match(term) for term in query.terms),
        phrases=json.dumps(_phrases(query)),
    )


def _is_postgres(work: Work) -> bool:
    return work.connection.dialect.name == "postgresql"


def _asked_of_postgres(
    work: Work, query: Query, windows: Sequence[Window], most: int, session_id: UUID | None = None
) -> dict[str, Any]:
    scope = [] if session_id is None else [_lexeme(scopes(MESSAGE, session_id)[-1])]
    return {
        "actor": work.actor.user_id,
        "terms": " & ".join([*scope, *(_tsquery(term) for term in query.terms)]),
        "phrases": [f"%{phrase}%" for phrase in _phrases(query)],
        "kinds": [window.kind for window in windows],
        "below": [window.below for window in windows],
        "above": [window.above for window in windows],
        "most": most,
    }


def _asked_of_sqlite(
    work: Work, query: Query, windows: Sequence[Window], most: int, session_id: UUID | None = None
) -> dict[str, Any]:
    """Return the parameters for windows that differ in their kinds alone."""
    kinds = [window.kind for window in windows]
    narrow: list[str] = []
    if session_id is not None:
        narrow = [_quoted(scopes(MESSAGE, session_id)[1])]
    elif MESSAGE not in kinds:  # walking the list of all messages would be most of the work
        narrow = [f"({' OR '.join(_quoted(scopes(kind, None)[0]) for kind in kinds)})"]
    return {
        "actor": work.actor.user_id,
        "terms": " AND ".join([*narrow, *(_match(term) for term in query.terms)]),
        "phrases": json.dumps(_phrases(query)),
        "kinds": json.dumps(kinds),
        "below": windows[0].below,
        "above": windows[0].above,
        "most": most,
    }


def _match(term: Term) -> str:
    if term.everywhere:
        return f"{_quoted(term.text)} *"
    if term.beginning:
        return f"({_quoted(term.text)} OR {_quoted(NAME_MARK + term.text)})"
    return " AND ".join(map(_quoted, term.tokens))


def _tsquery(term: Term) -> str:
    if term.everywhere:
        return f"{_lexeme(term.text)}:*"
    if term.beginning:
        return f"({_lexeme(term.text)} | {_lexeme(NAME_MARK + term.text)})"
    return " & ".join(map(_lexeme, term.tokens))


def _phrases(query: Query) -> list[str]:
    """Return what has to stand in an entry as it is: neighbours that follow one another."""
    return [f" {' '.join(term.tokens)} " for term in query.terms if len(term.tokens) > 1]


def _quoted(token: str) -> str:
    return f'"{token}"'


def _lexeme(token: str) -> str:
    return f"'{token}'"
