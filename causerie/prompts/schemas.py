"""What goes into and comes out of prompts."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from causerie.http.answers import Flag, Input, RowMembers, RowName

_EXAMPLE: JsonDict = {"name": "Novelist", "content": "Write like a novelist: show, do not tell.", "is_default": True}


PromptContent = Annotated[str, Field(max_length=100_000)]


class PromptFields(Input):
    """What a client may set of a prompt beside its name."""

    content: PromptContent = ""
    is_default: Flag = Field(default=False, description="At most one prompt is; setting it here unsets it elsewhere.")


class NewPrompt(PromptFields):
    """A text that prompts can begin with."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE]})

    name: RowName


class PromptPatch(PromptFields, RowMembers):
    """What shall change; what is left out stays."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"is_default": True}]})

    name: RowName = ""  # never read when absent


class PromptReplacement(NewPrompt, RowMembers):
    """The whole prompt; what is left out returns to its default."""


class PromptOut(BaseModel):
    """A prompt as clients see it."""

    model_config = ConfigDict(from_attributes=True, frozen=True)

    id: UUID
    user_id: UUID | None = Field(description="null: the prompt is everyone's.")
    name: str
    content: str
    is_default: bool
    version: int
    created_at: datetime
    updated_at: datetime
