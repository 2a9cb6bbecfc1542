"""The prepared statements of claiming and handing over, each bound to `:actor`, and of the workers' own table."""

from sqlalchemy import and_, bindparam, delete, false, func, insert, or_, select, true, update

from causerie.chats.models import ChatSession, Generation, Message, Status, is_in, unfinished
from causerie.db.base import ACTOR, table_of
from causerie.db.types import UtcDateTime
from causerie.generation.models import Worker

generations = table_of(Generation)
messages = table_of(Message)
sessions = table_of(ChatSession)
workers = table_of(Worker)

_moment = UtcDateTime()
_above = generations.alias("above")
# A scalar, which is looked up by its key: of NOT EXISTS a planner may make a join that begins with all replies.
_waits = (
    select(unfinished(_above.c.state))
    .where(_above.c.user_id == ACTOR, _above.c.message_id == generations.c.after_id)
    .scalar_subquery()
)
_claimable = and_(
    generations.c.user_id == ACTOR,
    generations.c.message_id == bindparam("of_message"),
    or_(
        is_in(Status.QUEUED, generations.c.state),
        and_(
            is_in(Status.STREAMING, generations.c.state),
            or_(
                generations.c.lease_until < bindparam("now", type_=_moment),
                generations.c.deadline_at < bindparam("overdue", type_=_moment),
            ),
        ),
    ),
    ~func.coalesce(_waits, false()),
)
_asked = generations.alias("asked")
_session_of = (
    select(_asked.c.session_id)
    .where(_asked.c.user_id == ACTOR, _asked.c.message_id == bindparam("of_message"))
    .scalar_subquery()
)

CLAIMABLE = (
    select(
        generations.c.session_id,
        sessions.c.next_seq,
        generations.c.state,
        generations.c.attempt,
        generations.c.first_attempt,
        generations.c.owner,
        generations.c.deadline_at,
        generations.c.stop_requested,
        generations.c.keep,
        generations.c.partial_text,
    )
    # Each found by its own key: from a condition between them a planner may read all sessions of the user.
    .select_from(sessions.join(generations, true()))
    .where(sessions.c.user_id == ACTOR, sessions.c.id == _session_of, sessions.c.deleted_at.is_(None), _claimable)
    # Locked in this order; and only a row that is locked is read again after waiting for the lock.
    .with_for_update(of=(sessions, generations))
)
CLAIM = (
    update(generations)
    .where(
        generations.c.user_id == ACTOR,
        generations.c.message_id == bindparam("of_message"),
        is_in(Status.QUEUED, generations.c.state),
    )
    .values(
        state=Status.STREAMING,
        attempt=generations.c.attempt + 1,
        owner=bindparam("new_owner"),
        lease_until=bindparam("lease", type_=_moment),
        deadline_at=func.coalesce(generations.c.deadline_at, bindparam("deadline", type_=_moment)),
        partial_attempt=generations.c.attempt + 1,
    )
    .returning(
        generations.c.attempt, generations.c.first_attempt, generations.c.deadline_at, generations.c.partial_text
    )
)
"""Claims what was queued in the same transaction."""

CLAIM_LOCKED = (
    update(generations)
    .where(generations.c.user_id == ACTOR, generations.c.message_id == bindparam("of_message"))
    .values(
        state=Status.STREAMING,
        attempt=bindparam("new_attempt"),
        owner=bindparam("new_owner"),
        lease_until=bindparam("lease", type_=_moment),
        deadline_at=bindparam("deadline", type_=_moment),
        partial_text=bindparam("text"),
        partial_attempt=bindparam("new_attempt"),
    )
)
"""Claims what `CLAIMABLE` found."""

MARK_STREAMING = (
    update(messages)
    .where(messages.c.user_id == ACTOR, messages.c.id == bindparam("of_message"))
    .values(status=Status.STREAMING, intent=bindparam("new_intent"))
)
HAND_OVER = (
    update(generations)
    .where(
        generations.c.user_id == ACTOR,
        generations.c.message_id == bindparam("of_message"),
        generations.c.attempt == bindparam("of_attempt"),
        is_in(Status.STREAMING, generations.c.state),
    )
    .values(
        partial_text=bindparam("text"),
        partial_attempt=bindparam("of_attempt"),
        owner=None,
        lease_until=bindparam("past", type_=_moment),
    )
)

# A worker's sign of life; the table holds nothing of any user.

SIGN = ("running", "claimed", "finished", "failed", "takeovers", "fenced", "draining", "seen_at")
INSERT_WORKER = insert(workers)
UPDATE_WORKER = (
    update(workers).where(workers.c.id == bindparam("of_worker")).values({name: bindparam(name) for name in SIGN})
)
DELETE_WORKER = delete(workers).where(workers.c.id == bindparam("of_worker"))
DELETE_LOST_WORKERS = delete(workers).where(workers.c.seen_at < bindparam("seen_before", type_=_moment))
