"""A session as clients see it: its row, how its active branch ends, and whether a reply is on its way."""

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from causerie.chats import statements
from causerie.chats.errors import SessionNotFound
from causerie.chats.schemas import LONGEST_LINE, SessionOut
from causerie.db.work import Work

_MARKS = re.compile(r"[*`~]+|^\s*(?:#{1,6}\s|>+)", re.MULTILINE)
"""Signs of Markdown that mean nothing where only words are shown."""


def line_of(text: str) -> str:
    """Return the first words of a message on one line, at most 120 code points of them, without marks."""
    return " ".join(_MARKS.sub("", text[: statements.WORDS_READ]).split())[:LONGEST_LINE].rstrip()


def shown(row: Mapping[Any, Any], *, last_words: str | None, answering: bool) -> SessionOut:
    """Return the session of `row`.

    Args:
        last_words: the text that its active branch ends with.
        answering: whether a reply in it has not ended.
    """
    told = {
        "last_line": line_of(last_words or ""),
        "answering": answering,
        "unread": row["last_reply_seq"] > row["last_read_seq"],
    }
    return SessionOut.model_validate({**row, **told})


def show(work: Work, session_id: UUID) -> SessionOut:
    """Return a session as it is now in the database, in the trash or not.

    Raises:
        SessionNotFound: the actor has no such session.
    """
    work.flush()
    row = work.execute(statements.SHOWN_SESSION, session_id=session_id).mappings().one_or_none()
    if row is None:
        raise SessionNotFound
    return shown(row, last_words=row["last_words"], answering=row["answering"])
