"""Server-sent events: the same frames as on the socket, one direction, over plain HTTP."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request, Response
from starlette.responses import StreamingResponse

from causerie.accounts.actor import CurrentActor
from causerie.chats.errors import SessionNotFound
from causerie.chats.following import Channel, Following, Frame
from causerie.db.work import Actor
from causerie.http.bodies import JsonRoute
from causerie.http.documents import refusals

HEARTBEAT_SECONDS = 15
MEDIA_TYPE = "text/event-stream"

router = APIRouter(prefix="/sessions", tags=["sessions"], route_class=JsonRoute)


@router.get(
    "/{session_id}/events",
    response_class=StreamingResponse,
    responses={
        200: {"content": {MEDIA_TYPE: {"schema": {"type": "string"}}}, "description": "The session's frames."},
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
        epoch, after = _place(last_event_id, after)
    channel = Channel()
    following.register(channel, actor, curious=False)
    try:
        await following.join(actor, channel, session_id, epoch=epoch, after=after)
    except BaseException:
        following.close(channel)
        raise
    return _answer(_stream(following, channel, request.app.state.draining))


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
        return _answer(_stream(self._following, channel, self._draining, until_end=True))


def _answer(body: AsyncIterator[bytes]) -> Response:
    return StreamingResponse(body, media_type=MEDIA_TYPE, headers={"x-accel-buffering": "no"})


async def _stream(
    following: Following, channel: Channel, draining: asyncio.Event, *, until_end: bool = False
) -> AsyncIterator[bytes]:
    """Write the channel's frames, and a comment whenever nothing was sent for a while."""
    ending = asyncio.create_task(draining.wait())
    try:
        while not draining.is_set():
            frames = asyncio.create_task(channel.frames())
            try:
                await asyncio.wait((frames, ending), timeout=HEARTBEAT_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            finally:
                if not frames.done():
                    frames.cancel()
            if frames.done() and not frames.cancelled():
                batch = frames.result()
                if not batch:
                    return
                yield b"".join(_event(frame, following.epoch) for frame in batch)
                if until_end and any(_is_end(frame) for frame in batch):
                    return
            else:
                yield b": nothing new\n\n"
    finally:
        ending.cancel()
        following.close(channel)


def _event(frame: Frame, epoch: str) -> bytes:
    number = "" if frame.seq is None else f"id: {epoch}.{frame.seq}\n"
    return f"{number}data: {frame.body}\n\n".encode()


def _is_end(frame: Frame) -> bool:
    return frame.body.startswith('{"type":"chat:stream:end"')


def _place(last_event_id: str, after: int | None) -> tuple[str | None, int | None]:
    """Return what `Last-Event-ID` says; what is no id of ours says nothing."""
    epoch, dot, seq = last_event_id.rpartition(".")
    return (epoch, int(seq)) if dot and seq.isascii() and seq.isdigit() else (None, after)
