"""`Idempotency-Key`: a POST that is sent again is answered again, not done again."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import structlog
from fastapi import Request, Response
from sqlalchemy import delete, update

from causerie.clock import utc_now
from causerie.db.database import Database
from causerie.db.errors import StorageUnavailable
from causerie.db.work import Actor, Work
from causerie.errors import Busy, CauserieError, Conflict, FieldError, InvalidInput
from causerie.http.answers import etag
from causerie.http.models import IdempotencyRecord
from causerie.http.state import current_actor, current_database

KEPT = timedelta(hours=24)
SIGN_SECONDS = 5.0
SILENT = timedelta(seconds=20)
"""A running request's record is touched every 5 s. One that was not for so long was lost with its process, and may be
sent again."""
LONGEST_KEY = 255

log = structlog.get_logger(__name__)


class IdempotencyConflict(CauserieError):
    """The key was used for another request."""

    status, code, title = 422, "idempotency_conflict", "This Idempotency-Key belongs to another request"

    def __init__(self) -> None:
        super().__init__("Send a new request with a new key; keys are remembered for 24 hours.")


class StillRunning(Conflict):
    """The first request with this key has no answer yet."""

    code, title, retryable = "still_running", "The first request with this key still runs", True

    def __init__(self) -> None:
        super().__init__("Send it again a little later to get the first request's answer.", retry_after=1)


@dataclass(frozen=True, slots=True)
class Recorded:
    """The answer of the first request."""

    status: int
    media_type: str
    body: str

    def response(self) -> Response:
        """Return it again, with the ETag that its row's version gave it."""
        response = Response(self.body, self.status, {"idempotent-replayed": "true"}, self.media_type or None)
        if self.media_type == "application/json":
            told = json.loads(self.body)
            if isinstance(told, dict) and isinstance(version := told.get("version"), int):
                response.headers["etag"] = etag(version)
        return response


async def once(route: str, key: str, request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
    """Answer the request; one that was answered before with success gets that answer again.

    Refusals and streams are not kept, so such a request is really done again.

    Args:
        route: what the key is unique in, together with the user.
        request: its body has been read.

    Raises:
        IdempotencyConflict: `key` was used for another request of this route.
        StillRunning: the first request has no answer yet.
    """
    if not 0 < len(key) <= LONGEST_KEY:
        fault = FieldError(pointer="?Idempotency-Key", code="too_long", detail=f"1 to {LONGEST_KEY} characters.")
        raise InvalidInput("The Idempotency-Key must have 1 to 255 characters.", errors=[fault])
    database, actor = await current_database(request), await current_actor(request)
    digest = hashlib.sha256(f"{request.url.query}\n".encode() + await request.body()).hexdigest()
    recorded = await database.work(actor, _claim, route, key, digest)
    if recorded:
        return recorded.response()
    try:
        async with _signs_of_life(database, actor, route, key):
            response = await answer(request)
    except BaseException:
        await database.work(actor, _release, route, key)
        raise
    body = getattr(response, "body", None)  # a stream has none
    if response.status_code < 300 and body is not None:
        kind = response.media_type or ""
        await database.work(actor, _record, route, key, Recorded(response.status_code, kind, bytes(body).decode()))
    else:
        await database.work(actor, _release, route, key)
    return response


@asynccontextmanager
async def _signs_of_life(database: Database, actor: Actor, route: str, key: str) -> AsyncIterator[None]:
    """Let others see, until the block ends, that the request runs."""

    async def sign() -> None:
        while True:
            await asyncio.sleep(SIGN_SECONDS)
            try:
                await database.work_lazily(actor, _touch, route, key)
            except (StorageUnavailable, Busy) as error:
                log.warning("request_not_signed", route=route, code=error.code)

    signing = asyncio.create_task(sign(), name="signs of a request")
    try:
        yield
    finally:
        signing.cancel()
        await asyncio.wait([signing])


def _touch(work: Work, route: str, key: str) -> None:
    running = IdempotencyRecord.route == route, IdempotencyRecord.key == key, IdempotencyRecord.status.is_(None)
    work.session.execute(update(IdempotencyRecord).where(*running).values(created_at=utc_now()))


def _claim(work: Work, route: str, key: str, digest: str) -> Recorded | None:
    now = utc_now()
    work.session.execute(delete(IdempotencyRecord).where(IdempotencyRecord.created_at < now - KEPT))
    # Locked: of two that repeat a lost request at once only one may find it lost.
    stored = work.session.get(IdempotencyRecord, (work.actor.user_id, route, key), with_for_update=True)
    if stored is None:
        work.session.add(IdempotencyRecord(route=route, key=key, request_sha256=digest))
        return None
    if stored.request_sha256 != digest:
        raise IdempotencyConflict
    if stored.status is not None:
        return Recorded(stored.status, stored.media_type, stored.body)
    if stored.created_at > now - SILENT:
        raise StillRunning
    stored.created_at = now
    return None


def _record(work: Work, route: str, key: str, answered: Recorded) -> None:
    stored = work.session.get_one(IdempotencyRecord, (work.actor.user_id, route, key))
    stored.status, stored.media_type, stored.body = answered.status, answered.media_type, answered.body


def _release(work: Work, route: str, key: str) -> None:
    stored = work.session.get(IdempotencyRecord, (work.actor.user_id, route, key))
    if stored is not None:
        work.session.delete(stored)
