"""What goes into and comes out of models."""

from datetime import datetime
from typing import Annotated, Any, Self
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from causerie.aimodels.models import AiModel
from causerie.http.answers import Count, Flag, Input, RowMembers, RowName
from causerie.providers.protocol import ProviderName

_EXAMPLE: JsonDict = {
    "name": "My server",
    "provider": "openai",
    "model": "llama-3.3-70b",
    "base_url": "http://127.0.0.1:11434/v1",
    "context_window": 8192,
    "temperature": 0.8,
}


_HIDDEN = "••••"


def shown_key(last_four: str | None) -> str | None:
    """Return what is shown of a key; None without one."""
    return None if last_four is None else _HIDDEN + last_four


def _plain_address(url: str) -> str:
    """Accept an http(s) URL with a host, and without credentials, query or fragment."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        usable = False
    if not usable or parts.username is not None or parts.query or parts.fragment or any(c.isspace() for c in url):
        raise PydanticCustomError("wrong_form", "Send http(s)://host[:port]/path, without user, query and fragment")
    return url


ModelName = Annotated[str, Field(min_length=1, max_length=200, description="The model's name at its provider.")]
BaseUrl = Annotated[
    str,
    Field(
        max_length=2_000,
        pattern=r"^https?://[^\s]+$",
        description="Where the provider's API is, if not at its usual place.",
    ),
    AfterValidator(_plain_address),
]
ApiKey = Annotated[SecretStr, Field(min_length=1, max_length=2_000)]


class ModelFields(Input):
    """What a client may set of a model beside its name and its provider's name for it."""

    base_url: BaseUrl | None = None
    api_key: ApiKey | None = Field(
        default=None,
        description="Bound to the provider's address: changing that drops it. null takes it away; left out, or as it "
        "is shown, it stays.",
    )
    context_window: Annotated[Count, Field(ge=256, le=100_000_000)] | None = Field(default=None, description="Tokens.")
    max_output_tokens: Annotated[Count, Field(ge=1, le=10_000_000)] | None = None
    temperature: Annotated[float, Field(strict=True, ge=0, le=2, allow_inf_nan=False)] | None = None
    top_p: Annotated[float, Field(strict=True, ge=0, le=1, allow_inf_nan=False)] | None = None
    options: dict[str, Any] = Field(
        default={}, max_length=50, description="Further members of the provider's own request."
    )
    paid: Flag | None = Field(
        default=None,
        description="Whether its provider charges: nothing is asked of it twice without a word from the user. "
        "null decides by the provider.",
    )
    continue_prefix: Flag | None = Field(
        default=None, description="Whether it can go on writing a cut reply; null decides by the provider."
    )
    enabled: Flag = True


class NewModel(ModelFields):
    """A model, and the way to it."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_EXAMPLE]})

    name: RowName
    provider: ProviderName
    model: ModelName


class ModelPatch(ModelFields, RowMembers):
    """What shall change; what is left out stays."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"temperature": 0.7}]})

    name: RowName = ""  # these three are never read when absent
    provider: ProviderName = "local"
    model: ModelName = ""


class ModelReplacement(NewModel, RowMembers):
    """The whole model; what is left out returns to its default, but the key stays."""


class ModelOut(BaseModel):
    """A model as clients see it."""

    model_config = ConfigDict(from_attributes=True, frozen=True)

    id: UUID
    user_id: UUID | None = Field(description="null: the model is everyone's.")
    name: str
    provider: ProviderName
    model: str
    base_url: str | None
    api_key: str | None = Field(description="Dots, and the last four characters; the key itself is never shown.")
    context_window: int | None
    max_output_tokens: int | None
    temperature: float | None
    top_p: float | None
    options: dict[str, Any]
    paid: bool
    continue_prefix: bool
    enabled: bool
    version: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, row: AiModel) -> Self:
        """Return the row as clients see it."""
        columns = {name: getattr(row, name) for name in cls.model_fields if name != "api_key"}
        return cls(**columns, api_key=shown_key(row.api_key_last_four))


class ModelFailure(BaseModel):
    """Why a model did not answer."""

    code: str
    title: str
    detail: str
    retryable: bool


class ModelTest(BaseModel):
    """What came of calling a model once."""

    ok: bool
    text: str = Field(description="The beginning of its answer.")
    first_seconds: float | None = Field(description="Until the first piece of text; null: none came.")
    seconds: float = Field(description="Until the answer's end, or its failure.")
    error: ModelFailure | None
