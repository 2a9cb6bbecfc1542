"""Characters over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, File, Query, Request, Response, UploadFile

from causerie.accounts.actor import CurrentActor
from causerie.characters import pictures, service
from causerie.characters.errors import (
    CharacterInUse,
    CharacterNotFound,
    ImageTooLarge,
    LabelTaken,
    NoAvatar,
    NotAnImage,
)
from causerie.characters.schemas import (
    CharacterOut,
    CharacterPatch,
    CharacterQuery,
    CharacterReplacement,
    CharacterRevisionOut,
    NewCharacter,
)
from causerie.http.answers import IfMatch, answer
from causerie.http.bodies import JsonRoute, UploadRoute
from causerie.http.documents import refusals
from causerie.http.paging import Listing, Paging, listing
from causerie.http.state import CurrentDatabase
from causerie.objects.store import ObjectStore

router = APIRouter(prefix="/characters", tags=["characters"], route_class=JsonRoute)
uploads = APIRouter(
    prefix="/characters",
    tags=["characters"],
    route_class=UploadRoute,
)

_FILE_HEADERS = {
    "cache-control": "private, max-age=31536000, immutable",
    "content-disposition": "inline",
    "content-security-policy": "default-src 'none'; sandbox",
}


async def count_chats(request: Request) -> service.CountChats:
    """Return who tells how much a character is used."""
    counter: service.CountChats = request.app.state.count_chats
    return counter


async def object_store(request: Request) -> ObjectStore:
    """Return the node's object store."""
    store: ObjectStore = request.app.state.objects
    return store


@router.get("", response_model=Listing[CharacterOut])
async def list_characters(
    query: Annotated[CharacterQuery, Query()], database: CurrentDatabase, actor: CurrentActor
) -> Response:
    """List the characters that are not in the trash, the one that was changed last first."""
    return answer(listing(await database.read(actor, service.list_characters, query), CharacterOut.of))


@router.post("", response_model=CharacterOut, status_code=201, responses=refusals(LabelTaken, CharacterNotFound))
async def create_character(new: NewCharacter, database: CurrentDatabase, actor: CurrentActor) -> Response:
    """Make a character. Without `label` it gets one made from its name."""
    return answer(CharacterOut.of(await database.work(actor, service.create, new)), 201)


@router.get("/{character_id}", response_model=CharacterOut)
async def get_character(character_id: UUID, database: CurrentDatabase, actor: CurrentActor) -> Response:
    """Return a character."""
    return answer(CharacterOut.of(await database.read(actor, service.get, character_id)))


@router.patch("/{character_id}", response_model=CharacterOut, responses=refusals(LabelTaken))
async def change_character(
    character_id: UUID, patch: CharacterPatch, expected: IfMatch, database: CurrentDatabase, actor: CurrentActor
) -> Response:
    """Change the given members; what the character was stays readable as a revision."""
    character = await database.work(actor, service.change, character_id, patch, expected, whole=False)
    return answer(CharacterOut.of(character))


@router.put("/{character_id}", response_model=CharacterOut, responses=refusals(LabelTaken))
async def replace_character(
    character_id: UUID, whole: CharacterReplacement, expected: IfMatch, database: CurrentDatabase, actor: CurrentActor
) -> Response:
    """Replace the character; members that are left out return to their defaults."""
    character = await database.work(actor, service.change, character_id, whole, expected, whole=True)
    return answer(CharacterOut.of(character))


@router.delete("/{character_id}", status_code=204, responses=refusals(CharacterInUse))
async def delete_character(
    character_id: UUID,
    expected: IfMatch,
    database: CurrentDatabase,
    actor: CurrentActor,
    chats: Annotated[service.CountChats, Depends(count_chats)],
) -> Response:
    """Put a character into the trash; refused while it has chats."""
    await database.work(actor, service.trash, character_id, expected, chats)
    return Response(status_code=204)


@router.post("/{character_id}/archive", response_model=CharacterOut)
async def archive_character(character_id: UUID, database: CurrentDatabase, actor: CurrentActor) -> Response:
    """Put a character out of sight; its chats stay as they are."""
    return answer(CharacterOut.of(await database.work(actor, service.archive, character_id, archived=True)))


@router.post("/{character_id}/unarchive", response_model=CharacterOut)
async def unarchive_character(character_id: UUID, database: CurrentDatabase, actor: CurrentActor) -> Response:
    """Bring an archived character back into sight."""
    return answer(CharacterOut.of(await database.work(actor, service.archive, character_id, archived=False)))


@router.post("/{character_id}/restore", response_model=CharacterOut)
async def restore_character(character_id: UUID, database: CurrentDatabase, actor: CurrentActor) -> Response:
    """Take a character out of the trash."""
    return answer(CharacterOut.of(await database.work(actor, service.restore, character_id)))


@router.get("/{character_id}/revisions", response_model=Listing[CharacterRevisionOut])
async def list_character_revisions(
    character_id: UUID, query: Paging, database: CurrentDatabase, actor: CurrentActor
) -> Response:
    """List what the character was before each change, newest first."""
    page = await database.read(actor, service.list_revisions, character_id, query)
    return answer(listing(page, CharacterRevisionOut.model_validate))


@router.get(
    "/{character_id}/avatar",
    response_class=Response,
    responses={200: {"content": {service.AVATAR_TYPE: {}}, "description": "The picture."}, **refusals(NoAvatar)},
)
async def get_avatar(
    character_id: UUID,
    database: CurrentDatabase,
    actor: CurrentActor,
    store: Annotated[ObjectStore, Depends(object_store)],
    v: Annotated[str | None, Query(description="Changes with the picture; taken from `avatar_image`.")] = None,
) -> Response:
    """Return a character's picture as WebP."""
    sha256 = await database.read(actor, service.get_avatar, character_id)
    headers = _FILE_HEADERS if v == sha256[:16] else {**_FILE_HEADERS, "cache-control": "no-store"}
    return Response(await store.get(sha256), headers=headers, media_type=service.AVATAR_TYPE)


@uploads.put(
    "/{character_id}/avatar",
    response_model=CharacterOut,
    responses=refusals(NotAnImage, ImageTooLarge),
    form_limits={"max_files": 1, "max_fields": 1},
)
async def put_avatar(
    character_id: UUID,
    file: Annotated[UploadFile, File(description="PNG, JPEG, WebP or GIF of at most 20 MiB and 40 megapixels.")],
    expected: IfMatch,
    database: CurrentDatabase,
    actor: CurrentActor,
    store: Annotated[ObjectStore, Depends(object_store)],
) -> Response:
    """Give a character a picture. It is decoded and written anew: metadata and whatever else the file held is gone."""
    expected.check(await database.read(actor, service.get, character_id))
    picture = await pictures.portrait(await file.read())
    sha256 = await store.put(picture)
    character = await database.work(actor, service.set_avatar, character_id, sha256, len(picture), expected)
    return answer(CharacterOut.of(character))
