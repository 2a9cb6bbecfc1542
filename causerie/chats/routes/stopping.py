"""Stopping what runs before it is deleted, so that nothing is lost that somebody has seen."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request

from causerie.accounts.actor import CurrentActor
from causerie.chats import service
from causerie.chats.following import Following
from causerie.db.database import Database
from causerie.db.work import Actor
from causerie.http.answers import IfMatch
from causerie.http.state import CurrentDatabase

STOP_SECONDS = 6
"""Longest wait for a worker to end its reply; after that the deletion ends it, with the text of its last checkpoint."""


class Stops:
    """Ends replies for the request that deletes them."""

    def __init__(self, request: Request, database: Database, actor: Actor, expected: IfMatch) -> None:
        self._following: Following = request.app.state.following
        self._database = database
        self._actor = actor
        self._expected = expected

    async def below(self, message_id: UUID, *, subtree: bool) -> None:
        """Wait until a message, and with `subtree` everything below it, is final."""
        session_id, running = await self._database.work(
            self._actor, service.stop_below, message_id, self._expected, subtree=subtree
        )
        await self._until_final(session_id, running)

    async def in_session(self, session_id: UUID) -> None:
        """Wait until everything in a session is final."""
        running = await self._database.work(self._actor, service.stop_in_session, session_id, self._expected)
        await self._until_final(session_id, running)

    async def _until_final(self, session_id: UUID, running: Sequence[UUID]) -> None:
        for message_id in running:
            await self._following.final(self._actor, session_id, message_id, STOP_SECONDS)


async def _stops(request: Request, database: CurrentDatabase, actor: CurrentActor, expected: IfMatch) -> Stops:
    return Stops(request, database, actor, expected)


Stopping = Annotated[Stops, Depends(_stops)]
