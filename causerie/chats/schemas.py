"""What goes into and comes out of sessions and messages."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, computed_field
from pydantic_core import PydanticCustomError

from causerie.chats.models import Role, Status
from causerie.http.answers import READ_ONLY, Count, Flag, Input, Instant, Moment, RowMembers
from causerie.http.paging import PageQuery

MOST_CODE_POINTS = 32_768
"""Of one message, on every surface."""
LONGEST_LINE = 120


def _not_blank(content: str) -> str:
    if not content.strip():
        raise PydanticCustomError("blank", "A message needs at least one character that can be seen.")
    return content


Title = Annotated[str, Field(max_length=200)]
Category = Annotated[str, Field(max_length=100)]
Persona = Annotated[str, Field(max_length=32_768)]
WorldTime = Annotated[str, Field(max_length=200)]
Instruction = Annotated[str, Field(max_length=4_000)]
Content = Annotated[
    str, Field(max_length=MOST_CODE_POINTS, description="Not only white space."), AfterValidator(_not_blank)
]


class _Out(BaseModel):
    model_config = ConfigDict(from_attributes=True, frozen=True)


class Uses(_Out):
    """What uses a profile or a system prompt."""

    sessions: int = Field(description="Chats that were given it, those in the trash left out.")
    settings: bool = Field(description="Whether new chats get it because the settings name it.")


class SessionOut(_Out):
    """A session as clients see it."""

    id: UUID
    user_id: UUID
    title: str
    category: str
    character_id: UUID | None
    user_profile_id: UUID | None
    ai_model_id: UUID | None
    system_prompt_id: UUID | None
    post_id: UUID | None
    user_persona: str
    world_time: str
    summary: str
    last_summary_at: datetime | None
    total_messages: int
    active_leaf_id: UUID | None
    last_line: str = Field(description="The first words of the newest text of the active branch, without marks.")
    answering: bool = Field(description="Whether a reply has not ended yet.")
    unread: bool = Field(description="Whether a reply ended beyond `last_read_seq`.")
    last_read_seq: int
    pinned: bool
    archived: bool
    document_ids: list[UUID]
    version: int
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = Field(default=None, exclude=True)

    @computed_field
    def session_id(self) -> UUID:
        """The same as `id`."""
        return self.id

    @computed_field
    def chat_session_id(self) -> UUID:
        """The same as `id`."""
        return self.id

    @computed_field
    def is_active(self) -> bool:
        """Whether the session is not in the trash."""
        return self.deleted_at is None


Sort = Literal["updated_at", "created_at", "title", "total_messages"]
State = Literal["active", "archived", "pinned", "unread", "answering"]


class SessionQuery(PageQuery):
    """Which sessions are asked for, and in which order. What is left out limits nothing."""

    q: Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$")] | None = Field(
        default=None,
        description="Words that are all in the title, the category or the character's name, or in one message.",
    )
    character_id: UUID | None = None
    ai_model_id: UUID | None = None
    from_: Instant | None = Field(default=None, alias="from", description="Talked in or changed then or later.")
    to: Instant | None = Field(default=None, description="Talked in or changed before that.")
    archived: bool | None = None
    state: State | None = Field(
        default=None, description="`active`: not archived; `unread`: with a reply that nobody has read."
    )
    sort: Sort = "updated_at"
    order: Literal["asc", "desc"] | None = Field(
        default=None, description="Without it titles come from A to Z, and of everything else the most first."
    )


class _SessionFields(Input):
    title: Title = ""
    category: Category = ""
    character_id: UUID | None = None
    user_profile_id: UUID | None = None
    ai_model_id: UUID | None = None
    system_prompt_id: UUID | None = None
    user_persona: Persona = ""
    world_time: WorldTime = ""
    pinned: Flag = False
    archived: Flag = False


class NewSession(_SessionFields):
    """A session to begin. With a character, its greeting becomes the first message."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"title": "Tea at the lighthouse", "world_time": "1811-10-21"}]}
    )


class SessionChange(_SessionFields, RowMembers):
    """What a client may set of a session: PATCH takes what is given, PUT returns what is left out to its default.

    `active_leaf_id` selects a branch: of a message with children, the one that was said last.
    """

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"title": "The letter", "pinned": True}]})

    active_leaf_id: UUID | None = None
    last_read_seq: Count = Field(
        default=0, ge=0, description="It only rises, to the newest event's number at most, and makes no new version."
    )
    session_id: Annotated[UUID | None, READ_ONLY] = None
    chat_session_id: Annotated[UUID | None, READ_ONLY] = None
    post_id: Annotated[UUID | None, READ_ONLY] = None
    summary: Annotated[Annotated[str, Field(max_length=100_000)] | None, READ_ONLY] = None
    last_summary_at: Annotated[Moment | None, READ_ONLY] = None
    total_messages: Annotated[Count | None, READ_ONLY] = None
    document_ids: Annotated[list[UUID] | None, READ_ONLY] = None
    is_active: Annotated[Flag | None, READ_ONLY] = None
    last_line: Annotated[Annotated[str, Field(max_length=LONGEST_LINE)] | None, READ_ONLY] = None
    answering: Annotated[Flag | None, READ_ONLY] = None
    unread: Annotated[Flag | None, READ_ONLY] = None


