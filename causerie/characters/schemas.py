"""What goes into and comes out of characters."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from pydantic.config import JsonDict

from causerie.characters.models import Character
from causerie.http.answers import Flag, Input, RowMembers, RowName
from causerie.http.paging import PageQuery

LONGEST_LABEL = 80

Label = Annotated[str, StringConstraints(max_length=LONGEST_LABEL, pattern=r"^[a-z0-9]+(?:[._-][a-z0-9]+)*$")]
Text = Annotated[str, Field(max_length=100_000)]
Greeting = Annotated[str, Field(max_length=32_768)]
Tag = Annotated[str, Field(min_length=1, max_length=100)]

_WREN: JsonDict = {
    "name": "Wren",
    "description": "A kind old lighthouse keeper with a grey cat named Button.",
    "first_mes": "Good evening, traveller. Come in out of the wind. There is room by the stove.",
    "tags": ["lighthouse"],
}


class CharacterFields(Input):
    """What a client may set of a character; the names are those of the character card specifications."""

    label: Label | None = Field(default=None, description="Unique among the user's; made from the name when absent.")
    description: Text = ""
    personality: Text = ""
    scenario: Text = ""
    first_mes: Greeting = Field(default="", description="Opens every new session as its first message.")
    mes_example: Text = ""
    creator_notes: Text = ""
    system_prompt: Text = ""
    post_history_instructions: Text = ""
    alternate_greetings: list[Greeting] = Field(
        default=[], max_length=100, description="Swipes of the first message in a new session."
    )
    tags: list[Tag] = Field(default=[], max_length=100)
    ai_model_id: UUID | None = None
    archived: Flag = False


class NewCharacter(CharacterFields):
    """A character to make."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_WREN]})

    name: RowName
    avatar_image: None = Field(default=None, description="Pictures are sent to the character's `avatar`.")


class CharacterPatch(CharacterFields, RowMembers):
    """What shall change; what is left out stays."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"tags": ["lighthouse", "sea"]}]})

    name: RowName = ""  # never read when absent
    avatar_image: str | None = Field(
        default=None, max_length=200, description="null takes the picture away; else only as it is."
    )


class CharacterReplacement(CharacterFields, RowMembers):
    """The whole character; what is left out returns to its default, but the picture stays."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_WREN]})

    name: RowName
    avatar_image: str | None = Field(
        default=None, max_length=200, description="null takes the picture away; else only as it is."
    )


class CharacterOut(BaseModel):
    """A character as clients see it."""

    model_config = ConfigDict(from_attributes=True, frozen=True)

    id: UUID
    user_id: UUID
    label: str
    name: str
    avatar_image: str | None = Field(description="The path of the picture; another one after each change.")
    description: str
    personality: str
    scenario: str
    first_mes: str
    mes_example: str
    creator_notes: str
    system_prompt: str
    post_history_instructions: str
    alternate_greetings: list[str]
    tags: list[str]
    ai_model_id: UUID | None
    archived: bool
    version: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, row: Character) -> Self:
        """Return the row as clients see it."""
        columns = {name: getattr(row, name) for name in cls.model_fields if name != "avatar_image"}
        return cls(**columns, avatar_image=avatar_path(row.id, row.avatar_sha256))


class CharacterRevisionOut(BaseModel):
    """What a character was up to and including `version`."""

    model_config = ConfigDict(from_attributes=True)

    version: int
    fields: dict[str, Any]
    created_at: datetime


class CharacterQuery(PageQuery):
    """Which characters are listed."""

    archived: Annotated[bool | None, Field(description="Only archived ones, or only the others.")] = None


def avatar_path(character_id: UUID, sha256: str | None) -> str | None:
    """Return where a picture is served; the path changes with the picture, so it may be kept for ever."""
    return None if sha256 is None else f"/api/characters/{character_id}/avatar?v={sha256[:16]}"
