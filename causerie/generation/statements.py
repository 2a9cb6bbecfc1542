"""The prepared statements of claiming and handing over; each binds `:actor`."""

from sqlalchemy import and_, bindparam, func, literal, or_, select, update

from causerie.chats.models import Generation, Message, Status, unfinished
from causerie.db.base import ACTOR, table_of
from causerie.db.types import UtcDateTime

generations = table_of(Generation)
messages = table_of(Message)

_moment = UtcDateTime()
_above = generations.alias("above")
_free_above = ~(
    select(literal(1))
    .where(
        _above.c.user_id == ACTOR,
        _above.c.message_id == generations.c.after_id,
        unfinished(_above.c.state),
    )
    .exists()
)
_claimable = and_(
    generations.c.user_id == ACTOR,
    generations.c.message_id == bindparam("of_message"),
    or_(
        generations.c.state == Status.QUEUED,
        and_(generations.c.state == Status.STREAMING, generations.c.lease_until < bindparam("now", type_=_moment)),
    ),
    _free_above,
)

CLAIMABLE = select(generations.c.session_id).where(_claimable)
CLAIM = (
    update(generations)
    .where(_claimable)
    .values(
        state=Status.STREAMING,
        attempt=generations.c.attempt + 1,
        owner=bindparam("new_owner"),
        lease_until=bindparam("lease", type_=_moment),
        deadline_at=func.coalesce(generations.c.deadline_at, bindparam("deadline", type_=_moment)),
    )
    .returning(
        generations.c.attempt,
        generations.c.first_attempt,
        generations.c.deadline_at,
        generations.c.stop_requested,
        generations.c.keep,
        generations.c.partial_text,
    )
)
KEEP = (
    update(generations)
    .where(generations.c.user_id == ACTOR, generations.c.message_id == bindparam("of_message"))
    .values(partial_text=bindparam("text"), partial_attempt=generations.c.attempt)
)
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
        generations.c.state == Status.STREAMING,
    )
    .values(
        partial_text=bindparam("text"),
        partial_attempt=bindparam("of_attempt"),
        owner=None,
        lease_until=bindparam("past", type_=_moment),
    )
)
