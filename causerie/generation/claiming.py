"""Claiming a reply: the attempt number rises, and what was there before is continued, dropped or kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from causerie.broker.ports import LiveText, SessionKey
from causerie.chats import service as chats
from causerie.chats.errors import NoModel
from causerie.chats.models import Status
from causerie.chats.service import Ending, Entry, error_of, reset_entry, start_entry
from causerie.clock import boot_seconds, utc_now
from causerie.db.across import LATE
from causerie.db.work import Work
from causerie.errors import CauserieError
from causerie.generation import statements
from causerie.generation.errors import Interrupted, OutOfTime
from causerie.generation.slots import Slots, Taking
from causerie.prompting.service import Context, read_context
from causerie.providers.continuing import kept_length

LEASE = timedelta(seconds=15)
TRUSTED_SECONDS = 14.0
"""How long a worker relies on a lease: the clocks of two hosts differ a little."""
LONGEST_REPLY = timedelta(minutes=10)
MOST_ATTEMPTS = 3
LOCAL_REPLIES_AT_ONCE = 1
"""Two replies of the local model together gain nothing: each would come half as fast."""

INTENT = "chat"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A reply that may be claimed. `left_behind`: attempt `attempt` of it ran, and its lease or its time is over.

    `owner` is the worker of that attempt, None after it handed the reply over.
    """

    session: SessionKey
    message_id: UUID
    left_behind: bool
    attempt: int
    owner: UUID | None
    overdue: bool
    row: Row[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A reply that this worker holds. `kept` is the text that the attempt goes on from.

    `free`: its model may be asked again without the user's word. `last_try`: but not once more after this attempt.
    `leased_until`: until then (in `boot_seconds`) nobody else can have claimed it.
    """

    session: SessionKey
    message_id: UUID
    attempt: int
    deadline: datetime
    context: Context
    leased_until: float
    kept: str = ""
    free: bool = True
    last_try: bool = False
    taken_over: bool = False

    @property
    def repeatable(self) -> bool:
        """Whether another attempt may follow a cut one by itself."""
        return self.free and not self.last_try

    @property
    def slot(self) -> UUID | None:
        """What the reply occupies in `Slots`: its model."""
        return _slot(self.context)


def start(
    work: Work, session_id: UUID, message_id: UUID, worker: UUID, slots: Slots
) -> tuple[Claimed, list[Entry]] | None:
    """Claim a reply that was queued in this very transaction; return it and the events that say so.

    Returns:
        None when it has to wait: no slot for its model is free, or there is no model to ask. With a claim the slot is
        taken; it is given back if the transaction leaves nothing behind.
    """
    context = read_context(work, session_id, message_id)
    if context.model is None or _take_slot(work, context, slots) is not Taking.TAKEN:
        return None
    claimed = _claim_queued(work, SessionKey(work.actor.user_id, session_id), context, worker)
    return claimed, [_begun(claimed)]


def find(work: Work, message_id: UUID) -> Found | None:
    """Return the reply if it may be claimed; then its session and its own row are locked."""
    now = utc_now()
    row = work.execute(statements.CLAIMABLE, of_message=message_id, now=now, overdue=now - LATE).one_or_none()
    if row is None:
        return None
    return Found(
        session=SessionKey(work.actor.user_id, row.session_id),
        message_id=message_id,
        left_behind=row.state is Status.STREAMING,
        attempt=row.attempt,
        owner=row.owner,
        overdue=row.deadline_at is not None and row.deadline_at < now - LATE,
        row=row,
    )


def claim(work: Work, found: Found, worker: UUID, slots: Slots, seen: Sequence[LiveText]) -> Claimed | Ending | Taking:
    """Claim what was found; when the rules leave nothing to ask a model for, end it instead.

    Args:
        seen: what readers may have of it.

    Returns:
        The claim or the ending, or why there is no slot.
    """
    context = read_context(work, found.session.session_id, found.message_id)
    kept, ending = _take_over(found, context, seen)
    if ending is None and (taking := _take_slot(work, context, slots)) is not Taking.TAKEN:
        return taking
    claimed = _claim_found(work, found, context, worker, kept)
    chats.record_locked(work, found.session.session_id, found.row.next_seq, _begun(claimed))
    if ending is None:
        return claimed
    chats.end(work, found.session.session_id, found.message_id, claimed.attempt, ending)
    return ending


def _claim_queued(work: Work, session: SessionKey, context: Context, worker: UUID) -> Claimed:
    """Raise the attempt of a reply that this transaction queued; what the user wants kept is its text."""
    leased_until = boot_seconds() + TRUSTED_SECONDS
    now = utc_now()
    row = work.execute(
        statements.CLAIM, of_message=context.reply_id, new_owner=worker, lease=now + LEASE, deadline=now + LONGEST_REPLY
    ).one()
    work.write(statements.MARK_STREAMING, of_message=context.reply_id, new_intent=INTENT)
    return _claimed(session, context, row, row.attempt, row.deadline_at, leased_until, row.partial_text)


def _claim_found(work: Work, found: Found, context: Context, worker: UUID, kept: str) -> Claimed:
    """Raise the attempt of a reply whose row is locked, with `kept` as its text; nothing can come in between."""
    leased_until = boot_seconds() + TRUSTED_SECONDS
    now = utc_now()
    attempt = found.attempt + 1
    deadline = found.row.deadline_at or now + LONGEST_REPLY
    work.write(
        statements.CLAIM_LOCKED,
        of_message=found.message_id,
        new_attempt=attempt,
        new_owner=worker,
        lease=now + LEASE,
        deadline=deadline,
        text=kept,
    )
    work.write(statements.MARK_STREAMING, of_message=found.message_id, new_intent=INTENT)
    return _claimed(found.session, context, found.row, attempt, deadline, leased_until, kept)


def _claimed(
    session: SessionKey,
    context: Context,
    row: Row[Any],
    attempt: int,
    deadline: datetime,
    leased_until: float,
    kept: str,
) -> Claimed:
    return Claimed(
        session=session,
        message_id=context.reply_id,
        attempt=attempt,
        deadline=deadline,
        context=context,
        leased_until=leased_until,
        kept=kept,
        free=_is_free(context),
        last_try=attempt - row.first_attempt >= MOST_ATTEMPTS,
        taken_over=attempt > row.first_attempt + 1,
    )


def _begun(claimed: Claimed) -> Entry:
    session_id, message_id, attempt = claimed.session.session_id, claimed.message_id, claimed.attempt
    if attempt == 1:
        return start_entry(session_id, message_id, attempt, INTENT)
    return reset_entry(session_id, message_id, attempt, len(claimed.kept))


def _take_slot(work: Work, context: Context, slots: Slots) -> Taking:
    slot = _slot(context)
    limit = LOCAL_REPLIES_AT_ONCE if context.model and context.model.provider == "local" else None
    taking = slots.take(slot, limit, (work.actor.user_id, context.reply_id))
    if taking is Taking.TAKEN:
        work.on_rollback(lambda: slots.give_back(slot))
    return taking


def _slot(context: Context) -> UUID | None:
    return context.model.id if context.model else None


def _take_over(found: Found, context: Context, seen: Sequence[LiveText]) -> tuple[str, Ending | None]:
    """Decide what an attempt keeps of the text so far, and whether a model may be asked at all.

    A reply's first attempt since the user asked for it keeps what the user wants kept. A later one takes over from an
    attempt that was cut: a model that can continue a text continues it, another one starts again unless that would be
    billed twice; then the text stays, with the two buttons.
    """
    row = found.row
    partial: str = row.partial_text
    for live in seen:  # the checkpoint is up to a second behind what readers have
        if (live.message_id, live.attempt) == (found.message_id, found.attempt) and live.text.startswith(partial):
            partial = live.text
    if row.stop_requested:
        return partial, Ending(status=Status.STOPPED, content=partial)
    if row.deadline_at is not None and utc_now() >= row.deadline_at:
        return partial, failed(partial, OutOfTime())
    if row.attempt - row.first_attempt >= MOST_ATTEMPTS:
        return partial, failed(partial, Interrupted())
    model = context.model
    if model is None:
        return partial, failed(partial, NoModel())
    wanted = partial[: row.keep] if row.keep is not None else ""
    if row.attempt == row.first_attempt or len(partial) <= len(wanted):
        return wanted, None
    if model.continue_prefix:
        return partial[: max(len(wanted), kept_length(partial))], None
    if not _is_free(context):
        return partial, failed(partial, Interrupted())
    return wanted, None


def _is_free(context: Context) -> bool:
    return context.model is None or not context.model.paid or context.retry_paid


def failed(text: str, error: CauserieError, **told: Any) -> Ending:
    """Return the ending of a reply that failed with `text` kept."""
    return Ending(status=Status.FAILED, content=text, error=error_of(error), **told)
