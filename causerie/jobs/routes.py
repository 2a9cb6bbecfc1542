"""Jobs over HTTP."""

from uuid import UUID

from fastapi import APIRouter, Response

from causerie.http.answers import answer
from causerie.http.bodies import JsonRoute
from causerie.http.state import CurrentActor, CurrentDatabase
from causerie.jobs import service
from causerie.jobs.schemas import JobOut

router = APIRouter(prefix="/jobs", tags=["jobs"], route_class=JsonRoute)


@router.get("/{job_id}", response_model=JobOut)
async def get_job(job_id: UUID, database: CurrentDatabase, actor: CurrentActor) -> Response:
    """Return a piece of background work and how far it is."""
    return answer(JobOut.model_validate(await database.read(actor, service.get, job_id)))