class MessageError(BaseModel):
    """Why a reply failed, in words for people."""

    code: str
    title: str
    detail: str
    retryable: bool


class MessageOut(_Out):
    """A message as clients see it. While a reply is written, `content` is the text up to about a second ago.

    `position` (1 is the first of its branch), `sibling_ids` (this one among them, oldest first) and `total` of a page
    are known where a branch is read, and absent in events.
    """

    id: UUID
    session_id: UUID
    user_id: UUID
    parent_id: UUID | None
    role: Role
    character_id: UUID | None
    content: str
    status: Status
    attempt: int
    intent: str | None
    finish_reason: str | None
    provider: str | None
    model: str | None
    usage: dict[str, Any] | None = Field(
        description="`prompt_tokens`, `completion_tokens` and maybe `cost` (US dollars) as the provider counted them; "
        "`first_token_ms` and `total_ms` of the last attempt. null when nothing was counted."
    )
    error: dict[str, Any] | None
    depth: int
    hidden: bool
    pinned: bool
    timestamp: datetime
    version: int
    position: int | None = None
    sibling_ids: list[UUID] | None = None

    @computed_field
    def message_id(self) -> UUID:
        """The same as `id`."""
        return self.id


class MessagePage(BaseModel):
    """Messages of one branch, oldest first. `next_cursor` leads to older ones; `total` counts the whole branch."""

    items: list[MessageOut]
    next_cursor: str | None
    total: int


class NewMessage(Input):
    """A message to store as it is; nothing answers it."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"role": "user", "content": "It rained all day."}]}
    )

    id: UUID | None = None
    role: Literal["user", "assistant"] = "user"
    content: Content
    parent_id: UUID | None = None
    character_id: UUID | None = None


class MessagePatch(Input):
    """What shall change of a message; what is left out stays. A former text is kept as a revision."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"content": "It snowed all day."}]})

    content: Content = ""
    hidden: Flag = False
    pinned: Flag = False


class MessageRevisionOut(_Out):
    """What a message said up to and including `version`."""

    version: int
    content: str
    created_at: datetime


class NewSaying(Input):
    """What somebody says in a chat, and who shall answer.

    `id` makes it safe to send again. `parent_id` absent: after the session's active leaf; null: a new beginning.
    """

    id: UUID | None = None
    session_id: UUID | None = None
    content: Content
    parent_id: UUID | None = None
    character_id: UUID | None = None
    user_profile_id: UUID | None = None
    ai_model_id: UUID | None = None
    user_persona: Persona | None = None
    world_time: WorldTime | None = None
    generate: Flag = True


class SendMessage(Input):
    """The body of `send_message`. With `chat_session_id: null` a new session begins."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"chat_session_id": None, "message": "Who are you?"}]}
    )

    chat_session_id: UUID | None = None
    message: Content
    message_id: UUID | None = None
    parent_id: UUID | None = None
    character_id: UUID | None = None
    user_profile_id: UUID | None = None
    ai_model_id: UUID | None = None
    user_persona: Persona | None = None
    world_time: WorldTime | None = None
    stream: Flag = False

    def saying(self) -> NewSaying:
        """Return this under the names that all surfaces share; what was absent stays absent."""
        names = {"chat_session_id": "session_id", "message": "content", "message_id": "id"}
        given = {name: getattr(self, name) for name in self.model_fields_set if name != "stream"}
        return NewSaying(**{names.get(name, name): value for name, value in given.items()})


class Sent(BaseModel):
    """What `send_message` answers: both messages, the reply as far as it is."""

    chat_session_id: UUID
    user_message: MessageOut
    ai_message: MessageOut | None


class ReplyAttempt(Input):
    """Which attempt the client saw; when another is current, nothing happens."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"attempt": 1}]})

    attempt: Count | None = Field(default=None, ge=0)


class NewSwipe(Input):
    """Another answer beside a reply. `id` makes it safe to send again."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"instruction": "Shorter, please."}]})

    id: UUID | None = None
    instruction: Instruction | None = None


class Fork(Input):
    """Where a session shall part; without `message_id` at its active leaf."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"message_id": "01a1fdbc-3deb-7877-94f1-78507b5ab806"}]}
    )

    message_id: UUID | None = None
