"""The few functions that look across users, for the one who works for all of them: a worker, or a start.

Each touches only the columns it names and returns ids and numbers; whatever else a worker writes it writes as the
user whose reply it makes. No other statement in Causerie may leave the owner out. On PostgreSQL each is a function of
the database with its owner's rights: the policies would show this actor nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    ColumnClause,
    Integer,
    Row,
    Select,
    String,
    and_,
    bindparam,
    case,
    column,
    func,
    literal,
    or_,
    select,
    table,
    tuple_,
    update,
)
from sqlalchemy.types import TypeEngine

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
    column("deadline_at", _moment),
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
            and_(
                _generation.c.state == "streaming",
                or_(_generation.c.lease_until < bindparam("now"), _generation.c.deadline_at < bindparam("overdue")),
            ),
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
    _generation.c.user_id,
    _generation.c.message_id,
    _generation.c.attempt,
    _generation.c.stop_requested,
    _generation.c.lease_until,
    literal(False).label("behind"),  # here one writes, so nothing is passed over
).where(_generation.c.owner == bindparam("of_owner"), _generation.c.state == "streaming")
_queued = case((_generation.c.state == "queued", 1))
_QUEUE = select(
    func.count(_queued).label("queued"),
    (func.count() - func.count(_queued)).label("running"),
    func.min(case((_generation.c.state == "queued", _generation.c.queued_at)), type_=_moment).label("oldest_queued_at"),
).where(_generation.c.state.in_(("queued", "streaming")))
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
_user = table("user", column("id", Identifier()), column("role", String()))
_OWNER = select(_user.c.id).where(_user.c.role == "owner")


# The same as functions of PostgreSQL.


def _function(
    name: str, parameters: dict[str, TypeEngine[Any]], *columns: ColumnClause[Any]
) -> Select[*tuple[Any, ...]]:
    """Return the call of a function whose parameters are bound by name, in their order."""
    call = getattr(func, f"causerie_{name}")(*(bindparam(key, type_=kind) for key, kind in parameters.items()))
    return select(*call.table_valued(*columns).c)


_id, _ids, _whole, _words = Identifier(), ARRAY(Identifier()), Integer(), ARRAY(String())
_DUE_FUNCTION = _function(
    "due_generations",
    {"now": _moment, "queued_before": _moment, "overdue": _moment, "limit": _whole},
    column("user_id", _id),
    column("message_id", _id),
)
_CHECKPOINT_FUNCTION = _function(
    "checkpoint",
    {
        "of_owner": _id,
        "text_users": _ids,
        "text_messages": _ids,
        "text_attempts": ARRAY(Integer()),
        "texts": _words,
        "held_users": _ids,
        "held_messages": _ids,
        "held_attempts": ARRAY(Integer()),
        "until": _moment,
    },
    column("user_id", _id),
    column("message_id", _id),
    column("attempt", _whole),
    column("stop_requested", Boolean()),
    column("lease_until", _moment),
    column("behind", Boolean()),
)
_EXPIRE_FUNCTION = select(func.causerie_expire_leases(bindparam("past", type_=_moment)))
_QUEUE_FUNCTION = _function(
    "queue_state",
    {"now": _moment},
    column("queued", BigInteger()),
    column("running", BigInteger()),
    column("oldest_queued_at", _moment),
)
_HEADS_FUNCTION = _function(
    "session_heads",
    {"users": _ids, "sessions": _ids},
    column("user_id", _id),
    column("id", _id),
    column("next_seq", _whole),
)
_DUE_JOBS_FUNCTION = _function("due_jobs", {"now": _moment, "limit": _whole}, column("user_id", _id), column("id", _id))
_BLOBS_FUNCTION = _function("blobs_in_use", {"names": _words}, column("sha256", String()))
_OWNER_FUNCTION = _function("installation_owner", {}, column("id", _id))

LATE = timedelta(seconds=5)
"""So far past its deadline a reply that its worker has not ended is anyone's."""


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
    """A reply that a worker holds, as its row has it.

    `renewed`: its lease was prolonged now. `behind`: the text that was given for it was not stored.
    """

    user_id: UUID
    message_id: UUID
    attempt: int
    stop_requested: bool
    renewed: bool
    behind: bool


@dataclass(frozen=True, slots=True)
class QueueState:
    """How many replies wait and are being written, of all users, and for how long the oldest waits."""

    queued: int
    running: int
    oldest_seconds: float


def due_generations(work: Work, now: datetime, waited: timedelta, limit: int) -> list[tuple[UUID, UUID]]:
    """Return (user, message) of replies that a worker may claim.

    They have been queued for longer than `waited`, or were left behind: by a worker whose lease ran out, or running on
    past their deadline.
    """
    parameters = {"now": now, "queued_before": now - waited, "overdue": now - LATE, "limit": limit}
    rows = work.connection.execute(_DUE_FUNCTION if _has_functions(work) else _DUE, parameters)
    return [(row.user_id, row.message_id) for row in rows]


