"""All frames that the server sends, on sockets and event streams alike: a closed union, told apart by `type`.

They are the one source of the AsyncAPI document. What is sent often is written by `causerie.chats.encoding` instead,
to the same effect.
"""

from typing import Annotated, Any, Literal, TypeAlias
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from causerie.chats.schemas import MessageError, MessageOut, SessionOut
from causerie.errors import Problem
from causerie.events import Event, NumberedEvent

Attempt = Annotated[int, Field(ge=0, description="0 for a reply that ended while it was queued.")]
CodePoints = Annotated[int, Field(ge=0, description="Counted in Unicode code points.")]


class Part(BaseModel):
    """A part of a frame: closed and frozen like the frame itself."""

    model_config = ConfigDict(frozen=True, extra="forbid")


# Events of a session's history: each has its number.


class MessageCreated(NumberedEvent):
    """A message was said, stored, or queued as a reply."""

    type: Literal["message:created"] = "message:created"
    message: MessageOut


class MessageUpdated(NumberedEvent):
    """A message was edited, restored or asked for again."""

    type: Literal["message:updated"] = "message:updated"
    message: MessageOut


class MessageDeleted(NumberedEvent):
    """A message was taken out of its branch; what follows it stays."""

    type: Literal["message:deleted"] = "message:deleted"
    message: MessageOut


class StreamStart(NumberedEvent):
    """The first attempt of a reply begins. It comes once per message."""

    type: Literal["chat:stream:start"] = "chat:stream:start"
    message_id: UUID
    attempt: Attempt
    intent: str


class StreamReset(NumberedEvent):
    """A later attempt begins; it keeps the first `keep` code points of the text so far."""

    type: Literal["chat:stream:reset"] = "chat:stream:reset"
    message_id: UUID
    attempt: Attempt
    keep: CodePoints


class StreamEnd(NumberedEvent):
    """A reply is final, however it ended; `content` is what is stored."""

    type: Literal["chat:stream:end"] = "chat:stream:end"
    message_id: UUID
    attempt: Attempt
    status: Literal["complete", "stopped", "failed"]
    content: str
    length: CodePoints
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$", description="Of the content's UTF-8.")]
    finish_reason: str | None
    usage: dict[str, Any] | None
    error: MessageError | None = None


class SessionUpdated(Event):
    """A session's row changed: numbered for who has joined it, else a hint without `seq`."""

    type: Literal["session:updated"] = "session:updated"
    seq: Annotated[int | None, Field(ge=1)] = None
    session: SessionOut


# Text, and what stands outside the history.


class StreamToken(Event):
    """New text of `attempt`, which begins after `offset` code points of that attempt."""

    type: Literal["chat:stream:token"] = "chat:stream:token"
    message_id: UUID
    attempt: Attempt
    offset: CodePoints
    token: str


class LiveReply(Part):
    """A reply that is being written: its text from `offset` on."""

    message_id: UUID
    attempt: Attempt
    offset: CodePoints
    text: str


class SessionJoined(Event):
    """The answer to `session:join`: events from `seq` + 1 on follow. `messages` is the last page, unless resumed."""

    type: Literal["session:joined"] = "session:joined"
    epoch: str
    seq: Annotated[int, Field(ge=0)]
    session: SessionOut
    messages: list[MessageOut] | None = None
    live: list[LiveReply]


class SessionCreated(Event):
    """A hint: the user has a new session."""

    type: Literal["session:created"] = "session:created"
    session: SessionOut


class SessionDeleted(Event):
    """A session was moved to the trash or deleted; this also ends a join."""

    type: Literal["session:deleted"] = "session:deleted"
    session: SessionOut


class Typing(Event):
    """Somebody types, or stopped."""

    type: Literal["typing"] = "typing"
    who: str
    active: bool


# Answers to one connection.


class Welcome(Part):
    """The first frame of a connection."""

    type: Literal["welcome"] = "welcome"
    connection_id: UUID
    heartbeat: Annotated[int, Field(gt=0, description="Seconds between the client's pings.")]
    epoch: Annotated[str, Field(description="Changes when a backup was restored: then nothing of before can resume.")]
    protocol: Literal[1] = 1
    features: Annotated[list[str], Field(description="The types of frames that may be sent.")]


class ReplyReference(Part):
    """The reply that is on its way."""

    id: UUID


class Ack(Part):
    """What a frame asked for is committed. `seq` is that of the message's `message:created`; a repeat has none."""

    type: Literal["ack"] = "ack"
    ref: str | None = None
    session_id: UUID
    message_id: UUID
    seq: int | None = None
    message: MessageOut | None = None
    reply: ReplyReference | None = None
    duplicate: bool


class ErrorFrame(Problem):
    """A frame was refused and changed nothing: the members of REST's problem document."""

    type: Literal["error"] = "error"
    ref: str | None = None
    retry_after: Annotated[float | None, Field(description="Seconds after which trying again can help.")] = None


class Head(Part):
    """How far this connection's frames went in one session when the `pong` was sent."""

    session_id: UUID
    seq: int
    live: list["HeadReply"]


class HeadReply(Part):
    """How far they went in the text of one running reply."""

    message_id: UUID
    attempt: Attempt
    offset: CodePoints


class Pong(Part):
    """The answer to `ping`. Whoever has less than the heads say missed something and joins again.

    `delayed` says that text comes about once a second now, instead of at once.
    """

    type: Literal["pong"] = "pong"
    n: int
    heads: list[Head]
    delayed: Literal[True] | None = None


class Bye(Part):
    """The server is about to close the connection by plan."""

    type: Literal["bye"] = "bye"
    code: int
    retry_after: Annotated[float, Field(description="Seconds after which to connect again.")]


ServerEvent: TypeAlias = Annotated[
    Welcome
    | SessionJoined
    | Ack
    | ErrorFrame
    | MessageCreated
    | MessageUpdated
    | MessageDeleted
    | StreamStart
    | StreamToken
    | StreamReset
    | StreamEnd
    | SessionUpdated
    | SessionCreated
    | SessionDeleted
    | Typing
    | Pong
    | Bye,
    Field(discriminator="type"),
]

server_events: TypeAdapter[ServerEvent] = TypeAdapter(ServerEvent)
