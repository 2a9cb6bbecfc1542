"""Messages over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel

from causerie.accounts.actor import CurrentActor
from causerie.chats import service
from causerie.chats.errors import (
    MessageNotFound,
    ReplyRunning,
    SessionNotFound,
)
from causerie.chats.routes.branch import BranchQuery, branch_page
from causerie.chats.routes.stopping import Stopping
from causerie.chats.schemas import (
    MessageOut,
    MessagePage,
    MessagePatch,
    MessageRevisionOut,
)
from causerie.http.answers import IfMatch, Stale, answer
from causerie.http.bodies import JsonRoute
from causerie.http.documents import refusals
from causerie.http.state import CurrentDatabase

router = APIRouter(prefix="/messages", tags=["messages"], route_class=JsonRoute)
NO_SESSION = refusals(SessionNotFound)
NO_MESSAGE = refusals(MessageNotFound)


class Items(BaseModel):
    """A list that is short enough to be whole."""

    items: list[MessageOut]


class Revisions(BaseModel):
    """What a message said before, oldest first."""

    items: list[MessageRevisionOut]


class SessionBranchQuery(BranchQuery):
    """As `BranchQuery`, for the route that names the session in its query."""

    chat_session_id: UUID


@router.get("", response_model=MessagePage, responses=NO_SESSION)
async def list_messages(
    query: Annotated[SessionBranchQuery, Query()], database: CurrentDatabase, actor: CurrentActor
) -> Response:
    """Return a page of a branch, oldest first within it; `next_cursor` leads to older messages."""
    return answer(await branch_page(query.chat_session_id, query, database, actor))


@router.get("/{message_id}", response_model=MessageOut, responses=NO_MESSAGE)
async def get_message(message_id: UUID, database: CurrentDatabase, actor: CurrentActor) -> Response:
    """Return a message. A reply that is being written shows its text up to about a second ago."""
    return answer(await database.read(actor, service.get_message, message_id))


@router.patch(
    "/{message_id}",
    response_model=MessageOut,
    responses=refusals(MessageNotFound, ReplyRunning, Stale),
)
async def edit_message(
    message_id: UUID, patch: MessagePatch, expected: IfMatch, database: CurrentDatabase, actor: CurrentActor
) -> Response:
    """Change a message; a former text stays readable as a revision."""
    return answer(await database.work(actor, service.edit, message_id, patch, expected))


@router.delete("/{message_id}", status_code=204, responses=refusals(MessageNotFound, Stale))
async def delete_message(
    message_id: UUID,
    expected: IfMatch,
    database: CurrentDatabase,
    actor: CurrentActor,
    stops: Stopping,
    subtree: Annotated[bool, Query(description="Also everything that follows it.")] = False,
) -> Response:
    """Take a message out of its branch; what follows stays, but with `subtree` it goes too."""
    await stops.below(message_id, subtree=subtree)
    await database.work(actor, service.delete, message_id, expected, subtree=subtree)
    return Response(status_code=204)


@router.post("/{message_id}/restore", response_model=MessageOut, responses=NO_MESSAGE)
async def restore_message(message_id: UUID, database: CurrentDatabase, actor: CurrentActor) -> Response:
    """Bring back everything that the DELETE took which took this message."""
    return answer(await database.work(actor, service.restore_message, message_id))


@router.post("/{message_id}/stop", response_model=MessageOut, responses=NO_MESSAGE)
async def stop_reply(message_id: UUID, database: CurrentDatabase, actor: CurrentActor) -> Response:
    """Let a reply end with the text that it has."""
    return answer(await database.work(actor, service.stop, message_id))


@router.get("/{message_id}/siblings", response_model=Items, responses=NO_MESSAGE)
async def list_siblings(message_id: UUID, database: CurrentDatabase, actor: CurrentActor) -> Response:
    """Return a message and its swipes, oldest first."""
    return answer(Items(items=await database.read(actor, service.list_siblings, message_id)))


@router.get("/{message_id}/revisions", response_model=Revisions, responses=NO_MESSAGE)
async def list_revisions(message_id: UUID, database: CurrentDatabase, actor: CurrentActor) -> Response:
    """Return what a message said before it was edited, oldest first."""
    rows = await database.read(actor, service.list_revisions, message_id)
    return answer(Revisions(items=[MessageRevisionOut.model_validate(row) for row in rows]))
