"""What makes a reply, over HTTP: it waits until the reply is final, answers as it goes on, or answers at once."""

import asyncio
import re
from collections.abc import Callable
from typing import Annotated, Any, Protocol
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Request, Response
from starlette.datastructures import State

from causerie.accounts.actor import CurrentActor
from causerie.chats import encoding, service
from causerie.chats.errors import (
    MessageConflict,
    MessageNotFound,
    NotAReply,
    NothingToAnswer,
    NotRetryable,
    SessionNotFound,
)
from causerie.chats.following import Following
from causerie.chats.schemas import MessageOut, NewSwipe, ReplyAttempt, SendMessage, Sent
from causerie.chats.signals import Starter
from causerie.db.database import Database
from causerie.db.work import Actor, Work
from causerie.failpoints import failpoint
from causerie.http.answers import answer
from causerie.http.bodies import JsonRoute
from causerie.http.documents import FRAMES_AS_EVENTS, refusals
from causerie.http.state import CurrentDatabase

LONGEST_WAIT_SECONDS = 600
EVENT_STREAM = "text/event-stream"

chat = APIRouter(prefix="/chat", tags=["chat"], route_class=JsonRoute)
sessions = APIRouter(prefix="/sessions", tags=["sessions"], route_class=JsonRoute)
messages = APIRouter(prefix="/messages", tags=["messages"], route_class=JsonRoute)
routers = (chat, sessions, messages)


class StreamsReplies(Protocol):
    """Answers a request with the frames of a reply; `realtime` does."""

    async def __call__(self, actor: Actor, session_id: UUID, message_id: UUID, ack: str) -> Response:
        """Return an event stream: `ack`, then the reply's frames; it ends after the reply's end."""


class Waits:
    """How long a request wants to wait for its reply, and where the node stands."""

    def __init__(self, state: State, database: Database, actor: Actor, *, streams: bool, seconds: float) -> None:
        self.actor = actor
        self.database = database
        self.starter: Starter = state.starter
        self.streams = streams
        self._following: Following = state.following
        self._stream: StreamsReplies = state.stream_reply
        self._draining: asyncio.Event = state.draining
        self._seconds = seconds

    async def stream(self, session_id: UUID, message_id: UUID, ack: str) -> Response:
        """Answer with the reply's frames."""
        return await self._stream(self.actor, session_id, message_id, ack)

    async def until_final(self, session_id: UUID, message_id: UUID) -> bool:
        """Wait for the end of a reply; False when the time is over or the node ends before."""
        if self._seconds <= 0:
            return False
        final = asyncio.create_task(self._following.final(self.actor, session_id, message_id, self._seconds))
        draining = asyncio.create_task(self._draining.wait())
        try:
            await asyncio.wait((final, draining), return_when=asyncio.FIRST_COMPLETED)
            return final.done() and final.result()
        finally:
            for task in (final, draining):
                task.cancel()
            await asyncio.gather(final, draining, return_exceptions=True)


async def _waits(
    request: Request,
    database: CurrentDatabase,
    actor: CurrentActor,
    accept: Annotated[str, Header(description="`text/event-stream` answers with the reply's frames.")] = "*/*",
    prefer: Annotated[str, Header(description="`respond-async`, or `wait=<seconds>`.")] = "",
) -> Waits:
    streams = EVENT_STREAM in accept
    return Waits(request.app.state, database, actor, streams=streams, seconds=_preferred_seconds(prefer))


Waiting = Annotated[Waits, Depends(_waits)]

_STARTED: dict[int | str, dict[str, Any]] = {
    202: {"description": "The reply is not final yet; this is how far it is. It goes on by itself."}
}
_STREAMS = {"content": {EVENT_STREAM: FRAMES_AS_EVENTS}, "description": "The final reply, or its frames."}


def _responses(model: type, *refused: Any) -> dict[int | str, dict[str, Any]]:
    return {200: {"model": model, **_STREAMS}, 202: {"model": model, **_STARTED[202]}, **refusals(*refused)}


