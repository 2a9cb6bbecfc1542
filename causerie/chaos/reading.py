"""Reading an installation's database from outside, past every policy."""

import asyncio
import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import URL, text
from sqlalchemy.ext.asyncio import create_async_engine

from causerie.chaos.evidence import Stored, StoredEvent, StoredMessage

_MESSAGES = """
SELECT message.id, message.session_id, message.parent_id, message.role, message.status, message.content,
       generation.attempt, generation.state
FROM message LEFT JOIN generation
ON generation.user_id = message.user_id AND generation.message_id = message.id
"""
_EVENTS = "SELECT session_id, seq, kind, message_id, body FROM session_event ORDER BY session_id, seq"
_HEADS = "SELECT id, next_seq - 1 FROM chat_session"
_UNFINISHED = "SELECT count(*) FROM generation WHERE state IN ('queued', 'streaming')"


class Reader(Protocol):
    """Runs a statement with every right and returns its rows."""

    async def rows(self, statement: str, **parameters: Any) -> Sequence[Sequence[Any]]: ...


class SqliteReader:
    """Reads the file of an embedded installation."""

    def __init__(self, file: Path) -> None:
        self._file = file

    async def rows(self, statement: str, **parameters: Any) -> Sequence[Sequence[Any]]:
        return await asyncio.to_thread(self._rows, statement, parameters)

    def _rows(self, statement: str, parameters: dict[str, Any]) -> Sequence[Sequence[Any]]:
        with closing(sqlite3.connect(self._file, timeout=10)) as connection:
            return connection.execute(statement, parameters).fetchall()


class PostgresReader:
    """Reads as a superuser, over a connection of its own for each statement: the server may have crashed in between."""

    def __init__(self, login: URL) -> None:
        self._login = login.set(drivername="postgresql+asyncpg")

    async def rows(self, statement: str, **parameters: Any) -> Sequence[Sequence[Any]]:
        engine = create_async_engine(self._login)
        try:
            async with engine.connect() as connection:
                return [tuple(row) for row in await connection.execute(text(statement), parameters)]
        finally:
            await engine.dispose()


async def read_stored(reader: Reader) -> Stored:
    """Return all that is judged of what the database holds."""
    messages = [
        StoredMessage(_id(message), _id(session), parent and _id(parent), *rest)
        for message, session, parent, *rest in await reader.rows(_MESSAGES)
    ]
    events = [
        StoredEvent(_id(session), seq, kind, message and _id(message), json.loads(body))
        for session, seq, kind, message, body in await reader.rows(_EVENTS)
    ]
    heads = {_id(session): head for session, head in await reader.rows(_HEADS)}
    return Stored({message.id: message for message in messages}, events, heads)


async def count_unfinished(reader: Reader) -> int:
    """Return how many replies have not ended."""
    ((count,),) = await reader.rows(_UNFINISHED)
    return int(count)


def _id(value: object) -> str:
    return str(UUID(str(value)))
