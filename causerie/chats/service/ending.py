"""The end of a reply: one final state, one final event, however it came about."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from causerie.chats import statements
from causerie.chats.indexing import message_text
from causerie.chats.models import Status
from causerie.chats.recording import end_entry, hint, record
from causerie.chats.showing import show, shown
from causerie.chats.signals import ReplyQueued
from causerie.clock import utc_now
from causerie.db import search
from causerie.db.work import Work
from causerie.errors import CauserieError


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a reply ended. `error` has `code`, `title`, `detail` and `retryable` when it failed.

    `prompt_trace` is what the model was asked, if that is not stored yet.
    """

    status: Status
    content: str
    finish_reason: str | None = None
    provider: str | None = None
    model: str | None = None
    usage: dict[str, Any] | None = None
    error: dict[str, Any] | None = None
    prompt_trace: dict[str, Any] | None = None


def end(work: Work, session_id: UUID, message_id: UUID, attempt: int, ending: Ending) -> bool:
    """Store the end of `attempt` and wake what waits for it; a repeat changes nothing.

    Returns:
        False when the attempt is not the current one, or has ended already: then nothing was written.
    """
    # Whoever writes in a session takes its row first.
    taken = work.execute(statements.TAKE_END_SEQ, of_session=session_id, updated_at=utc_now())
    chat = taken.mappings().one_or_none()
    if chat is None:
        return False
    generation: dict[str, Any] = {
        "of_session": session_id,
        "of_message": message_id,
        "of_attempt": attempt,
        "status": ending.status,
    }
    if ending.prompt_trace is None:
        ended = work.execute(statements.END_GENERATION, **generation).one_or_none()
    else:
        traced = work.execute(statements.END_TRACED_GENERATION, **generation, trace=ending.prompt_trace)
        ended = traced.one_or_none()
    if ended is None:
        work.write(statements.GIVE_BACK_END_SEQ, of_session=session_id)
        return False
    work.write(
        statements.END_MESSAGE,
        of_message=message_id,
        content=ending.content,
        status=ending.status,
        finish_reason=ending.finish_reason,
        provider=ending.provider,
        model=ending.model,
        usage=ending.usage,
        error=ending.error,
    )
    search.put(work, message_text(session_id, message_id, ending.content))
    entry = end_entry(
        session_id,
        message_id,
        attempt,
        ending.status,
        ending.content,
        finish_reason=ending.finish_reason,
        usage=ending.usage,
        error=ending.error,
    )
    record(work, session_id, entry, first_seq=chat["last_reply_seq"])
    if chat["active_leaf_id"] == message_id and ending.content:
        hint(work, "session:updated", shown(chat, last_words=ending.content, answering=ended.answering))
    else:
        hint(work, "session:updated", show(work, session_id))
    if ended.answering:
        for waiting in work.execute(statements.WAITING_FOR, message_id=message_id).scalars():
            work.publish(ReplyQueued(work.actor.user_id, waiting))
    return True


def error_of(error: CauserieError) -> dict[str, Any]:
    """Return a refusal as it is kept in a failed reply."""
    return {"code": error.code, "title": error.title, "detail": error.detail, "retryable": error.retryable}
