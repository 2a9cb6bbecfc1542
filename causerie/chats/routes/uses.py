"""What uses a profile or a system prompt: whoever deletes one may want to know."""

from uuid import UUID

from fastapi import APIRouter, Response

from causerie.accounts.actor import CurrentActor
from causerie.chats import service
from causerie.chats.schemas import Uses
from causerie.http.answers import answer
from causerie.http.bodies import JsonRoute
from causerie.http.state import CurrentDatabase

router = APIRouter(route_class=JsonRoute)


@router.get("/profiles/{profile_id}/uses", tags=["profiles"], response_model=Uses)
async def get_uses_of_profile(profile_id: UUID, database: CurrentDatabase, actor: CurrentActor) -> Response:
    """Return how many chats a profile is in, and whether it is the usual one."""
    return answer(await database.read(actor, service.uses_of_profile, profile_id))


@router.get("/prompts/{prompt_id}/uses", tags=["prompts"], response_model=Uses)
async def get_uses_of_prompt(prompt_id: UUID, database: CurrentDatabase, actor: CurrentActor) -> Response:
    """Return how many chats use a system prompt, and whether it is the usual one."""
    return answer(await database.read(actor, service.uses_of_prompt, prompt_id))
