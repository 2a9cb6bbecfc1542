"""What `app.py` puts into the application's state for every route, and how a route asks for it."""

from typing import Annotated, Protocol

from fastapi import Depends
from starlette.requests import HTTPConnection

from causerie.db.database import Database
from causerie.db.work import Actor


class SignIn(Protocol):
    """Tells who sends a request; `app.state.sign_in` is one."""

    def __call__(self, connection: HTTPConnection) -> Actor:
        """Return the actor of this request or handshake."""


async def current_database(connection: HTTPConnection) -> Database:
    """Return the node's database."""
    database: Database = connection.app.state.database
    return database


async def current_actor(connection: HTTPConnection) -> Actor:
    """Return who sends this request."""
    sign_in: SignIn = connection.app.state.sign_in
    return sign_in(connection)


CurrentDatabase = Annotated[Database, Depends(current_database)]
CurrentActor = Annotated[Actor, Depends(current_actor)]
