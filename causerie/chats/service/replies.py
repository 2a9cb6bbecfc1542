"""The verbs of a reply: answer, swipe, retry, continue."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from causerie.chats import repository, statements
from causerie.chats.errors import MessageConflict, NotAReply, NothingToAnswer, NotRetryable
from causerie.chats.models import Generation, Message, MessageRevision, Role, Status
from causerie.chats.recording import Entry, hint, message_entry, record
from causerie.chats.schemas import MessageOut, NewSwipe, ReplyAttempt
from causerie.chats.service import reading, sessions, tree
from causerie.chats.service.writing import NewRow, insert_messages
from causerie.chats.showing import show
from causerie.chats.signals import ReplyQueued, Starter
from causerie.clock import utc_now
from causerie.db import search
from causerie.db.work import Work
from causerie.ids import new_id


@dataclass(frozen=True, slots=True)
class Asked:
    """What a verb did: the reply as it is now; `changed` is False when nothing happened."""

    message: MessageOut
    changed: bool


def queue(
    work: Work,
    session_id: UUID,
    message_id: UUID,
    starter: Starter,
    *,
    after_id: UUID | None,
    instruction: str | None = None,
) -> list[Entry]:
    """Make the generation of a new reply, and start it if nothing is in its way; return the events that say so."""
    work.write(
        statements.INSERT_GENERATION,
        message_id=message_id,
        session_id=session_id,
        after_id=after_id,
        queued_at=utc_now(),
        instruction=instruction,
    )
    return _start_or_wait(work, session_id, message_id, starter, after_id)


def answer(work: Work, chat: Mapping[str, Any], parent_id: UUID | None, starter: Starter) -> MessageOut:
    """Queue a reply below a message of the user.

    Raises:
        NothingToAnswer: there is none, or it is not the user's.
    """
    parent = None if parent_id is None else tree.find_node(work, parent_id)
    if parent is None or parent.role is not Role.USER:
        raise NothingToAnswer
    return _reply_below(work, chat["id"], parent, chat["character_id"], starter)


def swipe(work: Work, message_id: UUID, new: NewSwipe, starter: Starter) -> Asked:
    """Queue another answer beside a reply; the session's active branch moves to it. The same `new.id` again: nothing.

    Raises:
        MessageNotFound: the actor has no such message.
        NotAReply: the message is the user's.
        NothingToAnswer: the reply answers nothing (a greeting).
        MessageConflict: `new.id` is another message's.
    """
    message = repository.get_message(work, message_id, lock=True)
    if message.role is not Role.ASSISTANT:
        raise NotAReply
    if new.id is not None and (stored := reading.find_message(work, new.id)) is not None:
        if stored.parent_id != message.parent_id or stored.role is not Role.ASSISTANT:
            raise MessageConflict(new.id)
        return Asked(stored, changed=False)
    parent = None if message.parent_id is None else tree.find_node(work, message.parent_id)
    if parent is None or parent.role is not Role.USER:
        raise NothingToAnswer
    reply = _reply_below(
        work, message.session_id, parent, message.character_id, starter, reply_id=new.id, instruction=new.instruction
    )
    return Asked(reply, changed=True)


def retry(work: Work, message_id: UUID, asked: ReplyAttempt, starter: Starter) -> Asked:
    """Let a reply that failed or was stopped be written again, from its beginning.

    Raises:
        MessageNotFound: the actor has no such message.
        NotRetryable: it is complete, or no model's.
    """
    return _again(work, message_id, asked, starter, keeps_text=False)


def continue_(work: Work, message_id: UUID, asked: ReplyAttempt, starter: Starter) -> Asked:
    """Let a reply that has ended be written further; its text stays.

    Raises:
        MessageNotFound: the actor has no such message.
        NotAReply: no model wrote it.
    """
    return _again(work, message_id, asked, starter, keeps_text=True)


def _again(work: Work, message_id: UUID, asked: ReplyAttempt, starter: Starter, *, keeps_text: bool) -> Asked:
    message = repository.get_message(work, message_id, lock=True)
    generation = repository.find_generation(work, message_id)
    if generation is None:
        raise NotAReply if keeps_text else NotRetryable
    if not generation.state.final or asked.attempt not in (None, generation.attempt):
        return Asked(reading.get_message(work, message_id), changed=False)
    if not keeps_text and generation.state is Status.COMPLETE:
        raise NotRetryable
    after_id = tree.unfinished_above(work, message.session_id, message.parent_id)
    kept = message.content if keeps_text else ""
    _queue_again(work, message, generation, kept, after_id)
    _let_wait(work, message)
    entries = [message_entry("message:updated", reading.get_message(work, message_id))]
    entries += _start_or_wait(work, message.session_id, message_id, starter, after_id)
    record(work, message.session_id, *entries)
    hint(work, "session:updated", show(work, message.session_id))
    return Asked(reading.get_message(work, message_id), changed=True)


def _queue_again(work: Work, message: Message, generation: Generation, kept: str, after_id: UUID | None) -> None:
    """Open a new count of attempts and of time. A text that gives way to a new one stays readable as a revision."""
    if message.content and not kept:
        work.session.add(MessageRevision(message_id=message.id, version=message.version, content=message.content))
        message.version += 1
        message.content = ""
        search.forget(work, search.MESSAGE, [message.id])
    generation.state = Status.QUEUED
    generation.first_attempt = generation.attempt
    generation.after_id = after_id
    generation.queued_at = utc_now()
    generation.deadline_at = None
    generation.stop_requested = False
    generation.keep = len(kept) if kept else None
    generation.partial_text = kept
    generation.partial_attempt = generation.attempt
    message.status = Status.QUEUED
    message.error = None
    message.finish_reason = None
    work.session.flush()


def _let_wait(work: Work, above: Message) -> None:
    """Let what is queued below a reply that is written again wait for it."""
    for generation in repository.list_unfinished(work, above.session_id):
        if generation.state is Status.QUEUED and generation.message_id != above.id:
            waiting = work.session.get_one(Message, (work.actor.user_id, generation.message_id))
            generation.after_id = tree.unfinished_above(work, above.session_id, waiting.parent_id)
    work.session.flush()


def _start_or_wait(
    work: Work, session_id: UUID, message_id: UUID, starter: Starter, after_id: UUID | None
) -> list[Entry]:
    if after_id is not None:
        return []  # the end of what runs above wakes it
    started = starter.try_start(work, session_id, message_id)
    if started is None:
        work.publish(ReplyQueued(work.actor.user_id, message_id))
        return []
    return started


def _reply_below(
    work: Work,
    session_id: UUID,
    parent: tree.Node,
    character_id: UUID | None,
    starter: Starter,
    *,
    reply_id: UUID | None = None,
    instruction: str | None = None,
) -> MessageOut:
    chat = repository.get_session(work, session_id, lock=True)
    row = NewRow(
        id=reply_id or new_id(),
        session_id=session_id,
        parent_id=parent.id,
        role=Role.ASSISTANT,
        character_id=character_id,
        status=Status.QUEUED,
        depth=parent.depth + 1,
    )
    (reply,) = insert_messages(work, [row])
    chat.total_messages += 1
    chat.active_leaf_id = reply.id
    chat.updated_at = row.timestamp
    work.session.flush()
    after_id = tree.unfinished_above(work, session_id, parent.id)
    started = queue(work, session_id, reply.id, starter, after_id=after_id, instruction=instruction)
    sessions.publish_change(work, chat, message_entry("message:created", reply), *started)
    return reply
