"""Saying something: the one way into a turn, for every surface."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from causerie.chats import statements
from causerie.chats.errors import MessageConflict, ReferenceNotFound, SessionNotFound
from causerie.chats.indexing import session_text
from causerie.chats.models import Role, Status
from causerie.chats.recording import Entry, message_entry, record, session_entry
from causerie.chats.repository import REFERENCES, has_reference
from causerie.chats.schemas import MessageOut, NewMessage, NewSaying, NewSession, SessionChange
from causerie.chats.service import reading, replies, sessions, tree
from causerie.chats.service.writing import NewRow, insert_messages
from causerie.chats.showing import shown
from causerie.chats.signals import Starter
from causerie.clock import utc_now
from causerie.db import search
from causerie.db.work import Work
from causerie.http.answers import Expected
from causerie.ids import new_id

LONGEST_TITLE = 40

CONTEXT_FIELDS = ("user_profile_id", "ai_model_id", "user_persona", "world_time")
"""What a saying may set of its session."""


@dataclass(frozen=True, slots=True)
class Said:
    """What was said, and the reply that is on its way (None when nobody shall answer).

    `seq` is the number of the message's `message:created`; None for a repeat. `began` says that the session is new.
    """

    session_id: UUID
    user_message: MessageOut
    ai_message: MessageOut | None
    seq: int | None = None
    duplicate: bool = False
    began: bool = False


def say(work: Work, new: NewSaying, starter: Starter) -> Said:
    """Store what the user said and queue the reply; begin a session if there is none.

    The reply starts in this very transaction when `starter` has a free slot and nothing above it is unfinished.
    Saying the same `new.id` again changes nothing and returns the first message and its reply.

    Raises:
        SessionNotFound, MessageNotFound, ReferenceNotFound: the actor has no such session, parent or character.
        MessageConflict: `new.id` is stored with other content, for another character or in another session.
    """
    if new.id is not None and (stored := _said_before(work, new)) is not None:
        return stored
    began = new.session_id is None
    session_id = _begin(work, new) if new.session_id is None else new.session_id
    if not began:
        _set_context(work, session_id, new)
    chat = _lock(work, session_id)
    answers_as = chat["character_id"]
    if new.character_id not in (None, answers_as):
        _check_character(work, new.character_id)
        answers_as = new.character_id

    parent = _parent(work, chat, new)
    now = utc_now()
    question = NewRow(
        id=new.id or new_id(),
        session_id=session_id,
        parent_id=parent.id if parent else None,
        role=Role.USER,
        content=new.content,
        character_id=new.character_id,
        depth=parent.depth + 1 if parent else 0,
        timestamp=now,
    )
    rows = [question]
    if new.generate:
        rows.append(
            NewRow(
                session_id=session_id,
                parent_id=question.id,
                role=Role.ASSISTANT,
                character_id=answers_as,
                status=Status.QUEUED,
                depth=question.depth + 1,
                timestamp=now,
            )
        )
    after_id = tree.unfinished_above(work, session_id, parent.id) if parent and parent.answering else None
    said = insert_messages(work, rows)
    entries = [message_entry("message:created", message) for message in said]
    changed: dict[str, Any] = {
        "title": chat["title"] or title_of(new.content),
        "total_messages": chat["total_messages"] + len(said),
        "active_leaf_id": said[-1].id,
        "updated_at": now,
    }
    answering = new.generate or _answering(work, session_id, parent)
    entries.append(session_entry(shown({**chat, **changed}, last_words=new.content, answering=answering)))
    if new.generate:
        entries += replies.queue(work, session_id, said[-1].id, starter, after_id=after_id)
    seq = _advance(work, chat, changed, entries)
    return Said(session_id, said[0], said[1] if new.generate else None, seq, began=began)


def store(work: Work, session_id: UUID, new: NewMessage) -> MessageOut:
    """Store a message as it is; nothing answers it. The same `new.id` again changes nothing.

    Raises:
        as `say`.
    """
    if new.id is not None:
        saying = NewSaying(id=new.id, session_id=session_id, content=new.content, character_id=new.character_id)
        if (stored := _said_before(work, saying, Role(new.role))) is not None:
            return stored.user_message
    chat = _lock(work, session_id)
    if new.character_id is not None:
        _check_character(work, new.character_id)
    parent = _parent(work, chat, new)
    row = NewRow(
        id=new.id or new_id(),
        session_id=session_id,
        parent_id=parent.id if parent else None,
        role=Role(new.role),
        content=new.content,
        character_id=new.character_id or (chat["character_id"] if new.role == "assistant" else None),
        depth=parent.depth + 1 if parent else 0,
    )
    (stored_message,) = insert_messages(work, [row])
    changed: dict[str, Any] = {
        "title": chat["title"] or (title_of(new.content) if new.role == "user" else ""),
        "total_messages": chat["total_messages"] + 1,
        "active_leaf_id": row.id,
        "updated_at": row.timestamp,
    }
    entries = [message_entry("message:created", stored_message)]
    answering = _answering(work, session_id, parent)
    entries.append(session_entry(shown({**chat, **changed}, last_words=new.content, answering=answering)))
    _advance(work, chat, changed, entries)
    return stored_message


def generate(work: Work, session_id: UUID, starter: Starter) -> MessageOut:
    """Queue a reply to the message that the active branch ends with.

    Raises:
        SessionNotFound: the actor has no such session.
        NothingToAnswer: the branch does not end with the user.
    """
    chat = _lock(work, session_id)
    return replies.answer(work, chat, chat["active_leaf_id"], starter)


def title_of(content: str) -> str:
    """Return a session's title from its first message: the first words, cut at a word, at most 40 code points."""
    words = " ".join(content.split())
    if len(words) <= LONGEST_TITLE:
        return words
    cut = words[:LONGEST_TITLE].rfind(" ")
    return words[: cut if cut > LONGEST_TITLE // 2 else LONGEST_TITLE - 1].rstrip(" ,;:.-") + "…"


def _lock(work: Work, session_id: UUID) -> Mapping[str, Any]:
    row = work.execute(statements.SESSION_TO_WRITE, session_id=session_id).mappings().one_or_none()
    if row is None:
        raise SessionNotFound
    return dict(row)


def _advance(work: Work, chat: Mapping[str, Any], changed: Mapping[str, Any], entries: list[Entry]) -> int:
    first = record(work, chat["id"], *entries, first_seq=chat["next_seq"])
    work.write(statements.ADVANCE_SESSION, of_session=chat["id"], next_seq=first + len(entries), **changed)
    if changed["title"] != chat["title"]:
        search.put(work, session_text(chat["id"], changed["title"]))
    return first


def _answering(work: Work, session_id: UUID, parent: tree.Node | None) -> bool:
    """Tell whether some reply of the session has not ended."""
    if parent is not None:
        return parent.answering
    return work.execute(statements.UNFINISHED, session_id=session_id).first() is not None


def _said_before(work: Work, new: NewSaying, role: Role = Role.USER) -> Said | None:
    if new.id is None:
        return None
    stored = reading.find_message(work, new.id)
    if stored is None:
        return None
    same_place = new.session_id in (None, stored.session_id)
    same_character = role is Role.ASSISTANT or new.character_id in (None, stored.character_id)
    if not (same_place and same_character and stored.content == new.content and stored.role is role):
        raise MessageConflict(new.id)
    # Sorted here: for an ORDER BY a planner may read all messages by their ids.
    replies_to = work.execute(statements.REPLIES, session_id=stored.session_id, message_id=stored.id).scalars()
    first = min(replies_to, key=lambda reply_id: reply_id.int, default=None)
    reply = None if first is None else reading.find_message(work, first)
    return Said(stored.session_id, stored, reply, duplicate=True)


def _begin(work: Work, new: NewSaying) -> UUID:
    fields = {name: getattr(new, name) for name in CONTEXT_FIELDS if getattr(new, name) is not None}
    return sessions.start(work, NewSession(character_id=new.character_id, **fields)).id


def _set_context(work: Work, session_id: UUID, new: NewSaying) -> None:
    fields = {name: getattr(new, name) for name in CONTEXT_FIELDS if getattr(new, name) is not None}
    if fields:
        sessions.change(work, session_id, SessionChange(**fields), Expected(), whole=False)
        work.flush()


def _check_character(work: Work, character_id: UUID | None) -> None:
    if character_id is not None and not has_reference(work, "character_id", character_id):
        raise ReferenceNotFound(REFERENCES["character_id"])


def _parent(work: Work, chat: Mapping[str, Any], new: NewSaying | NewMessage) -> tree.Node | None:
    """Return what the new message follows: the active leaf, or what it names (None: it begins a tree)."""
    parent_id = new.parent_id if "parent_id" in new.model_fields_set else chat["active_leaf_id"]
    return None if parent_id is None else tree.get_node(work, chat["id"], parent_id)
