"""A chat of thousands of messages, as years of talk leave it, made in a moment."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import insert, update

from causerie.chats.models import ChatSession, Message, Role
from causerie.db.base import table_of
from causerie.db.work import Work
from causerie.ids import new_id
from tests.browser.installation import Installation

_SAID = "And what did the sea say then? I could not sleep for thinking of it."
_PROSE = (
    "“The lamp turns,” *she says*, “and the sea is dark between two turns of it.” The stair is cold, the oil is low, "
    "and somebody has left a glove on the sill.\n\n"
)
_CODE = "The lamp is set so:\n\n```python\nfor turn in range(12):\n    lamp.turn(turn * 30)\n    sea.listen()\n```\n\n"
_TABLE = "| hour | light | sea |\n| --- | --- | --- |\n| ten | steady | calm |\n| eleven | failing | rising |\n\n"
_REPLIES = (_PROSE, _PROSE * 3, _CODE + _PROSE, _TABLE, _PROSE * 8, "“Yes.”", _CODE * 3, _PROSE * 2 + _TABLE)


def text_of(place: int) -> str:
    """Return what the message at a place of its branch says; each begins with that."""
    return f"{place} · " + (_SAID if place % 2 == 0 else _REPLIES[place // 2 % len(_REPLIES)].rstrip())


def lengthen(installation: Installation, session_id: str, total: int = 10_000) -> list[str]:
    """Add messages below a session's greeting until its branch has `total`; return the ids of all, oldest first.

    Written beside the server, which knows nothing of it but the new end of the branch.
    """
    (greeting,) = installation.messages(session_id)
    user, session = UUID(greeting["user_id"]), UUID(session_id)
    begin = datetime(2024, 3, 1, 20, tzinfo=UTC)
    ids = [UUID(greeting["id"]), *(new_id() for _ in range(total - 1))]
    rows = [
        {
            "id": ids[place - 1],
            "user_id": user,
            "session_id": session,
            "parent_id": ids[place - 2],
            "role": Role.USER if place % 2 == 0 else Role.ASSISTANT,
            "character_id": None if place % 2 == 0 else UUID(greeting["character_id"]),
            "content": text_of(place),
            "depth": place - 1,
            "timestamp": begin + timedelta(minutes=7 * place),
        }
        for place in range(2, total + 1)
    ]

    def write(work: Work) -> None:
        connection = work.session.connection()
        connection.execute(insert(table_of(Message)), rows)
        chats = table_of(ChatSession)
        connection.execute(update(chats).where(chats.c.id == session).values(total_messages=total))

    installation.beside(write)
    installation.patch(f"/sessions/{session_id}", {"active_leaf_id": str(ids[-1])})
    return [str(one) for one in ids]
