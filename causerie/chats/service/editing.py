"""Changing and deleting messages. A former text is kept; a deletion can be undone as one."""

from collections.abc import Sequence
from uuid import UUID

from causerie.chats import repository
from causerie.chats.errors import ReplyRunning
from causerie.chats.indexing import message_text
from causerie.chats.models import ChatSession, Message, MessageRevision
from causerie.chats.recording import hint, message_entry, record
from causerie.chats.schemas import MessageOut, MessagePatch
from causerie.chats.service import reading, sessions, stopping, tree
from causerie.chats.showing import show
from causerie.clock import utc_now
from causerie.db import search
from causerie.db.work import Work
from causerie.http.answers import Expected
from causerie.ids import new_id


def edit(work: Work, message_id: UUID, patch: MessagePatch, expected: Expected) -> MessageOut:
    """Set what `patch` says. The text that was there becomes a revision.

    Raises:
        MessageNotFound: the actor has no such message.
        ReplyRunning: the reply has not ended.
        Stale: the message is not in the expected version.
    """
    message = repository.get_message(work, message_id, lock=True)
    expected.check(message)
    if not message.status.final:
        raise ReplyRunning
    wanted = {name: getattr(patch, name) for name in patch.model_fields_set}
    different = {name: value for name, value in wanted.items() if getattr(message, name) != value}
    if not different:
        return reading.get_message(work, message_id)
    if "content" in different:
        work.session.add(MessageRevision(message_id=message.id, version=message.version, content=message.content))
    for name, value in different.items():
        setattr(message, name, value)
    message.version += 1
    work.session.flush()
    if "content" in different:
        search.put(work, message_text(message.session_id, message_id, message.content))
    changed = reading.get_message(work, message_id)
    record(work, message.session_id, message_entry("message:updated", changed))
    hint(work, "session:updated", show(work, message.session_id))
    return changed


def delete(work: Work, message_id: UUID, expected: Expected, *, subtree: bool = False) -> int:
    """Take a message out of its branch, and with `subtree` everything below it; return how many rows that were.

    What runs among them is stopped first. `restore` brings back all that one call took.

    Raises:
        MessageNotFound: the actor has no such message.
        Stale: the message is not in the expected version.
    """
    message = repository.get_message(work, message_id, lock=True)
    expected.check(message)
    chat = repository.get_session(work, message.session_id, lock=True)
    taken = [message_id]
    if subtree:
        taken = [row.id for row in tree.descendants(work, chat.id, message_id) if not row.gone]
    _bury(work, chat, taken)
    return len(taken)


def clear(work: Work, session_id: UUID) -> int:
    """Delete all messages of a session, as one deletion; return how many.

    Raises:
        SessionNotFound: the actor has no such session.
    """
    chat = repository.get_session(work, session_id, lock=True)
    taken = [message.id for message in repository.list_living(work, session_id)]
    if taken:
        _bury(work, chat, taken)
    return len(taken)


def restore(work: Work, message_id: UUID) -> MessageOut:
    """Bring back everything that the DELETE took which took this message; a living message stays as it is.

    Raises:
        MessageNotFound: the actor has no such message, or its session is in the trash.
    """
    message = repository.get_deleted_message(work, message_id)
    if message.deleted_at is None or message.deletion_id is None:
        return reading.get_message(work, message_id)
    chat = repository.get_session(work, message.session_id, lock=True)
    back = repository.list_deletion(work, chat.id, message.deletion_id)
    for row in back:
        row.deleted_at = None
        row.deletion_id = None
    work.session.flush()
    search.put_all(work, [message_text(chat.id, row.id, row.content) for row in back if row.content])
    chat.total_messages += len(back)
    if chat.active_leaf_id is None or any(row.parent_id == chat.active_leaf_id for row in back):
        chat.active_leaf_id = tree.newest_leaf(work, chat.id, back[0].id)
    _tell(work, chat, "message:created", back)
    return reading.get_message(work, message_id)


def _bury(work: Work, chat: ChatSession, taken: Sequence[UUID]) -> None:
    stopping.finish_all(work, chat, among=frozenset(taken))
    rows = repository.list_living(work, chat.id, taken)
    now, deletion_id = utc_now(), new_id()
    for row in rows:
        row.deleted_at = now
        row.deletion_id = deletion_id
    work.session.flush()
    search.forget(work, search.MESSAGE, [row.id for row in rows])
    chat.total_messages -= len(rows)
    if chat.active_leaf_id in set(taken):
        chat.active_leaf_id = tree.living_ancestor(work, chat.active_leaf_id)
    _tell(work, chat, "message:deleted", rows)


def _tell(work: Work, chat: ChatSession, kind: str, rows: Sequence[Message]) -> None:
    seen = [reading.find_message(work, row.id) for row in rows]
    sessions.publish_change(work, chat, *(message_entry(kind, message) for message in seen if message is not None))
