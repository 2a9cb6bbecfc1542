"""Puts new messages into a session's tree."""

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any
from uuid import UUID

from causerie.chats import statements
from causerie.chats.indexing import message_text
from causerie.chats.models import Role, Status
from causerie.chats.schemas import MessageOut
from causerie.clock import utc_now
from causerie.db import search
from causerie.db.work import Work
from causerie.ids import new_id

_UNTOLD: dict[str, Any] = {
    **dict.fromkeys(("intent", "finish_reason", "provider", "model", "usage", "error")),
    "attempt": 0,
    "version": 1,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRow:
    """A message that is not stored yet."""

    session_id: UUID
    role: Role
    content: str = ""
    id: UUID = field(default_factory=new_id)
    parent_id: UUID | None = None
    character_id: UUID | None = None
    status: Status = Status.COMPLETE
    depth: int = 0
    hidden: bool = False
    pinned: bool = False
    timestamp: datetime = field(default_factory=utc_now)


_COLUMNS = tuple(column.name for column in fields(NewRow))


def insert_messages(work: Work, rows: Sequence[NewRow]) -> list[MessageOut]:
    """Store messages, parents first, and return them as clients see them."""
    if not rows:
        return []
    stored = [{name: getattr(row, name) for name in _COLUMNS} for row in rows]
    work.write_many(statements.INSERT_MESSAGES, stored)
    search.put_all(work, [message_text(row.session_id, row.id, row.content) for row in rows if row.content])
    return [MessageOut.model_validate({**row, **_UNTOLD, "user_id": work.actor.user_id}) for row in stored]