def checkpoint(work: Work, owner: UUID, texts: Sequence[Checkpoint], renewal: Renewal | None) -> list[Leased]:
    """Store the texts of running replies, and with a `renewal` prolong the leases that `owner` still has of them.

    A lease that is not named runs out, so that a reply whose writing broke off gets another attempt. On PostgreSQL a
    row that somebody writes to at this moment is passed over, so nobody's transaction holds up all replies of a worker.

    Returns:
        What `owner` holds: with a renewal all of it, so that what is missing was taken from it, and without one only
        what is `behind`. What was passed over is not `renewed`, or `behind`, or both.
    """
    if _has_functions(work):
        return _checkpoint_at_once(work, owner, texts, renewal)
    return _checkpoint_one_by_one(work, owner, texts, renewal)


def expire_leases(work: Work, now: datetime) -> None:
    """Give up every lease: for the start of the only process on a database, when whoever held one is dead."""
    work.connection.execute(_EXPIRE_FUNCTION if _has_functions(work) else _EXPIRE, {"past": now - timedelta(seconds=1)})


def queue_state(work: Work, now: datetime) -> QueueState:
    """Return how the queue of replies is."""
    row = work.connection.execute(_QUEUE_FUNCTION if _has_functions(work) else _QUEUE, {"now": now}).one()
    oldest = now if row.oldest_queued_at is None else row.oldest_queued_at
    return QueueState(row.queued, row.running, max((now - oldest).total_seconds(), 0.0))


def session_heads(work: Work, sessions: Sequence[tuple[UUID, UUID]]) -> list[tuple[UUID, UUID, int]]:
    """Return (user, session, number of the newest event) of those sessions, given as (user, session), that exist."""
    if _has_functions(work):
        users, ids = [user for user, _ in sessions], [session for _, session in sessions]
        rows = work.connection.execute(_HEADS_FUNCTION, {"users": users, "sessions": ids})
    else:
        wanted = tuple_(_session.c.user_id, _session.c.id).in_(sessions)
        columns = (_session.c.user_id, _session.c.id, _session.c.next_seq)
        rows = work.connection.execute(select(*columns).where(wanted, _session.c.deleted_at.is_(None)))
    return [(row.user_id, row.id, row.next_seq - 1) for row in rows]


def due_jobs(work: Work, now: datetime, limit: int) -> list[tuple[UUID, UUID]]:
    """Return (user, job) of the jobs whose time has come, those that a dead process left running among them."""
    statement = _DUE_JOBS_FUNCTION if _has_functions(work) else _DUE_JOBS
    rows = work.connection.execute(statement, {"now": now, "limit": limit})
    return [(row.user_id, row.id) for row in rows]


def blobs_in_use(work: Work, names: Sequence[str]) -> set[str]:
    """Return those of `names` (SHA-256) that some user has."""
    statement = _BLOBS_FUNCTION if _has_functions(work) else _BLOBS_IN_USE
    return set(work.connection.execute(statement, {"names": list(names)}).scalars())


def installation_owner(work: Work) -> UUID | None:
    """Return the id of the installation's owner; None before the first start."""
    return work.connection.execute(_OWNER_FUNCTION if _has_functions(work) else _OWNER).scalar_one_or_none()


def _has_functions(work: Work) -> bool:
    return work.connection.dialect.name == "postgresql"


def _checkpoint_at_once(work: Work, owner: UUID, texts: Sequence[Checkpoint], renewal: Renewal | None) -> list[Leased]:
    held = renewal.held if renewal else ()
    rows = work.connection.execute(
        _CHECKPOINT_FUNCTION,
        {
            "of_owner": owner,
            "text_users": [row.user_id for row in texts],
            "text_messages": [row.message_id for row in texts],
            "text_attempts": [row.attempt for row in texts],
            "texts": [row.text for row in texts],
            "held_users": [user for user, _, _ in held],
            "held_messages": [message for _, message, _ in held],
            "held_attempts": [attempt for _, _, attempt in held],
            "until": renewal.until if renewal else None,
        },
    )
    return _leased(rows, renewal)


def _checkpoint_one_by_one(
    work: Work, owner: UUID, texts: Sequence[Checkpoint], renewal: Renewal | None
) -> list[Leased]:
    if texts:
        work.connection.execute(
            _CHECKPOINT,
            [
                {"of_user": row.user_id, "of_message": row.message_id, "of_attempt": row.attempt, "text": row.text}
                for row in texts
            ],
        )
    if renewal is None:
        return []
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
    return _leased(work.connection.execute(_LEASED, {"of_owner": owner}), renewal)


def _leased(rows: Iterable[Row[Any]], renewal: Renewal | None) -> list[Leased]:
    until = renewal.until if renewal else None
    return [
        Leased(
            row.user_id,
            row.message_id,
            row.attempt,
            row.stop_requested,
            renewed=until is not None and row.lease_until >= until,
            behind=row.behind,
        )
        for row in rows
    ]
