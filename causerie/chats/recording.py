"""Writes a session's events: numbered, in the transaction of the change, as the frames that clients get."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from causerie.broker.ports import EventNotice, SessionHint, SessionKey
from causerie.chats import encoding, statements
from causerie.chats.errors import SessionNotFound
from causerie.chats.schemas import MessageOut, SessionOut
from causerie.clock import utc_now
from causerie.db.work import Work


@dataclass(frozen=True, slots=True)
class Entry:
    """An event that has no number yet. `body` makes its frame from `seq`."""

    kind: str
    body: Callable[[int], str]
    message_id: UUID | None = None
    attempt: int = 0
    keep: int = 0
    hint: str | None = None


def message_entry(kind: str, message: MessageOut) -> Entry:
    """Return a `message:created`, `message:updated` or `message:deleted`."""
    row = message.model_dump_json(exclude_none=False, exclude={"position", "sibling_ids"})
    return Entry(kind, lambda seq: encoding.message_event(kind, seq, message.session_id, row), message.id)


def session_entry(session: SessionOut) -> Entry:
    """Return a `session:updated`, with the hint for connections that have not joined."""
    row = session.model_dump_json()
    return Entry(
        "session:updated",
        lambda seq: encoding.session_updated(seq, session.id, row),
        hint=encoding.session_hint("session:updated", session.id, row),
    )


def start_entry(session_id: UUID, message_id: UUID, attempt: int, intent: str) -> Entry:
    """Return a `chat:stream:start`."""
    return Entry(
        encoding.START,
        lambda seq: encoding.stream_start(seq, session_id, message_id, attempt, intent),
        message_id,
        attempt,
    )


def reset_entry(session_id: UUID, message_id: UUID, attempt: int, keep: int) -> Entry:
    """Return a `chat:stream:reset`."""
    return Entry(
        encoding.RESET,
        lambda seq: encoding.stream_reset(seq, session_id, message_id, attempt, keep),
        message_id,
        attempt,
        keep,
    )


def end_entry(
    session_id: UUID,
    message_id: UUID,
    attempt: int,
    status: str,
    content: str,
    *,
    finish_reason: str | None = None,
    usage: Mapping[str, Any] | None = None,
    error: Mapping[str, Any] | None = None,
) -> Entry:
    """Return a `chat:stream:end`."""
    return Entry(
        encoding.END,
        lambda seq: encoding.stream_end(
            seq, session_id, message_id, attempt, status, content, finish_reason, usage, error
        ),
        message_id,
        attempt,
    )


def take_numbers(work: Work, session_id: UUID, count: int) -> int | None:
    """Take the numbers of `count` events, and with them the session's lock; return the first of them.

    Numbers that were taken in this transaction are given back by a negative `count`.

    Returns:
        None when the session is not there any more.
    """
    parameters = {"of_session": session_id, "count": count, "updated_at": utc_now()}
    next_seq = work.execute(statements.TAKE_SEQ, **parameters).scalar_one_or_none()
    return None if next_seq is None else next_seq - count


def record(work: Work, session_id: UUID, *entries: Entry, first_seq: int | None = None) -> int:
    """Number the entries, store them and publish them; return the first number.

    Args:
        first_seq: the first number, when the caller has the session's lock and sees to it that the numbers are taken;
            without it they are taken here.

    Raises:
        SessionNotFound: the session is not there any more.
    """
    now = utc_now()
    if first_seq is None:
        first_seq = take_numbers(work, session_id, len(entries))
        if first_seq is None:
            raise SessionNotFound
    key = SessionKey(work.actor.user_id, session_id)
    rows: list[dict[str, Any]] = []
    for seq, entry in enumerate(entries, first_seq):
        body = entry.body(seq)
        rows.append(
            {
                "session_id": session_id,
                "seq": seq,
                "kind": entry.kind,
                "message_id": entry.message_id,
                "body": body,
                "created_at": now,
            }
        )
        work.publish(EventNotice(key, seq, entry.kind, body, entry.message_id, entry.attempt, entry.keep))
        if entry.hint is not None:
            work.publish(SessionHint(key, entry.kind, entry.hint))
    work.write_many(statements.INSERT_EVENTS, rows)
    return first_seq


def record_locked(work: Work, session_id: UUID, next_seq: int, *entries: Entry) -> None:
    """Do what `record` does, for a caller that has the session's lock and read its `next_seq` with it."""
    work.write(statements.TAKE_SEQ, of_session=session_id, count=len(entries), updated_at=utc_now())
    record(work, session_id, *entries, first_seq=next_seq)


def hint(work: Work, kind: str, session: SessionOut) -> None:
    """Publish a `session:created`, `session:updated` or `session:deleted` to the user's connections."""
    body = encoding.session_hint(kind, session.id, session.model_dump_json())
    work.publish(SessionHint(SessionKey(work.actor.user_id, session.id), kind, body))
