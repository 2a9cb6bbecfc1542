"""Why did it say that? The prompt of a reply over HTTP."""

from uuid import UUID

from fastapi import APIRouter, Response

from causerie.accounts.actor import CurrentActor
from causerie.http.answers import answer
from causerie.http.bodies import JsonRoute
from causerie.http.state import CurrentDatabase
from causerie.prompting import service
from causerie.prompting.schemas import PromptOut

router = APIRouter(prefix="/messages", tags=["messages"], route_class=JsonRoute)


@router.get("/{message_id}/prompt", response_model=PromptOut)
async def get_prompt(message_id: UUID, database: CurrentDatabase, actor: CurrentActor) -> Response:
    """Return what the model was asked for this reply, word for word, also after messages were edited."""
    return answer(await database.read(actor, service.read_prompt, message_id))
