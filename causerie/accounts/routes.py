"""Who am I?"""

from fastapi import APIRouter, Response

from causerie.accounts import service
from causerie.accounts.actor import CurrentActor
from causerie.accounts.schemas import UserOut
from causerie.http.answers import answer
from causerie.http.bodies import JsonRoute
from causerie.http.state import CurrentDatabase

router = APIRouter(prefix="/auth", tags=["accounts"], route_class=JsonRoute)


@router.get("/me", response_model=UserOut)
async def me(database: CurrentDatabase, actor: CurrentActor) -> Response:
    """Return the account that this request acts for; with `AUTH=local` always the owner."""
    user = await database.read(actor, service.me)
    return answer(UserOut.model_validate(user))
