"""What the settings say about how long the trash keeps, done once a day."""

import asyncio
from collections.abc import Callable

import structlog

from causerie.db.database import Database
from causerie.db.work import Actor
from causerie.errors import CauserieError
from causerie.trash import service

DAY_SECONDS = 24 * 60 * 60

log = structlog.get_logger(__name__)


async def empty_daily(database: Database, actor: Actor, wake: Callable[[], None]) -> None:
    """Ask now and every day, until cancelled, that what is overdue in the actor's trash goes for good."""
    while True:
        try:
            if await database.work(actor, service.empty_overdue) is not None:
                wake()
        except CauserieError as error:  # the database is away or busy: tomorrow is early enough
            log.warning("trash_not_looked_at", code=error.code)
        await asyncio.sleep(DAY_SECONDS)
