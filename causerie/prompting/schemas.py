"""A reply's prompt, as it is kept and as it is answered."""

from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from causerie.prompting.parts import Cut, PartName
from causerie.providers.protocol import Role


class StoredPart(BaseModel, frozen=True):
    """A part in `generation.prompt_trace`, without its words.

    A message is named by its id and version, any other text that was sent by `sha256`. `digest` is the start of the
    hash of a message's text, and `length` how many of its code points were sent.
    """

    part: PartName
    role: Role
    tokens: int
    joined: bool = False
    cut: Cut | None = None
    sha256: str | None = None
    message_id: UUID | None = None
    version: int | None = None
    length: int | None = None
    digest: str | None = None


class StoredTrace(BaseModel, frozen=True):
    """What `generation.prompt_trace` holds."""

    attempt: int
    window: int
    reserve: int
    tokens: int
    counted: bool
    sampling: dict[str, Any]
    parts: list[StoredPart]


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
    length: int | None = Field(description="How many code points of `messages[message].text` it is.")
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
