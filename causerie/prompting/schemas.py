"""A reply's prompt, as it is kept and as it is answered."""

from typing import Any, Literal, NamedTuple
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from causerie.http.answers import Input
from causerie.prompting.parts import Cut, PartName
from causerie.prompts.schemas import PromptContent
from causerie.providers.protocol import Profile, Role


class StoredPart(NamedTuple):
    """A part in `generation.prompt_trace`, without its words; a tuple, since every turn writes some fifty of them.

    `source` is a message's id, whose text it was in `version`; `check` is the CRC-32 of what was sent of it. Without
    a `version` it is the SHA-256 of a text that is no message; None when that was left out.
    """

    part: PartName
    role: Role
    tokens: int
    length: int
    cut: Cut | None = None
    joined: bool = False
    source: str | None = None
    version: int | None = None
    check: int | None = None


class StoredTrace(BaseModel, frozen=True):
    """What `generation.prompt_trace` holds."""

    attempt: int
    window: int
    reserve: int
    tokens: int
    counted: bool
    sampling: dict[str, Any]
    parts: list[StoredPart]


class PromptPreview(Input):
    """A system prompt, and the chat that it is tried in. Nothing of it is stored."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"content": "You are {{char}}. Answer {{user}} in verse."}]}
    )

    content: PromptContent
    character_id: UUID | None = None
    user_profile_id: UUID | None = Field(default=None, description="Without one the usual profile.")


class PreviewOut(BaseModel):
    """The message that the prompts of such a chat begin with, with all names in it."""

    text: str
    tokens: int = Field(description="An estimate.")
    profile: Profile = Field(
        description="How the chat's model is written to: one with less than 500 million parameters (`tiny`) is told in "
        "a sentence who it is, and reads no system prompt."
    )


class PromptMessageOut(BaseModel):
    """A message as the model read it."""

    role: Role
    text: str | None = Field(description="Null when a text in it was purged, or replaced by a new attempt, since then.")


class PromptPartOut(BaseModel):
    """A piece of the prompt, in its order, or one that was left out."""

    part: PartName
    role: Role
    tokens: int = Field(description="An estimate, fitted to the count of the whole where that is known.")
    message: int | None = Field(description="Its place in `messages`; null when it was left out.")
    cut: Cut | None = Field(description="Why it was left out; null when it was sent.")
    message_id: UUID | None = Field(description="The message whose text it is; null for other texts.")
    version: int | None = Field(description="The message's version then.")
    length: int = Field(description="How many code points it has, in `messages[message].text` if it was sent.")
    available: bool = Field(description="Whether its text is still there.")


class PromptOut(BaseModel):
    """What the model was asked for a reply, word for word."""

    message_id: UUID
    attempt: int
    window: int = Field(description="Tokens that the model reads.")
    reserve: int = Field(description="Tokens of the window that were held free for the reply.")
    tokens: int
    counted: Literal["exact", "estimated"]
    sampling: dict[str, Any]
    messages: list[PromptMessageOut]
    parts: list[PromptPartOut]
