"""Sessions over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from causerie.accounts.actor import CurrentActor
from causerie.chats import service
from causerie.chats.errors import (
    MessageConflict,
    ReferenceNotFound,
    SessionNotFound,
)
from causerie.chats.routes.branch import BranchQuery, branch_page
from causerie.chats.routes.stopping import Stopping
from causerie.chats.schemas import (
    Fork,
    MessageOut,
    MessagePage,
    NewMessage,
    NewSession,
    SessionChange,
    SessionOut,
    SessionQuery,
)
from causerie.http.answers import IfMatch, Stale, answer
from causerie.http.bodies import JsonRoute
from causerie.http.documents import refusals
from causerie.http.paging import Listing, Paging, whole_page
from causerie.http.state import CurrentDatabase

router = APIRouter(prefix="/sessions", tags=["sessions"], route_class=JsonRoute)
NO_SESSION = refusals(SessionNotFound)


@router.get("", response_model=Listing[SessionOut])
async def list_sessions(
    query: Annotated[SessionQuery, Query()], database: CurrentDatabase, actor: CurrentActor
) -> Response:
    """List sessions that are not in the trash; without `sort` the one that was talked in last first."""
    return answer(whole_page(await database.read(actor, service.list_sessions, query)))


@router.post("", response_model=SessionOut, status_code=201, responses=refusals(ReferenceNotFound))
async def start_session(new: NewSession, database: CurrentDatabase, actor: CurrentActor) -> Response:
    """Begin a session. With a character, its greeting is the first message and its alternates are swipes of it."""
    return answer(await database.work(actor, service.start, new), 201)


@router.get("/character/{character_id}", response_model=Listing[SessionOut], responses=refusals(ReferenceNotFound))
async def list_sessions_of_character(
    character_id: UUID, query: Paging, database: CurrentDatabase, actor: CurrentActor
) -> Response:
    """List the sessions with a character, the one that was talked in last first."""
    asked = SessionQuery(limit=query.limit, cursor=query.cursor)
    return answer(whole_page(await database.read(actor, service.list_sessions, asked, character_id=character_id)))


@router.get("/profile/{profile_id}", response_model=Listing[SessionOut], responses=refusals(ReferenceNotFound))
async def list_sessions_of_profile(
    profile_id: UUID, query: Paging, database: CurrentDatabase, actor: CurrentActor
) -> Response:
    """List the sessions of a persona, the one that was talked in last first."""
    asked = SessionQuery(limit=query.limit, cursor=query.cursor)
    return answer(whole_page(await database.read(actor, service.list_sessions, asked, user_profile_id=profile_id)))


@router.get("/{session_id}", response_model=SessionOut, responses=NO_SESSION)
async def get_session(session_id: UUID, database: CurrentDatabase, actor: CurrentActor) -> Response:
    """Return a session."""
    return answer(await database.read(actor, service.get, session_id))


@router.patch("/{session_id}", response_model=SessionOut, responses=refusals(SessionNotFound, Stale))
async def change_session(
    session_id: UUID, change: SessionChange, expected: IfMatch, database: CurrentDatabase, actor: CurrentActor
) -> Response:
    """Change the given members. `active_leaf_id` selects a branch."""
    return answer(await database.work(actor, service.change, session_id, change, expected, whole=False))


@router.put("/{session_id}", response_model=SessionOut, responses=refusals(SessionNotFound, Stale))
async def replace_session(
    session_id: UUID, whole: SessionChange, expected: IfMatch, database: CurrentDatabase, actor: CurrentActor
) -> Response:
    """Replace what a client may set; members that are left out return to their defaults, the branch stays."""
    return answer(await database.work(actor, service.change, session_id, whole, expected, whole=True))


@router.delete("/{session_id}", status_code=204, responses=refusals(SessionNotFound, Stale))
async def delete_session(
    session_id: UUID,
    expected: IfMatch,
    database: CurrentDatabase,
    actor: CurrentActor,
    stops: Stopping,
    permanent: Annotated[bool, Query(description="Delete for good, with all messages.")] = False,
) -> Response:
    """Put a session into the trash, from where `restore` brings it back; with `permanent` there is no way back."""
    await stops.in_session(session_id)
    if permanent:
        await database.work(actor, service.trash_if_living, session_id, expected)
        while await database.work_in_bulk(actor, service.purge_slice, session_id):
            pass
    else:
        await database.work(actor, service.trash, session_id, expected)
    return Response(status_code=204)


@router.post("/{session_id}/restore", response_model=SessionOut, responses=NO_SESSION)
async def restore_session(session_id: UUID, database: CurrentDatabase, actor: CurrentActor) -> Response:
    """Take a session out of the trash, with all its messages."""
    return answer(await database.work(actor, service.restore, session_id))


@router.post("/{session_id}/fork", response_model=SessionOut, status_code=201, responses=NO_SESSION)
async def fork_session(
    session_id: UUID, database: CurrentDatabase, actor: CurrentActor, where: Fork | None = None
) -> Response:
    """Begin a new session with a copy of the path to a message, by default to the active leaf."""
    return answer(await database.work(actor, service.fork, session_id, where or Fork()), 201)


@router.get("/{session_id}/messages", response_model=MessagePage, responses=NO_SESSION)
async def list_messages_of_session(
    session_id: UUID, query: Annotated[BranchQuery, Query()], database: CurrentDatabase, actor: CurrentActor
) -> Response:
    """Return a page of a branch, oldest first within it; `next_cursor` leads to older messages."""
    return answer(await branch_page(session_id, query, database, actor))


@router.post(
    "/{session_id}/messages",
    response_model=MessageOut,
    status_code=201,
    responses=refusals(SessionNotFound, MessageConflict),
)
async def store_message(session_id: UUID, new: NewMessage, database: CurrentDatabase, actor: CurrentActor) -> Response:
    """Store a message as it is; nothing answers it (`send_message` and `generate` do that)."""
    return answer(await database.work(actor, service.store, session_id, new), 201)


@router.delete("/{session_id}/messages", status_code=204, responses=refusals(SessionNotFound, Stale))
async def clear_messages(session_id: UUID, database: CurrentDatabase, actor: CurrentActor, stops: Stopping) -> Response:
    """Delete all messages of a session; restoring one of them brings all of them back."""
    await stops.in_session(session_id)
    await database.work(actor, service.clear, session_id)
    return Response(status_code=204)
