"""The few functions that look across users, for the one who works for all of them: a worker.

Each touches only the columns it names and returns ids and numbers; whatever else a worker writes it writes as the
user whose reply it makes. No other statement in Causerie may leave the owner out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Boolean, Integer, String, and_, bindparam, column, literal, or_, select, table, tuple_, update

from causerie.db.ownership import Actor
from causerie.db.types import Identifier, UtcDateTime
from causerie.db.work import Work

NOBODY = Actor(UUID(int=0))
"""The actor of these functions: it owns no row."""

_moment = UtcDateTime()
_generation = table(
    "generation",
    column("user_id", Identifier()),
    column("message_id", Identifier()),
    column("after_id", Identifier()),
    column("state", String()),
    column("attempt", Integer()),
    column("owner", Identifier()),
    column("lease_until", _moment),
    column("queued_at", _moment),
    column("stop_requested", Boolean()),
    column("partial_text", String()),
    column("partial_attempt", Integer()),
)
_session = table(
    "chat_session",
    column("user_id", Identifier()),
    column("id", Identifier()),
    column("next_seq", Integer()),
    column("deleted_at", _moment),
)
_above = _generation.alias("above")
_waits = (
    select(literal(1))
    .where(
        _above.c.user_id == _generation.c.user_id,
        _above.c.message_id == _generation.c.after_id,
        _above.c.state.in_(("queued", "streaming")),
    )
    .exists()
)
_DUE = (
    select(_generation.c.user_id, _generation.c.message_id)
    .where(
        or_(
            and_(_generation.c.state == "queued", _generation.c.queued_at < bindparam("queued_before"), ~_waits),
            and_(_generation.c.state == "streaming", _generation.c.lease_until < bindparam("now")),
        )
    )
    # What was left behind goes first: many that wait for one busy model must not hide it.
    .order_by(_generation.c.state.desc(), _generation.c.queued_at)
    .limit(bindparam("limit"))
)
_CHECKPOINT = (
    update(_generation)
    .where(
        _generation.c.user_id == bindparam("of_user"),
        _generation.c.message_id == bindparam("of_message"),
        _generation.c.attempt == bindparam("of_attempt"),
        _generation.c.state == "streaming",
    )
    .values(partial_text=bindparam("text"), partial_attempt=bindparam("of_attempt"))
)
_RENEW = (
    update(_generation)
    .where(
        _generation.c.user_id == bindparam("of_user"),
        _generation.c.message_id == bindparam("of_message"),
        _generation.c.attempt == bindparam("of_attempt"),
        _generation.c.owner == bindparam("of_owner"),
        _generation.c.state == "streaming",
    )
    .values(lease_until=bindparam("until"))
)
_LEASED = select(
    _generation.c.user_id, _generation.c.message_id, _generation.c.attempt, _generation.c.stop_requested
).where(_generation.c.owner == bindparam("of_owner"), _generation.c.state == "streaming")
_job = table(
    "job",
    column("user_id", Identifier()),
    column("id", Identifier()),
    column("state", String()),
    column("run_at", _moment),
)
_blob = table("blob", column("user_id", Identifier()), column("sha256", String()))
_BLOBS_IN_USE = select(_blob.c.sha256).where(_blob.c.sha256.in_(bindparam("names", expanding=True))).distinct()
_DUE_JOBS = (
    select(_job.c.user_id, _job.c.id)
    .where(_job.c.state.in_(("queued", "running")), _job.c.run_at <= bindparam("now"))
    .order_by(_job.c.run_at)
    .limit(bindparam("limit"))
)
_EXPIRE = update(_generation).where(_generation.c.state == "streaming").values(lease_until=bindparam("past"))


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The text of a running attempt so far."""

    user_id: UUID
    message_id: UUID
    attempt: int
    text: str


@dataclass(frozen=True, slots=True)
class Renewal:
    """The attempts, as (user, message, attempt), that a worker is writing and keeps until `until`."""

    held: Sequence[tuple[UUID, UUID, int]]
    until: datetime


@dataclass(frozen=True, slots=True)
class Leased:
    """A reply that a worker holds, as its row has it."""

    user_id: UUID
    message_id: UUID
    attempt: int
    stop_requested: bool


def due_generations(work: Work, now: datetime, waited: timedelta, limit: int) -> list[tuple[UUID, UUID]]:
    """Return (user, message) of replies that a worker may claim: queued for longer than `waited`, or left behind."""
    rows = work.connection.execute(_DUE, {"now": now, "queued_before": now - waited, "limit": limit})
    return [(row.user_id, row.message_id) for row in rows]


def checkpoint(work: Work, owner: UUID, texts: Sequence[Checkpoint], renewal: Renewal | None) -> list[Leased] | None:
    """Store the texts of running replies, and with a `renewal` prolong the leases that `owner` still has of them.

    A lease that is not named runs out, so that a reply whose writing broke off gets another attempt.

    Returns:
        With a renewal, what `owner` still holds: what is missing there was taken from it.
    """
    if texts:
        work.connection.execute(
            _CHECKPOINT,
            [
                {"of_user": row.user_id, "of_message": row.message_id, "of_attempt": row.attempt, "text": row.text}
                for row in texts
            ],
        )
    if renewal is None:
        return None
    if renewal.held:
        work.connection.execute(
            _RENEW,
            [
                {
                    "of_user": user,
                    "of_message": message,
                    "of_attempt": attempt,
                    "of_owner": owner,
                    "until": renewal.until,
                }
                for user, message, attempt in renewal.held
            ],
        )
    return [Leased(*row) for row in work.connection.execute(_LEASED, {"of_owner": owner})]


def expire_leases(work: Work, now: datetime) -> None:
    """Give up every lease: for the start of the only process on a database, when whoever held one is dead."""
    work.connection.execute(_EXPIRE, {"past": now - timedelta(seconds=1)})


def session_heads(work: Work, sessions: Sequence[tuple[UUID, UUID]]) -> list[tuple[UUID, UUID, int]]:
    """Return (user, session, number of the newest event) of those sessions, given as (user, session), that exist."""
    wanted = tuple_(_session.c.user_id, _session.c.id).in_(sessions)
    rows = work.connection.execute(
        select(_session.c.user_id, _session.c.id, _session.c.next_seq).where(wanted, _session.c.deleted_at.is_(None))
    )
    return [(row.user_id, row.id, row.next_seq - 1) for row in rows]


def due_jobs(work: Work, now: datetime, limit: int) -> list[tuple[UUID, UUID]]:
    """Return (user, job) of the jobs whose time has come, those that a dead process left running among them."""
    rows = work.connection.execute(_DUE_JOBS, {"now": now, "limit": limit})
    return [(row.user_id, row.id) for row in rows]


def blobs_in_use(work: Work, names: Sequence[str]) -> set[str]:
    """Return those of `names` (SHA-256) that some user has."""
    return set(work.connection.execute(_BLOBS_IN_USE, {"names": list(names)}).scalars())
