"""What is asked about usage, and what is answered."""

from functools import cache
from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, Field
from pydantic_core import PydanticCustomError

from causerie.http.answers import Instant

By = Literal["day", "model", "character"]


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _known(zone: str) -> str:
    if zone not in _zones():
        raise PydanticCustomError("literal_error", "Send the name of a time zone, such as Europe/Paris")
    return zone


class UsageQuery(BaseModel, extra="forbid"):
    """Which replies are summed, and how. What is left out limits nothing."""

    from_: Instant | None = Field(default=None, alias="from", description="Replies that were begun then or later.")
    to: Instant | None = Field(default=None, description="Replies that were begun before that.")
    by: By = "day"
    tz: Annotated[str, Field(max_length=100), AfterValidator(_known)] = Field(
        default="UTC", description="The time zone whose days are meant, by its IANA name."
    )
    format: Literal["json", "csv"] = "json"


class Milliseconds(BaseModel):
    """What half, and 95 of 100, of the replies took at most: exact values of replies, between which nothing is made."""

    p50: int
    p95: int


class Usage(BaseModel):
    """What some replies consumed, as their providers counted it. Those that no provider counted are replies alone."""

    replies: int = Field(description="Also failed and stopped ones, and those in the trash until they are purged.")
    prompt_tokens: int
    completion_tokens: int
    cost: float | None = Field(description="US dollars; null when no provider told a price.")
    first_token_ms: Milliseconds | None = Field(description="From the start of the attempt to its first text.")
    total_ms: Milliseconds | None = Field(description="From the start of the attempt to its end.")


class UsageItem(Usage):
    """The usage of a day, a model or a character."""

    key: str = Field(
        description="The day as YYYY-MM-DD, the provider and its model, or the character's id; empty without one."
    )
    label: str = Field(description="What a reader calls it: the day, the model, the character's name now.")


class UsageReport(BaseModel):
    """Days from the first to the last, without those on which nothing was answered; else the most used first."""

    items: list[UsageItem]
    totals: Usage
