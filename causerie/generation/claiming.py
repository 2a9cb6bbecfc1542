"""Claiming a reply: the attempt number rises, and what was there before is continued, dropped or kept."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from causerie.broker.ports import SessionKey
from causerie.chats.errors import NoModel
from causerie.chats.models import Status
from causerie.chats.service import Ending, Entry, error_of, reset_entry, start_entry
from causerie.clock import utc_now
from causerie.db.work import Work
from causerie.errors import CauserieError
from causerie.generation import statements
from causerie.generation.errors import Interrupted, OutOfTime
from causerie.generation.slots import Slots
from causerie.prompting.service import Context, read_context
from causerie.providers.continuing import kept_length

LEASE = timedelta(seconds=15)
LONGEST_REPLY = timedelta(minutes=10)
MOST_ATTEMPTS = 3
LOCAL_REPLIES_AT_ONCE = 1
"""Two replies of the local model together gain nothing: each would come half as fast."""

INTENT = "chat"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A reply that this worker holds. `kept` is the text that the attempt goes on from.

    `free`: its model may be asked again without the user's word. `last_try`: but not once more after this attempt.
    `ending` is set when the rules leave nothing to ask a model for.
    """

    session: SessionKey
    message_id: UUID
    attempt: int
    deadline: datetime
    context: Context
    kept: str = ""
    free: bool = True
    last_try: bool = False
    ending: Ending | None = None

    @property
    def repeatable(self) -> bool:
        """Whether another attempt may follow a cut one by itself."""
        return self.free and not self.last_try

    @property
    def slot(self) -> UUID | None:
        """What the reply occupies in `Slots`: its model."""
        return self.context.model.id if self.context.model else None


def claim(
    work: Work, session_id: UUID, message_id: UUID, owner: UUID, slots: Slots
) -> tuple[Claimed, list[Entry]] | None:
    """Claim a reply that is known to be claimable, under its session's lock; return it and the events that say so.

    Returns:
        None when no slot for its model is free. With a claim the slot is taken; it is given back if the transaction
        leaves nothing behind.
    """
    context = read_context(work, session_id, message_id)
    model = context.model
    slot = model.id if model else None
    limit = LOCAL_REPLIES_AT_ONCE if model and model.provider == "local" else None
    if not slots.take(slot, limit, (work.actor.user_id, message_id)):
        return None
    work.on_rollback(lambda: slots.give_back(slot))
    now = utc_now()
    row = work.execute(
        statements.CLAIM,
        of_message=message_id,
        now=now,
        new_owner=owner,
        lease=now + LEASE,
        deadline=now + LONGEST_REPLY,
    ).one()
    kept, ending = _take_over(row, context, now)
    if row.attempt > 1:
        work.execute(statements.KEEP, of_message=message_id, text=kept)
    work.execute(statements.MARK_STREAMING, of_message=message_id, new_intent=INTENT)
    claimed = Claimed(
        session=SessionKey(work.actor.user_id, session_id),
        message_id=message_id,
        attempt=row.attempt,
        deadline=row.deadline_at,
        context=context,
        kept=kept,
        free=_is_free(context),
        last_try=row.attempt - row.first_attempt >= MOST_ATTEMPTS,
        ending=ending,
    )
    if row.attempt == 1:
        return claimed, [start_entry(session_id, message_id, row.attempt, INTENT)]
    return claimed, [reset_entry(session_id, message_id, row.attempt, len(kept))]


def _take_over(row: Row[Any], context: Context, now: datetime) -> tuple[str, Ending | None]:
    """Decide what an attempt keeps of the text so far, and whether a model may be asked at all.

    A reply's first attempt since the user asked for it keeps what the user wants kept. A later one takes over from an
    attempt that was cut: a model that can continue a text continues it, another one starts again unless that would be
    billed twice; then the text stays, with the two buttons.
    """
    partial: str = row.partial_text
    if row.stop_requested:
        return partial, Ending(status=Status.STOPPED, content=partial)
    if now >= row.deadline_at:
        return partial, failed(partial, OutOfTime())
    if row.attempt - row.first_attempt > MOST_ATTEMPTS:
        return partial, failed(partial, Interrupted())
    model = context.model
    if model is None:
        return partial, failed(partial, NoModel())
    wanted = partial[: row.keep] if row.keep is not None else ""
    if row.attempt == row.first_attempt + 1 or len(partial) <= len(wanted):
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
