"""The trash over HTTP."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from causerie.accounts.actor import CurrentActor
from causerie.http.answers import answer
from causerie.http.bodies import JsonRoute
from causerie.http.paging import Listing, Paging, listing
from causerie.http.state import CurrentDatabase
from causerie.jobs.schemas import JobOut
from causerie.trash import service
from causerie.trash.repository import Found
from causerie.trash.schemas import TrashItem

router = APIRouter(prefix="/trash", tags=["trash"], route_class=JsonRoute)


async def job_waker(request: Request) -> Callable[[], None]:
    """Return what lets jobs begin at once if this node does them."""
    wake: Callable[[], None] = request.app.state.wake_jobs
    return wake


@router.get("", response_model=Listing[TrashItem])
async def list_trash(query: Paging, database: CurrentDatabase, actor: CurrentActor) -> Response:
    """List what was deleted and can come back, newest deletion first."""
    contents = await database.read(actor, service.list_trash, query)

    def item(found: Found) -> TrashItem:
        return TrashItem(
            kind=found.kind,
            id=found.id,
            name=found.name,
            deleted_at=found.deleted_at,
            purged_at=found.deleted_at + contents.kept,
        )

    return answer(listing(contents.page, item))


@router.post("/empty", response_model=JobOut, status_code=202)
async def empty_trash(
    database: CurrentDatabase, actor: CurrentActor, wake_jobs: Annotated[Callable[[], None], Depends(job_waker)]
) -> Response:
    """Delete everything in the trash for good, in the background; `GET /api/jobs/{id}` tells how far it is."""
    job = await database.work(actor, service.empty)
    wake_jobs()
    return answer(JobOut.model_validate(job), 202)
