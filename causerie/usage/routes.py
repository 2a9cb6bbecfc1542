"""Usage over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from causerie.accounts.actor import CurrentActor
from causerie.http.answers import answer
from causerie.http.bodies import JsonRoute
from causerie.http.state import CurrentDatabase
from causerie.usage import csv_text, service
from causerie.usage.schemas import UsageQuery, UsageReport

router = APIRouter(tags=["usage"], route_class=JsonRoute)

_AS_TABLE = {"content": {"text/csv": {"schema": {"type": "string"}}}}


@router.get("/usage", response_model=UsageReport, responses={200: _AS_TABLE})
async def get_usage(query: Annotated[UsageQuery, Query()], database: CurrentDatabase, actor: CurrentActor) -> Response:
    """Return what replies consumed and how long they took, by day, model or character; as CSV without the totals."""
    report = await database.read(actor, service.report, query)
    if query.format == "csv":
        saved_as = {"content-disposition": 'attachment; filename="usage.csv"'}
        return Response(csv_text.written(report.items), headers=saved_as, media_type=csv_text.MEDIA_TYPE)
    return answer(report)
