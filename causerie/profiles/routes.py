"""Profiles over HTTP."""

from uuid import UUID

from fastapi import APIRouter, Response

from causerie.accounts.actor import CurrentActor
from causerie.http.answers import IfMatch, answer
from causerie.http.bodies import JsonRoute
from causerie.http.paging import Listing, Paging, listing
from causerie.http.state import CurrentDatabase
from causerie.profiles import service
from causerie.profiles.schemas import NewProfile, ProfileOut, ProfilePatch, ProfileReplacement

router = APIRouter(prefix="/profiles", tags=["profiles"], route_class=JsonRoute)


@router.get("", response_model=Listing[ProfileOut])
async def list_profiles(query: Paging, database: CurrentDatabase, actor: CurrentActor) -> Response:
    """List the profiles that are not in the trash, the one that was changed last first."""
    return answer(listing(await database.read(actor, service.list_profiles, query), ProfileOut.model_validate))


@router.post("", response_model=ProfileOut, status_code=201)
async def create_profile(new: NewProfile, database: CurrentDatabase, actor: CurrentActor) -> Response:
    """Make a profile: somebody to be in a story."""
    return answer(ProfileOut.model_validate(await database.work(actor, service.create, new)), 201)


@router.get("/{profile_id}", response_model=ProfileOut)
async def get_profile(profile_id: UUID, database: CurrentDatabase, actor: CurrentActor) -> Response:
    """Return a profile."""
    return answer(ProfileOut.model_validate(await database.read(actor, service.get, profile_id)))


@router.patch("/{profile_id}", response_model=ProfileOut)
async def change_profile(
    profile_id: UUID, patch: ProfilePatch, expected: IfMatch, database: CurrentDatabase, actor: CurrentActor
) -> Response:
    """Change the given members."""
    profile = await database.work(actor, service.change, profile_id, patch, expected, whole=False)
    return answer(ProfileOut.model_validate(profile))


@router.put("/{profile_id}", response_model=ProfileOut)
async def replace_profile(
    profile_id: UUID, whole: ProfileReplacement, expected: IfMatch, database: CurrentDatabase, actor: CurrentActor
) -> Response:
    """Replace the profile; members that are left out return to their defaults."""
    profile = await database.work(actor, service.change, profile_id, whole, expected, whole=True)
    return answer(ProfileOut.model_validate(profile))


@router.delete("/{profile_id}", status_code=204)
async def delete_profile(
    profile_id: UUID, expected: IfMatch, database: CurrentDatabase, actor: CurrentActor
) -> Response:
    """Put a profile into the trash; chats that it is in keep it."""
    await database.work(actor, service.trash, profile_id, expected)
    return Response(status_code=204)


@router.post("/{profile_id}/restore", response_model=ProfileOut)
async def restore_profile(profile_id: UUID, database: CurrentDatabase, actor: CurrentActor) -> Response:
    """Take a profile out of the trash."""
    return answer(ProfileOut.model_validate(await database.work(actor, service.restore, profile_id)))
