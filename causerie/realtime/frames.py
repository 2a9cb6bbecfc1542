"""What clients may send on the socket: a closed set of frames, told apart by `type`; unknown fields are refused."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from causerie.chats.following import Place
from causerie.chats.schemas import Content, Instruction, NewSaying, NewSwipe, Persona, ReplyAttempt, WorldTime
from causerie.http.answers import Count, Flag
from causerie.http.json_text import parse_json
from causerie.http.problems import Invalid, MalformedRequest, field_errors

MOST_RUNNING = 100
"""Places of running replies that one join may name."""


class ClientFrame(BaseModel):
    """Any frame may carry `ref`, which its `ack` or `error` repeats."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ref: Annotated[str | None, Field(max_length=64)] = None


class Hello(ClientFrame):
    """Signs in. Without accounts nobody needs to, and a token changes nothing."""

    type: Literal["hello"]
    token: Annotated[str | None, Field(max_length=512)] = None


class LivePlace(BaseModel):
    """How far the client has the text of a running reply: `offset` code points of `attempt`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    message_id: UUID
    attempt: Annotated[Count, Field(ge=0)]
    offset: Annotated[Count, Field(ge=0)]

    def place(self) -> Place:
        """Return this as following takes it."""
        return Place(self.message_id, self.attempt, self.offset)


class Join(ClientFrame):
    """Asks for a session's frames; `after` and `live` say what the client has of them, in which `epoch`."""

    type: Literal["session:join"]
    session_id: UUID
    epoch: Annotated[str | None, Field(max_length=64)] = None
    after: Annotated[Count | None, Field(ge=0)] = None
    live: Annotated[list[LivePlace], Field(max_length=MOST_RUNNING)] = []


class Leave(ClientFrame):
    """Asks for nothing more of a session."""

    type: Literal["session:leave"]
    session_id: UUID


class ChatMessage(ClientFrame):
    """Says something; `session_id: null` begins a session. The same `id` again is the same message."""

    type: Literal["chat:message"]
    session_id: UUID | None
    content: Content
    id: UUID | None = None
    parent_id: UUID | None = None
    character_id: UUID | None = None
    user_profile_id: UUID | None = None
    ai_model_id: UUID | None = None
    user_persona: Persona | None = None
    world_time: WorldTime | None = None
    generate: Flag = True

    def saying(self) -> NewSaying:
        """Return what is said; what was absent stays absent."""
        given = self.model_fields_set - {"type", "ref"}
        return NewSaying(**{name: getattr(self, name) for name in given})


class Stop(ClientFrame):
    """Lets a reply end with the text it has."""

    type: Literal["chat:stop"]
    message_id: UUID


class Retry(ClientFrame):
    """Lets a reply that failed or was stopped be written again; `attempt` is the one that the client saw."""

    type: Literal["chat:retry"]
    message_id: UUID
    attempt: Annotated[Count | None, Field(ge=0)] = None

    def asked(self) -> ReplyAttempt:
        """Return which attempt the client saw."""
        return ReplyAttempt(attempt=self.attempt)


class Continue(ClientFrame):
    """Lets a reply be written further; `attempt` is the one that the client saw."""

    type: Literal["chat:continue"]
    message_id: UUID
    attempt: Annotated[Count | None, Field(ge=0)] = None

    def asked(self) -> ReplyAttempt:
        """Return which attempt the client saw."""
        return ReplyAttempt(attempt=self.attempt)


class Swipe(ClientFrame):
    """Asks for another answer beside a reply; `id` is the new one's."""

    type: Literal["chat:swipe"]
    message_id: UUID
    id: UUID | None = None
    instruction: Instruction | None = None

    def new(self) -> NewSwipe:
        """Return what is asked for."""
        return NewSwipe(id=self.id, instruction=self.instruction)


class TypingNow(ClientFrame):
    """Tells the session's other readers that somebody types."""

    type: Literal["typing"]
    session_id: UUID
    active: Flag


class Ping(ClientFrame):
    """Asks for a `pong`, which shows what the client missed."""

    type: Literal["ping"]
    n: Annotated[Count, Field(ge=0, le=2**53)]


AnyClientFrame = Hello | Join | Leave | ChatMessage | Stop | Retry | Continue | Swipe | TypingNow | Ping
FEATURES = [kind.model_fields["type"].annotation.__args__[0] for kind in AnyClientFrame.__args__]
"""The frames that may be sent, as `welcome` tells them."""

client_frames: TypeAdapter[AnyClientFrame] = TypeAdapter(Annotated[AnyClientFrame, Field(discriminator="type")])


def read_frame(text: str) -> tuple[str | None, AnyClientFrame | Invalid | MalformedRequest]:
    """Return a frame, or why it is none, with the `ref` that the answer repeats."""
    try:
        value = parse_json(text.encode())
    except (Invalid, MalformedRequest) as refusal:
        return None, refusal
    ref = _ref(value)
    try:
        return ref, client_frames.validate_python(value)
    except ValidationError as error:
        # The first step of a place is the frame's type, which is no member of the frame.
        faults = [{**fault, "loc": ("body", *fault["loc"][1:])} for fault in error.errors(include_url=False)]
        return ref, Invalid(field_errors(faults))


def _ref(value: object) -> str | None:
    """Return what the client calls this frame; a `chat:message` is called by its `id` too."""
    if not isinstance(value, dict):
        return None
    ref = value.get("ref")
    if ref is None and value.get("type") == "chat:message":
        ref = value.get("id")
    return ref if isinstance(ref, str) and len(ref) <= 64 else None
