"""Settings and preferences over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from causerie.accounts.actor import CurrentActor
from causerie.errors import NotFound
from causerie.http.answers import IfMatch, answer
from causerie.http.bodies import JsonRoute
from causerie.http.documents import refusals
from causerie.http.state import CurrentDatabase
from causerie.settings import service
from causerie.settings.schemas import PreferencesChange, PreferencesOut, SettingsChange, SettingsOut

router = APIRouter(tags=["settings"], route_class=JsonRoute)


async def setting_references(request: Request) -> service.References:
    """Return who tells whether a default exists."""
    references: service.References = request.app.state.setting_references
    return references


References = Annotated[service.References, Depends(setting_references)]


@router.get("/settings", response_model=SettingsOut)
async def get_settings(database: CurrentDatabase, actor: CurrentActor) -> Response:
    """Return the settings."""
    return answer(SettingsOut.model_validate(await database.read(actor, service.get_settings)))


@router.patch("/settings", response_model=SettingsOut, responses=refusals(NotFound))
async def change_settings(
    patch: SettingsChange, expected: IfMatch, database: CurrentDatabase, actor: CurrentActor, references: References
) -> Response:
    """Change the given settings."""
    settings = await database.work(actor, service.change_settings, patch, expected, references, whole=False)
    return answer(SettingsOut.model_validate(settings))


@router.put("/settings", response_model=SettingsOut, responses=refusals(NotFound))
async def replace_settings(
    whole: SettingsChange, expected: IfMatch, database: CurrentDatabase, actor: CurrentActor, references: References
) -> Response:
    """Replace the settings; members that are left out return to their defaults."""
    settings = await database.work(actor, service.change_settings, whole, expected, references, whole=True)
    return answer(SettingsOut.model_validate(settings))


@router.get("/preferences", response_model=PreferencesOut)
async def get_preferences(database: CurrentDatabase, actor: CurrentActor) -> Response:
    """Return the preferences."""
    return answer(PreferencesOut.model_validate(await database.read(actor, service.get_preferences)))


@router.patch("/preferences", response_model=PreferencesOut)
async def change_preferences(
    patch: PreferencesChange, expected: IfMatch, database: CurrentDatabase, actor: CurrentActor
) -> Response:
    """Change the given preferences."""
    preferences = await database.work(actor, service.change_preferences, patch, expected, whole=False)
    return answer(PreferencesOut.model_validate(preferences))


@router.put("/preferences", response_model=PreferencesOut)
async def replace_preferences(
    whole: PreferencesChange, expected: IfMatch, database: CurrentDatabase, actor: CurrentActor
) -> Response:
    """Replace the preferences; members that are left out return to their defaults."""
    preferences = await database.work(actor, service.change_preferences, whole, expected, whole=True)
    return answer(PreferencesOut.model_validate(preferences))
