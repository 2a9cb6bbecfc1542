"""What goes into and comes out of settings and preferences."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from causerie.http.answers import READ_ONLY, Count, Flag, Input, Moment
from causerie.settings.interface import Interface
from causerie.settings.models import DEFAULT_CONTEXT_MESSAGES, DEFAULT_RETENTION_DAYS

Words = Annotated[str, Field(max_length=2_000)]


class _RowMembers(BaseModel):
    user_id: Annotated[UUID | None, READ_ONLY] = None
    version: Annotated[Count | None, READ_ONLY] = None
    created_at: Annotated[Moment | None, READ_ONLY] = None
    updated_at: Annotated[Moment | None, READ_ONLY] = None


class SettingsChange(Input, _RowMembers):
    """What a client may set: PATCH takes what is given, PUT returns what is left out to its default."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"context_messages": 30}]})

    default_ai_model_id: UUID | None = Field(default=None, description="Answers where chat and character name none.")
    default_system_prompt_id: UUID | None = None
    default_user_profile_id: UUID | None = None
    context_messages: Count = Field(
        default=DEFAULT_CONTEXT_MESSAGES, ge=1, le=1_000, description="Most messages of a branch in one prompt."
    )
    retention_days: Count = Field(
        default=DEFAULT_RETENTION_DAYS, ge=1, le=3_650, description="How many days the trash keeps."
    )
    retry_paid: Flag = Field(
        default=False, description="A cut reply of a paid model may be asked for again without a word from the user."
    )
    interface: Interface = Field(
        default_factory=Interface, description="PATCH takes the members that it has, PUT all of it."
    )


def _or_defaults(stored: Any) -> Any:
    return Interface() if stored is None else stored


class SettingsOut(BaseModel):
    """How the user's chats are answered and kept."""

    model_config = ConfigDict(from_attributes=True, frozen=True)

    user_id: UUID
    default_ai_model_id: UUID | None
    default_system_prompt_id: UUID | None
    default_user_profile_id: UUID | None
    context_messages: int
    retention_days: int
    retry_paid: bool
    interface: Annotated[Interface, BeforeValidator(_or_defaults)]
    version: int
    created_at: datetime
    updated_at: datetime


class PreferencesChange(Input, _RowMembers):
    """What a client may set: PATCH takes what is given, PUT returns what is left out to its default."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"language": "English", "voice": "warm"}]}
    )

    voice: Words = ""
    style: Words = ""
    platform: Words = ""
    language: Words = ""


class PreferencesOut(BaseModel):
    """How the user likes texts to be written."""

    model_config = ConfigDict(from_attributes=True, frozen=True)

    user_id: UUID
    voice: str
    style: str
    platform: str
    language: str
    version: int
    created_at: datetime
    updated_at: datetime
