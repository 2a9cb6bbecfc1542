"""Prompts over HTTP: that of a reply (why did it say that?), and one that is being written."""

from uuid import UUID

from fastapi import APIRouter, Response

from causerie.accounts.actor import CurrentActor
from causerie.characters.errors import CharacterNotFound
from causerie.http.answers import answer
from causerie.http.bodies import JsonRoute
from causerie.http.documents import refusals
from causerie.http.state import CurrentDatabase
from causerie.profiles.errors import ProfileNotFound
from causerie.prompting import service
from causerie.prompting.schemas import PreviewOut, PromptOut, PromptPreview

router = APIRouter(route_class=JsonRoute)


@router.get("/messages/{message_id}/prompt", tags=["messages"], response_model=PromptOut)
async def get_prompt(message_id: UUID, database: CurrentDatabase, actor: CurrentActor) -> Response:
    """Return what the model was asked for this reply, word for word, also after messages were edited."""
    return answer(await database.read(actor, service.read_prompt, message_id))


@router.post(
    "/prompts/preview",
    tags=["prompts"],
    response_model=PreviewOut,
    responses=refusals(CharacterNotFound, ProfileNotFound),
)
async def preview_prompt(new: PromptPreview, database: CurrentDatabase, actor: CurrentActor) -> Response:
    """Return what the prompts of a new chat would begin with, word for word, if this were its system prompt."""
    context = await database.read(actor, service.read_preview, new.content, new.character_id, new.user_profile_id)
    return answer(service.preview(context))
