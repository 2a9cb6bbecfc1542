"""Fills a database as years of use would: many sessions, and chats of several lengths."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Table, insert, select

from causerie.accounts.models import User
from causerie.chats.models import ChatSession, Message, Role, Status
from causerie.clock import utc_now
from causerie.db.base import table_of
from causerie.db.sqlite import sqlite_engine
from causerie.ids import new_id

SENTENCE = "The lamp was lit, and the sea went on talking to itself below the rocks all night. "
ROWS_A_STATEMENT = 1_000


def stock(database: Path, lengths: Sequence[int], sessions: int) -> list[UUID]:
    """Store one chat of each of `lengths` messages and `sessions` empty ones; return the former's ids.

    No server may run on the database meanwhile.
    """
    engine = sqlite_engine(database)
    with engine.begin() as connection:
        owner: UUID = connection.execute(select(table_of(User).c.id)).scalar_one()
        now = utc_now()
        chats = [_chat(connection, owner, length, now) for length in lengths]
        empty = (_session(owner, new_id(), now - timedelta(minutes=minute), 0, None) for minute in range(sessions))
        _insert(connection, table_of(ChatSession), empty)
    engine.dispose()
    return chats


def _chat(connection: Connection, owner: UUID, length: int, now: datetime) -> UUID:
    session_id = new_id()
    ids = [new_id() for _ in range(length)]
    _insert(connection, table_of(ChatSession), iter([_session(owner, session_id, now, length, ids[-1])]))
    messages = (
        {
            "user_id": owner,
            "id": ids[place],
            "session_id": session_id,
            "parent_id": ids[place - 1] if place else None,
            "role": Role.ASSISTANT if place % 2 else Role.USER,
            "content": SENTENCE * (3 if place % 2 else 1),
            "status": Status.COMPLETE,
            "depth": place,
            "timestamp": now - timedelta(seconds=length - place),
        }
        for place in range(length)
    )
    _insert(connection, table_of(Message), messages)
    return session_id


def _session(owner: UUID, session_id: UUID, moment: datetime, messages: int, leaf: UUID | None) -> dict[str, Any]:
    return {
        "user_id": owner,
        "id": session_id,
        "title": "A night at the lighthouse",
        "total_messages": messages,
        "active_leaf_id": leaf,
        "created_at": moment,
        "updated_at": moment,
    }


def _insert(connection: Connection, table: Table, rows: Iterator[dict[str, Any]]) -> None:
    while slice_ := [row for _, row in zip(range(ROWS_A_STATEMENT), rows, strict=False)]:
        connection.execute(insert(table), slice_)
