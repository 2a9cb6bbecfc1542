"""Prompts over HTTP."""

from uuid import UUID

from fastapi import APIRouter, Response

from causerie.accounts.actor import CurrentActor
from causerie.accounts.errors import AdministratorsOnly
from causerie.http.answers import IfMatch, answer
from causerie.http.bodies import JsonRoute
from causerie.http.documents import refusals
from causerie.http.paging import Listing, Paging, listing
from causerie.http.state import CurrentDatabase
from causerie.prompts import service
from causerie.prompts.schemas import NewPrompt, PromptOut, PromptPatch, PromptReplacement

router = APIRouter(prefix="/prompts", tags=["prompts"], route_class=JsonRoute)


@router.get("", response_model=Listing[PromptOut])
async def list_prompts(query: Paging, database: CurrentDatabase, actor: CurrentActor) -> Response:
    """List the prompts that are not in the trash, the one that was changed last first."""
    return answer(listing(await database.read(actor, service.list_prompts, query), PromptOut.model_validate))


@router.post("", response_model=PromptOut, status_code=201)
async def create_prompt(new: NewPrompt, database: CurrentDatabase, actor: CurrentActor) -> Response:
    """Make a system prompt."""
    return answer(PromptOut.model_validate(await database.work(actor, service.create, new)), 201)


@router.get("/{prompt_id}", response_model=PromptOut)
async def get_system_prompt(prompt_id: UUID, database: CurrentDatabase, actor: CurrentActor) -> Response:
    """Return a prompt."""
    return answer(PromptOut.model_validate(await database.read(actor, service.get, prompt_id)))


@router.patch("/{prompt_id}", response_model=PromptOut, responses=refusals(AdministratorsOnly))
async def change_prompt(
    prompt_id: UUID, patch: PromptPatch, expected: IfMatch, database: CurrentDatabase, actor: CurrentActor
) -> Response:
    """Change the given members."""
    prompt = await database.work(actor, service.change, prompt_id, patch, expected, whole=False)
    return answer(PromptOut.model_validate(prompt))


@router.put("/{prompt_id}", response_model=PromptOut, responses=refusals(AdministratorsOnly))
async def replace_prompt(
    prompt_id: UUID, whole: PromptReplacement, expected: IfMatch, database: CurrentDatabase, actor: CurrentActor
) -> Response:
    """Replace the prompt; members that are left out return to their defaults."""
    prompt = await database.work(actor, service.change, prompt_id, whole, expected, whole=True)
    return answer(PromptOut.model_validate(prompt))


@router.delete("/{prompt_id}", status_code=204, responses=refusals(AdministratorsOnly))
async def delete_prompt(prompt_id: UUID, expected: IfMatch, database: CurrentDatabase, actor: CurrentActor) -> Response:
    """Put a prompt into the trash; chats that use it go on without one."""
    await database.work(actor, service.trash, prompt_id, expected)
    return Response(status_code=204)


@router.post("/{prompt_id}/restore", response_model=PromptOut, responses=refusals(AdministratorsOnly))
async def restore_prompt(prompt_id: UUID, database: CurrentDatabase, actor: CurrentActor) -> Response:
    """Take a prompt out of the trash."""
    return answer(PromptOut.model_validate(await database.work(actor, service.restore, prompt_id)))
