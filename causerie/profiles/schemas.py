"""What goes into and comes out of profiles."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from causerie.http.answers import Flag, Input, RowMembers, RowName

_EXAMPLE: JsonDict = {"name": "Ada", "description": "A ship's surgeon who sketches birds.", "is_default": True}


class ProfileFields(Input):
    """What a client may set of a profile beside its name."""

    avatar_image: Annotated[str | None, Field(max_length=65_536)] = Field(
        default=None, description="A path on this server, or a small picture as `data:` URL."
    )
    description: Annotated[str, Field(max_length=32_768)] = ""
    is_default: Flag = Field(default=False, description="At most one profile is; setting it here unsets it elsewhere.")


class NewProfile(ProfileFields):
    """Somebody to be in a story."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE]})

    name: RowName


class ProfilePatch(ProfileFields, RowMembers):
    """What shall change; what is left out stays."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"is_default": True}]})

    name: RowName = ""  # never read when absent


class ProfileReplacement(NewProfile, RowMembers):
    """The whole profile; what is left out returns to its default."""


class ProfileOut(BaseModel):
    """A profile as clients see it."""

    model_config = ConfigDict(from_attributes=True, frozen=True)

    id: UUID
    user_id: UUID
    name: str
    avatar_image: str | None
    description: str
    is_default: bool
    version: int
    created_at: datetime
    updated_at: datetime
