"""Sessions under the names of seed 001: the same objects, the same acts."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from causerie.accounts.actor import CurrentActor
from causerie.chats.errors import (
    MessageConflict,
    ReferenceNotFound,
    SessionNotFound,
)
from causerie.chats.routes import sessions
from causerie.chats.routes.branch import BranchQuery
from causerie.chats.routes.stopping import Stopping
from causerie.chats.schemas import (
    MessageOut,
    MessagePage,
    NewMessage,
    NewSession,
    SessionChange,
    SessionOut,
    SessionQuery,
)
from causerie.http.answers import IfMatch, Stale
from causerie.http.bodies import JsonRoute
from causerie.http.documents import refusals
from causerie.http.paging import Listing, Paging
from causerie.http.state import CurrentDatabase

router = APIRouter(prefix="/chat-sessions", tags=["sessions"], route_class=JsonRoute)
NO_SESSION = refusals(SessionNotFound)


@router.post("/create", response_model=SessionOut, status_code=201, responses=refusals(ReferenceNotFound))
async def create_chat_session(new: NewSession, database: CurrentDatabase, actor: CurrentActor) -> Response:
    """Begin a session: the same as `POST /sessions`."""
    return await sessions.start_session(new, database, actor)


@router.get("/user/{user_id}", response_model=Listing[SessionOut], responses=NO_SESSION)
async def list_chat_sessions_of_user(
    user_id: UUID, query: Paging, database: CurrentDatabase, actor: CurrentActor
) -> Response:
    """List the sessions of a user, who must be the caller."""
    if user_id != actor.user_id:
        raise SessionNotFound
    return await sessions.list_sessions(SessionQuery(limit=query.limit, cursor=query.cursor), database, actor)


@router.get("/{session_id}", response_model=SessionOut, responses=NO_SESSION)
async def get_chat_session(session_id: UUID, database: CurrentDatabase, actor: CurrentActor) -> Response:
    """Return a session: the same as `GET /sessions/{id}`."""
    return await sessions.get_session(session_id, database, actor)


@router.put("/{session_id}", response_model=SessionOut, responses=refusals(SessionNotFound, Stale))
async def change_chat_session(
    session_id: UUID, change: SessionChange, expected: IfMatch, database: CurrentDatabase, actor: CurrentActor
) -> Response:
    """Change the given members: here PUT merges, as `PATCH /sessions/{id}` does."""
    return await sessions.change_session(session_id, change, expected, database, actor)


@router.delete("/{session_id}", status_code=204, responses=refusals(SessionNotFound, Stale))
async def delete_chat_session(
    session_id: UUID, expected: IfMatch, database: CurrentDatabase, actor: CurrentActor, stops: Stopping
) -> Response:
    """Put a session into the trash: the same as `DELETE /sessions/{id}`."""
    return await sessions.delete_session(session_id, expected, database, actor, stops)


@router.get("/{session_id}/messages", response_model=MessagePage, responses=NO_SESSION)
async def list_messages_of_chat_session(
    session_id: UUID, query: Annotated[BranchQuery, Query()], database: CurrentDatabase, actor: CurrentActor
) -> Response:
    """Return a page of a branch: the same as `GET /sessions/{id}/messages`."""
    return await sessions.list_messages_of_session(session_id, query, database, actor)


@router.post(
    "/{session_id}/messages",
    response_model=MessageOut,
    status_code=201,
    responses=refusals(SessionNotFound, MessageConflict),
)
async def store_message_in_chat_session(
    session_id: UUID, new: NewMessage, database: CurrentDatabase, actor: CurrentActor
) -> Response:
    """Store a message as it is: the same as `POST /sessions/{id}/messages`."""
    return await sessions.store_message(session_id, new, database, actor)


@router.delete("/{session_id}/messages", status_code=204, responses=refusals(SessionNotFound, Stale))
async def clear_chat_session(
    session_id: UUID, database: CurrentDatabase, actor: CurrentActor, stops: Stopping
) -> Response:
    """Delete all messages of a session: the same as `DELETE /sessions/{id}/messages`."""
    return await sessions.clear_messages(session_id, database, actor, stops)
