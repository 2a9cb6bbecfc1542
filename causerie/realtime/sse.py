"""Server-sent events: the same frames as on the socket, one direction, over plain HTTP."""

import asyncio
import re
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request, Response
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from causerie.accounts.actor import CurrentActor
from causerie.chats.errors import SessionNotFound
from causerie.chats.following import Channel, Following, Frame
from causerie.db.work import Actor
from causerie.http.bodies import JsonRoute
from causerie.http.documents import FRAMES_AS_EVENTS, refusals

HEARTBEAT_SECONDS = 15
EVENT_ID = re.compile(r"(?P<epoch>.+)\.(?P<seq>[0-9]{1,18})")
MEDIA_TYPE = "text/event-stream"

router = APIRouter(prefix="/sessions", tags=["sessions"], route_class=JsonRoute)


class EventStream(StreamingResponse):
    """Writes a channel's frames until it is finished, its reader is gone, or the node drains.

    A reader that is stuck is cut off by the server's HTTP protocol, and gone then.
    """

    media_type = MEDIA_TYPE

    def __init__(self, following: Following, channel: Channel, draining: asyncio.Event) -> None:
        super().__init__((), headers={"x-accel-buffering": "no"})
        self._following = following
        self._channel = channel
        self._draining = draining

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 (ASGI's signature)
        ends = [asyncio.create_task(self._draining.wait()), asyncio.create_task(_until_gone(receive))]
        for end in ends:
            end.add_done_callback(lambda _: self._channel.close())
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            while text := await self._next():
                await send({"type": "http.response.body", "body": text, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            self._following.close(self._channel)
            for end in ends:
                end.cancel()
            await asyncio.gather(*ends, return_exceptions=True)

    async def _next(self) -> bytes:
        """Return what there is to send, a comment when there was nothing for a while, nothing at the end."""
        try:
            async with asyncio.timeout(HEARTBEAT_SECONDS):
                frames = await self._channel.frames()
        except TimeoutError:
            return b": nothing new\n\n"
        return "".join([self._event(frame) for frame in frames]).encode()

    def _event(self, frame: Frame) -> str:
        number = "" if frame.seq is None else f"id: {self._following.epoch}.{frame.seq}\n"
        return f"{number}data: {frame.body}\n\n"


@router.get(
    "/{session_id}/events",
    status_code=200,  # given, since the framework looks for it in the class otherwise
    response_class=EventStream,
    responses={
        200: {"content": {MEDIA_TYPE: FRAMES_AS_EVENTS}, "description": "The session's frames."},
        **refusals(SessionNotFound),
    },
)
async def session_events(
    session_id: UUID,
    request: Request,
    actor: CurrentActor,
    after: Annotated[int | None, Query(ge=0, description="The last event that the reader has.")] = None,
    last_event_id: Annotated[str | None, Header(description="`<epoch>.<seq>` of the last event.")] = None,
) -> Response:
    """Follow a session: `session:joined`, what was missed, then everything new. Numbered events carry an id."""
    following: Following = request.app.state.following
    epoch = None
    if last_event_id is not None:
        epoch, after = place_of(last_event_id, after)
    channel = Channel()
    following.register(channel, actor, curious=False)
    try:
        await following.join(actor, channel, session_id, epoch=epoch, after=after)
    except BaseException:
        following.close(channel)
        raise
    return EventStream(following, channel, request.app.state.draining)


class ReplyStream:
    """Answers a request that makes a reply with that reply's frames."""

    def __init__(self, following: Following, draining: asyncio.Event) -> None:
        self._following = following
        self._draining = draining

    async def __call__(self, actor: Actor, session_id: UUID, message_id: UUID, ack: str) -> Response:
        """Return an event stream: `ack`, then the reply's frames; it ends after the reply's end."""
        channel = Channel()
        channel.push(Frame(ack))
        try:
            await self._following.follow(actor, channel, session_id, message_id)
        except BaseException:
            self._following.close(channel)
            raise
        return EventStream(self._following, channel, self._draining)


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def place_of(last_event_id: str, after: int | None) -> tuple[str | None, int | None]:
    """Return what `Last-Event-ID` says; what is no id of ours says nothing."""
    found = EVENT_ID.fullmatch(last_event_id)
    return (found["epoch"], int(found["seq"])) if found else (None, after)