@chat.post(
    "/send_message",
    response_model=Sent,
    responses=_responses(Sent, SessionNotFound, MessageConflict),
)
async def send_message(body: SendMessage, waits: Waiting) -> Response:
    """Say something and wait for the reply. Without `chat_session_id` a session begins."""
    said = await waits.database.work(waits.actor, service.say, body.saying(), waits.starter)
    failpoint("after_commit_before_ack")
    reply = said.ai_message
    if reply is None:
        return answer(Sent(chat_session_id=said.session_id, user_message=said.user_message, ai_message=None))
    if waits.streams or body.stream:
        ack = encoding.ack(
            said.session_id,
            said.user_message.id,
            seq=said.seq,
            message=said.user_message.model_dump_json(),
            reply_id=reply.id,
            duplicate=said.duplicate,
        )
        return await waits.stream(said.session_id, reply.id, ack)
    final = await waits.until_final(said.session_id, reply.id)
    reply = await waits.database.read(waits.actor, service.find_message, reply.id)
    sent = Sent(chat_session_id=said.session_id, user_message=said.user_message, ai_message=reply)
    return answer(sent, 200 if final else 202)


@chat.post("", response_model=Sent, responses=_responses(Sent, SessionNotFound, MessageConflict))
async def send_message_alias(body: SendMessage, waits: Waiting) -> Response:
    """Say something and wait for the reply: the same as `send_message`."""
    return await send_message(body, waits)


@sessions.post(
    "/{session_id}/generate",
    response_model=MessageOut,
    responses=_responses(MessageOut, SessionNotFound, NothingToAnswer),
)
async def generate(session_id: UUID, waits: Waiting) -> Response:
    """Let the character answer what the active branch ends with."""
    reply = await waits.database.work(waits.actor, service.generate, session_id, waits.starter)
    return await _answer(reply, waits)


@messages.post(
    "/{message_id}/retry", response_model=MessageOut, responses=_responses(MessageOut, MessageNotFound, NotRetryable)
)
async def retry(message_id: UUID, waits: Waiting, asked: ReplyAttempt | None = None) -> Response:
    """Let a reply that failed or was stopped be written again."""
    return await _ask(service.retry, message_id, asked or ReplyAttempt(), waits)


@messages.post(
    "/{message_id}/continue", response_model=MessageOut, responses=_responses(MessageOut, MessageNotFound, NotAReply)
)
async def continue_reply(message_id: UUID, waits: Waiting, asked: ReplyAttempt | None = None) -> Response:
    """Let a reply be written further; its text stays."""
    return await _ask(service.continue_, message_id, asked or ReplyAttempt(), waits)


@messages.post(
    "/{message_id}/swipe",
    response_model=MessageOut,
    responses=_responses(MessageOut, MessageNotFound, NotAReply, NothingToAnswer, MessageConflict),
)
async def swipe(message_id: UUID, waits: Waiting, new: NewSwipe | None = None) -> Response:
    """Let another answer be written beside a reply."""
    return await _ask(service.swipe, message_id, new or NewSwipe(), waits)


async def _ask(
    verb: Callable[[Work, UUID, Any, Starter], service.Asked], message_id: UUID, body: Any, waits: Waits
) -> Response:
    asked = await waits.database.work(waits.actor, verb, message_id, body, waits.starter)
    return await _answer(asked.message, waits)


async def _answer(reply: MessageOut, waits: Waits) -> Response:
    if waits.streams:
        return await waits.stream(reply.session_id, reply.id, encoding.ack(reply.session_id, reply.id))
    final = await waits.until_final(reply.session_id, reply.id)
    return answer(await waits.database.read(waits.actor, service.get_message, reply.id), 200 if final else 202)


def _preferred_seconds(prefer: str) -> float:
    """Return how long the client wants to wait (RFC 7240), at most ten minutes."""
    if re.search(r"\brespond-async\b", prefer):
        return 0
    wait = re.search(r"\bwait\s*=\s*(\d{1,9})", prefer)
    return min(int(wait.group(1)), LONGEST_WAIT_SECONDS) if wait else LONGEST_WAIT_SECONDS
