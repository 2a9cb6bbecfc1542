"""Forgetting stored bytes that nobody has any more."""

import asyncio
from datetime import timedelta
from itertools import islice

import structlog

from causerie.clock import utc_now
from causerie.db.across import NOBODY, blobs_in_use
from causerie.db.database import Database
from causerie.errors import CauserieError
from causerie.objects.store import ObjectStore

DAY_SECONDS = 24 * 60 * 60
GRACE = timedelta(hours=1)
"""Bytes are put before the row that names them: for so long they need none."""
_NAMES_A_QUESTION = 500

log = structlog.get_logger(__name__)


async def sweep(database: Database, store: ObjectStore) -> int:
    """Delete what no user's row names, and return how much that was."""
    names = iter(await store.list_older(utc_now() - GRACE))
    swept = 0
    while some := list(islice(names, _NAMES_A_QUESTION)):
        for name in set(some) - await database.read(NOBODY, blobs_in_use, some):
            await store.delete(name)
            swept += 1
    return swept


async def sweep_daily(database: Database, store: ObjectStore) -> None:
    """Sweep now and every day, until cancelled."""
    while True:
        try:
            await sweep(database, store)
        except (CauserieError, OSError):  # the database or the disk is away: tomorrow is early enough
            log.warning("objects_not_swept", exc_info=True)
        await asyncio.sleep(DAY_SECONDS)
