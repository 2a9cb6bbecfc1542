"""Whether the node lives, whether it can serve, and how its parts are."""

from collections.abc import Callable, Mapping
from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel

from causerie.db.across import NOBODY
from causerie.db.database import Database
from causerie.db.errors import SchemaMismatch, StorageUnavailable
from causerie.db.upgrading import HEAD, current_revision
from causerie.db.work import Work
from causerie.http.answers import answer
from causerie.http.bodies import JsonRoute
from causerie.http.documents import refusals

Part = Callable[[], Mapping[str, Any]]
"""Tells how a part of the node is. It neither waits nor fails."""

probes = APIRouter(tags=["health"])
router = APIRouter(tags=["health"], route_class=JsonRoute)


class Alive(BaseModel):
    """The process answers."""

    status: Literal["ok"] = "ok"


class Health(BaseModel):
    """The node's parts and their state, for people; status only (S76)."""

    status: Literal["ok"] = "ok"
    parts: dict[str, dict[str, Any]]


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
    """Return how the node's parts are."""
    parts: Mapping[str, Part] = request.app.state.parts
    return answer(Health(parts={name: dict(tell()) for name, tell in parts.items()}))


def check_schema(work: Work) -> None:
    """Accept a database that this version can work with.

    Raises:
        SchemaMismatch: its schema is another one.
    """
    revision = current_revision(work.connection)
    if revision != HEAD:
        raise SchemaMismatch(f"The schema is at {revision}, this version needs {HEAD}. Run `causerie migrate`.")
