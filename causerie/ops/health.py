"""Whether the node lives, whether it can serve, and how its parts are."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict
from sqlalchemy import select
from starlette.datastructures import State

from causerie.clock import utc_now
from causerie.db.across import NOBODY, QueueState, queue_state
from causerie.db.database import Database
from causerie.db.errors import SchemaMismatch, StorageUnavailable
from causerie.db.upgrading import HEAD, current_revision
from causerie.db.work import Work
from causerie.errors import Busy
from causerie.generation.models import Worker
from causerie.http.answers import answer
from causerie.http.bodies import JsonRoute
from causerie.http.documents import refusals

Part = Callable[[], Mapping[str, Any]]
"""Tells how a part of the node is. It neither waits nor fails."""

SHOWN_DIGITS = 8
"""Of a worker's id, counted from its end, which differs: enough to tell workers apart."""
DEAD = timedelta(seconds=15)
"""A worker that gave no sign of life for so long has lost its leases."""
FORGOTTEN = timedelta(minutes=1)
"""For so long a worker that vanished is shown."""

probes = APIRouter(tags=["health"])
router = APIRouter(tags=["health"], route_class=JsonRoute)


class Alive(BaseModel):
    """The process answers."""

    status: Literal["ok"] = "ok"


class BrokerHealth(BaseModel):
    """What carries news between processes. `away`: not now, so that live text is about a second late."""

    kind: Literal["memory", "redis"]
    away: bool


class WorkerHealth(BaseModel):
    """A process that makes replies, by the end of its id. `seen_seconds_ago` is the age of its last sign of life.

    `gone`: that is longer ago than its lease, so others go on with what it was writing.
    """

    id: str
    running: int
    concurrency: int
    seen_seconds_ago: float
    gone: bool
    draining: bool
    takeovers: int
    fenced: int


class QueueHealth(BaseModel):
    """The replies that are not final, of all users, and for how long the oldest one waits."""

    model_config = ConfigDict(from_attributes=True)

    queued: int
    running: int
    oldest_seconds: float


class Parts(BaseModel):
    """The parts of the node and what it sees of the others; what cannot be known now is null."""

    database: dict[str, Any] | None = None
    broker: BrokerHealth | None = None
    workers: list[WorkerHealth] | None = None
    queue: QueueHealth | None = None
    replies: dict[str, Any] | None = None
    sockets: dict[str, Any] | None = None


class Health(BaseModel):
    """The parts and their state, for people; status only (S76). `degraded`: something is away, and nothing is lost."""

    status: Literal["ok", "degraded"]
    parts: Parts


@dataclass(frozen=True, slots=True)
class Fleet:
    """What the database tells of everybody's work."""

    seen_at: datetime
    workers: list[Worker]
    queue: QueueState

    def alive(self) -> list[Worker]:
        """Return the workers that keep their leases."""
        return [worker for worker in self.workers if not self.is_gone(worker)]

    def is_gone(self, worker: Worker) -> bool:
        """Tell whether the worker's leases have run out."""
        return self.seen_at - worker.seen_at > DEAD


@probes.get("/livez", response_model=Alive)
async def livez() -> Response:
    """Tell that the process answers."""
    return answer(Alive())


@probes.get("/readyz", response_model=Alive, responses=refusals(SchemaMismatch, StorageUnavailable))
async def readyz(request: Request) -> Response:
    """Tell that the node can serve: the database answers and has the schema of this version."""
    if (why := request.app.state.not_yet) is not None:
        raise why
    database: Database = request.app.state.database
    await database.read(NOBODY, check_schema)
    return answer(Alive())


@router.get("/health", response_model=Health)
async def health(request: Request) -> Response:
    """Return how the node's parts are, and how the workers are as far as the database tells: the gone ones last."""
    state = request.app.state
    known: Mapping[str, Part] = state.parts
    parts = Parts.model_validate({name: dict(tell()) for name, tell in known.items()})
    fleet = await look(state)
    if fleet is not None:
        parts.queue = QueueHealth.model_validate(fleet.queue)
        parts.workers = sorted((_worker(worker, fleet) for worker in fleet.workers), key=lambda worker: worker.gone)
    broker_away = parts.broker is not None and parts.broker.kind == "redis" and parts.broker.away
    worked_on = fleet is not None and bool(fleet.alive() or state.counts())  # our own worker's row comes a second later
    whole = worked_on and not broker_away
    return answer(Health(status="ok" if whole else "degraded", parts=parts))


async def look(state: State) -> Fleet | None:
    """Return what the database tells of workers and queue; None while it cannot be asked."""
    if state.not_yet is not None:
        return None
    database: Database = state.database
    try:
        return await database.read(NOBODY, _fleet)
    except (StorageUnavailable, SchemaMismatch, Busy):
        return None


def check_schema(work: Work) -> None:
    """Accept a database that this version can work with.

    Raises:
        SchemaMismatch: its schema is another one.
    """
    revision = current_revision(work.connection)
    if revision != HEAD:
        raise SchemaMismatch(f"The schema is at {revision}, this version needs {HEAD}. Run `causerie migrate`.")


def shown_id(worker: Worker) -> str:
    """Return what tells a worker from others."""
    return worker.id.hex[-SHOWN_DIGITS:]


def _fleet(work: Work) -> Fleet:
    now = utc_now()
    rows = work.session.scalars(select(Worker).where(Worker.seen_at > now - FORGOTTEN).order_by(Worker.id))
    return Fleet(now, list(rows), queue_state(work, now))


def _worker(worker: Worker, fleet: Fleet) -> WorkerHealth:
    return WorkerHealth(
        id=shown_id(worker),
        running=worker.running,
        concurrency=worker.concurrency,
        seen_seconds_ago=round(max((fleet.seen_at - worker.seen_at).total_seconds(), 0.0), 1),
        gone=fleet.is_gone(worker),
        draining=worker.draining,
        takeovers=worker.takeovers,
        fenced=worker.fenced,
    )
