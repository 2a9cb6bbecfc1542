"""The search over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from causerie.accounts.actor import CurrentActor
from causerie.chats.errors import SessionNotFound
from causerie.http.answers import answer
from causerie.http.bodies import JsonRoute
from causerie.http.documents import refusals
from causerie.http.paging import Listing
from causerie.http.state import CurrentDatabase
from causerie.search import service
from causerie.search.schemas import Hit, SearchQuery

router = APIRouter(prefix="/search", tags=["search"], route_class=JsonRoute)


@router.get("", response_model=Listing[Hit], responses=refusals(SessionNotFound))
async def find(query: Annotated[SearchQuery, Query()], database: CurrentDatabase, actor: CurrentActor) -> Response:
    """Find messages, sessions and characters that have all the words, the best first.

    Case and accents make no difference; in scripts without spaces any part of a text is found. With `session_id` the
    hits are the messages of that chat's active branch, the first one first.
    """
    page = await database.read(actor, service.find, query)
    return answer(Listing[Hit](items=list(page.rows), next_cursor=page.next_cursor))
