"""Models over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from causerie.accounts.actor import CurrentActor
from causerie.accounts.errors import AdministratorsOnly
from causerie.aimodels import service
from causerie.aimodels.calling import call_once
from causerie.aimodels.schemas import ModelOut, ModelPatch, ModelReplacement, ModelTest, NewModel
from causerie.aimodels.sealing import Sealer
from causerie.http.answers import IfMatch, answer
from causerie.http.bodies import JsonRoute
from causerie.http.documents import refusals
from causerie.http.paging import Listing, Paging, listing
from causerie.http.state import CurrentDatabase
from causerie.providers.protocol import ModelNotAllowed, ProviderSource

router = APIRouter(prefix="/models", tags=["models"], route_class=JsonRoute)


async def current_sealer(request: Request) -> Sealer:
    """Return who seals the node's provider keys."""
    sealer: Sealer = request.app.state.sealer
    return sealer


async def current_providers(request: Request) -> ProviderSource:
    """Return where the node's providers come from."""
    providers: ProviderSource = request.app.state.providers
    return providers


async def model_rules(request: Request) -> service.ModelRules:
    """Return what the operator allows."""
    rules: service.ModelRules = request.app.state.providers
    return rules


CurrentSealer = Annotated[Sealer, Depends(current_sealer)]
CurrentProviders = Annotated[ProviderSource, Depends(current_providers)]
CurrentRules = Annotated[service.ModelRules, Depends(model_rules)]


@router.get("", response_model=Listing[ModelOut])
async def list_models(query: Paging, database: CurrentDatabase, actor: CurrentActor) -> Response:
    """List the models that are not in the trash, the one that was changed last first."""
    return answer(listing(await database.read(actor, service.list_models, query), ModelOut.of))


@router.post("", response_model=ModelOut, status_code=201, responses=refusals(ModelNotAllowed))
async def create_model(
    new: NewModel, database: CurrentDatabase, actor: CurrentActor, sealer: CurrentSealer, rules: CurrentRules
) -> Response:
    """Add a model. Nothing is called; `test` does that."""
    model = await database.work(actor, service.create, new, sealer, rules)
    return answer(ModelOut.of(model), 201)


@router.get("/{model_id}", response_model=ModelOut)
async def get_model(model_id: UUID, database: CurrentDatabase, actor: CurrentActor) -> Response:
    """Return a model; of its key only the last four characters."""
    return answer(ModelOut.of(await database.read(actor, service.get, model_id)))


@router.patch("/{model_id}", response_model=ModelOut, responses=refusals(AdministratorsOnly, ModelNotAllowed))
async def change_model(
    model_id: UUID,
    patch: ModelPatch,
    expected: IfMatch,
    database: CurrentDatabase,
    actor: CurrentActor,
    sealer: CurrentSealer,
    rules: CurrentRules,
) -> Response:
    """Change the given members. Another provider or base URL drops the key."""
    model = await database.work(actor, service.change, model_id, patch, expected, sealer, rules, whole=False)
    return answer(ModelOut.of(model))


@router.put("/{model_id}", response_model=ModelOut, responses=refusals(AdministratorsOnly, ModelNotAllowed))
async def replace_model(
    model_id: UUID,
    whole: ModelReplacement,
    expected: IfMatch,
    database: CurrentDatabase,
    actor: CurrentActor,
    sealer: CurrentSealer,
    rules: CurrentRules,
) -> Response:
    """Replace the model; members that are left out return to their defaults, but the key stays."""
    model = await database.work(actor, service.change, model_id, whole, expected, sealer, rules, whole=True)
    return answer(ModelOut.of(model))


@router.delete("/{model_id}", status_code=204, responses=refusals(AdministratorsOnly))
async def delete_model(model_id: UUID, expected: IfMatch, database: CurrentDatabase, actor: CurrentActor) -> Response:
    """Put a model into the trash; chats that use it need another."""
    await database.work(actor, service.trash, model_id, expected)
    return Response(status_code=204)


@router.post("/{model_id}/restore", response_model=ModelOut, responses=refusals(AdministratorsOnly))
async def restore_model(model_id: UUID, database: CurrentDatabase, actor: CurrentActor) -> Response:
    """Take a model out of the trash."""
    return answer(ModelOut.of(await database.work(actor, service.restore, model_id)))


@router.post("/{model_id}/test", response_model=ModelTest, responses=refusals(ModelNotAllowed))
async def test_model(
    model_id: UUID, database: CurrentDatabase, actor: CurrentActor, sealer: CurrentSealer, providers: CurrentProviders
) -> Response:
    """Call the model once. A model that fails is a 200 with `ok: false` and the reason."""
    model = await database.read(actor, service.get, model_id)
    return answer(await call_once(providers.for_model(service.config_of(model, sealer))))
