"""Answers with a row: JSON that is encoded once, and the row's version as its strong ETag."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any, Protocol
from uuid import UUID

from fastapi import Depends, Header, Response
from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, Field, StrictBool, StrictInt
from pydantic_core import PydanticCustomError

from causerie.errors import CauserieError, FieldError
from causerie.http.problems import Invalid


class Stale(CauserieError):
    """The row is not in the version that `If-Match` names; nothing was changed."""

    status, code, title = 412, "stale", "Somebody changed this in the meantime"

    def __init__(self, version: int) -> None:
        super().__init__("Read it again, then repeat your change.", version=version)


class HasVersion(Protocol):
    """A row that can be updated."""

    version: int


class Expected:
    """The versions that a request's `If-Match` accepts: any without the header."""

    __slots__ = ("_tags",)

    def __init__(self, header: str | None = None) -> None:
        self._tags = None if header is None or header.strip() == "*" else {tag.strip() for tag in header.split(",")}

    def check(self, row: HasVersion) -> None:
        """Accept the row's version.

        Raises:
            Stale: the request expects another.
        """
        if self._tags is not None and etag(row.version) not in self._tags:
            raise Stale(row.version)


async def _if_match(
    if_match: Annotated[str | None, Header(description='The ETag that was read, such as `"7"`.')] = None,
) -> Expected:
    return Expected(if_match)


IfMatch = Annotated[Expected, Depends(_if_match)]


def etag(version: int) -> str:
    """Return a version as a strong entity tag."""
    return f'"{version}"'


def answer(content: BaseModel, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Answer with `content` as JSON, with its ETag if it has a version."""
    response = Response(content.model_dump_json(), status, headers, "application/json")
    version = getattr(content, "version", None)
    if version is not None:
        response.headers["etag"] = etag(version)
    return response


class Input(BaseModel, extra="forbid"):
    """A body from outside: unknown members are refused (S32)."""


RowName = Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S")]
"""What people call a row: something that can be seen."""

Flag = StrictBool
"""True or false, and nothing that only looks like it."""

Count = StrictInt
"""A whole number, and neither a text nor a truth value that could be one."""


def _text_only(value: object) -> object:
    if isinstance(value, int | float):
        raise PydanticCustomError("datetime_type", "Send a time as text (RFC 3339)")
    return value


Moment = Annotated[AwareDatetime, BeforeValidator(_text_only)]
"""A time as RFC 3339 text with its offset."""


def _within_the_calendar(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise PydanticCustomError("datetime_range", "There is no such time in UTC") from error


Instant = Annotated[AwareDatetime, AfterValidator(_within_the_calendar)]
"""A time of a query, in UTC."""

READ_ONLY = Field(default=None, json_schema_extra={"readOnly": True})
"""Marks a member that only the server sets; a body may repeat it as it is, so that what was read can be sent back."""


class RowMembers(BaseModel):
    """What the server sets in every row of a user."""

    id: Annotated[UUID | None, READ_ONLY] = None
    user_id: Annotated[UUID | None, READ_ONLY] = None
    version: Annotated[Count | None, READ_ONLY] = None
    created_at: Annotated[Moment | None, READ_ONLY] = None
    updated_at: Annotated[Moment | None, READ_ONLY] = None


def changes(given: BaseModel, stored: BaseModel, *, whole: bool) -> dict[str, Any]:
    """Return what a PUT (`whole`) or a PATCH sets: all writable members, or those that were given.

    Args:
        stored: the row as it is answered; read-only members of `given` must equal its.

    Raises:
        Invalid: a read-only member differs.
    """
    read_only = _read_only_members(type(given))
    faults = [
        FieldError(pointer=f"/{name}", code="read_only", detail="Only the server sets this.")
        for name in given.model_fields_set & read_only
        if getattr(given, name) != getattr(stored, name)
    ]
    if faults:
        raise Invalid(faults)
    names = type(given).model_fields.keys() if whole else given.model_fields_set
    return {name: getattr(given, name) for name in names if name not in read_only}


@cache
def _read_only_members(model: type[BaseModel]) -> frozenset[str]:
    return frozenset(
        name for name, field in model.model_fields.items() if field.json_schema_extra == {"readOnly": True}
    )
