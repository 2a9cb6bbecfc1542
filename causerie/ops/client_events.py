"""What the pages report of themselves: errors, slowness, failed requests, named acts; never anything of a chat."""

import re
import time
from collections import Counter
from typing import Annotated, ClassVar, Literal, TypeAlias

import structlog
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from causerie.accounts.actor import CurrentActor
from causerie.http.answers import Count, Input, Moment, answer
from causerie.http.bodies import JsonRoute

MOST_EVENTS = 50
LARGEST_BYTES = 16 * 2**10
LOGGED_A_MINUTE = 300
"""Of all pages together, in this process; what comes beyond is counted and not written."""
MINUTE_SECONDS = 60.0
LONGEST_MILLISECONDS = 24 * 3_600_000

_SECRET = re.compile(r"(?=[A-Za-z+/_=~-]*[0-9])[A-Za-z0-9+_=~-]{20,}")
"""What could be a key, a token or an id: long, without a space, and with a digit."""
_QUOTED = re.compile(r'"[^"]*\s[^"]*"')
"""What engines quote of a text that they could not read."""

Kind: TypeAlias = Literal["error", "slow_interaction", "request", "action"]

log = structlog.get_logger()


class ClientEvent(Input):
    """One thing that happened in a page. `name` is the program's word for it, never a user's."""

    kind: Kind
    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9 _.:/{}-]{0,99}$")]
    detail: Annotated[str, Field(max_length=500)] | None = Field(
        default=None, description="What went wrong, in the program's words; no text of chats, no names, no keys."
    )
    duration_ms: Annotated[Count, Field(ge=0, le=LONGEST_MILLISECONDS)] | None = None
    status: Annotated[Count, Field(ge=0, le=599)] | None = None
    page: Annotated[str, StringConstraints(pattern=r"^/[A-Za-z0-9/:_-]{0,99}$")] | None = Field(
        default=None, description="The page's route as a template, such as `/c/:id`."
    )
    at: Moment


class ClientEvents(Input):
    """What a page has to report since it did last."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "events": [
                        {
                            "kind": "request",
                            "name": "GET /api/sessions",
                            "status": 503,
                            "duration_ms": 2_140,
                            "page": "/history",
                            "at": "2026-11-21T10:41:00Z",
                        }
                    ]
                }
            ]
        },
    )

    events: Annotated[list[ClientEvent], Field(min_length=1, max_length=MOST_EVENTS)]


class Reported(BaseModel):
    """How many of the events were written to the log; the others were counted alone."""

    logged: int


class ClientLog:
    """Writes what pages report into the server's log, so much a minute and no more."""

    def __init__(self, logged_a_minute: int = LOGGED_A_MINUTE) -> None:
        self.counted: Counter[str] = Counter()
        self._most = logged_a_minute
        self._left = logged_a_minute
        self._renewed = float("-inf")

    def take(self, events: list[ClientEvent]) -> int:
        """Count the events and write as many as this minute allows; return how many those are."""
        now = time.monotonic()
        if now - self._renewed >= MINUTE_SECONDS:
            self._renewed, self._left = now, self._most
        written = min(len(events), self._left)
        for event in events[:written]:
            told = {
                "duration_ms": event.duration_ms,
                "status": event.status,
                "page": event.page,
                "detail": None if event.detail is None else _harmless(event.detail),
            }
            log.info(
                "client_event",
                kind=event.kind,
                name=event.name,
                at=event.at.isoformat(),
                **{member: value for member, value in told.items() if value is not None},
            )
        self._left -= written
        self.counted.update(event.kind for event in events)
        return written


class _SmallRoute(JsonRoute):
    largest_body: ClassVar[int] = LARGEST_BYTES


router = APIRouter(tags=["health"], route_class=_SmallRoute)


@router.post("/client-events", response_model=Reported, status_code=202)
async def report_client_events(reported: ClientEvents, request: Request, actor: CurrentActor) -> Response:
    """Report what happened in a page. At most 16 KiB; of many reports some are counted and not written."""
    del actor  # whoever reports is signed in, and is not named in the log
    client_log: ClientLog = request.app.state.client_log
    return answer(Reported(logged=client_log.take(reported.events)), 202)


def _harmless(detail: str) -> str:
    """Return `detail` without what could be a secret, or a text that a page showed."""
    return _SECRET.sub("…", _QUOTED.sub('"…"', detail))
