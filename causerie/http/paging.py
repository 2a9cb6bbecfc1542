"""Lists by keyset: a page continues behind the last row of the one before, however long the list is."""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, Field
from sqlalchemy import Select, literal, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from causerie.errors import FieldError
from causerie.http.problems import Invalid

LARGEST_PAGE = 200
DEFAULT_PAGE = 50

RowT = TypeVar("RowT")
OutT = TypeVar("OutT", bound=BaseModel)


class PageQuery(BaseModel, extra="forbid"):
    """Which part of a list is asked for. Routes with filters add them in a subclass."""

    limit: Annotated[int, Field(ge=1, le=LARGEST_PAGE, description="Most items of the answer.")] = DEFAULT_PAGE
    cursor: Annotated[str | None, Field(max_length=512, description="`next_cursor` of the page before.")] = None


Paging = Annotated[PageQuery, Query()]


@dataclass(frozen=True, slots=True)
class Page(Generic[RowT]):
    """Some rows of a list, and where it goes on; None at its end."""

    rows: Sequence[RowT]
    next_cursor: str | None


class Listing(BaseModel, Generic[OutT]):
    """A page of a list."""

    items: list[OutT]
    next_cursor: str | None = Field(description="Ask with it as `cursor` for what follows; null at the end.")


def newest_first(
    session: Session,
    statement: Select[RowT],
    moment: InstrumentedAttribute[datetime],
    identity: InstrumentedAttribute[UUID],
    query: PageQuery,
) -> Page[RowT]:
    """Run `statement` for one page, ordered by `moment` and then `identity`, both descending.

    Raises:
        Invalid: the cursor is not one of ours.
    """
    if query.cursor is not None:
        at, last_id = read_moment_cursor(query.cursor)
        behind = tuple_(literal(at, moment.type), literal(last_id, identity.type))
        statement = statement.where(tuple_(moment, identity) < behind)
    statement = statement.order_by(moment.desc(), identity.desc()).limit(query.limit + 1)
    rows = session.scalars(statement).all()
    if len(rows) <= query.limit:
        return Page(rows, None)
    last = rows[query.limit - 1]
    cursor = write_cursor(getattr(last, moment.key).isoformat(), str(getattr(last, identity.key)))
    return Page(rows[: query.limit], cursor)


def listing(page: Page[RowT], make: Callable[[RowT], OutT]) -> Listing[OutT]:
    """Return the page as it is answered."""
    return Listing[Any](items=[make(row) for row in page.rows], next_cursor=page.next_cursor)


def write_cursor(*keys: str) -> str:
    """Return an opaque cursor that holds `keys`."""
    return base64.urlsafe_b64encode(json.dumps(keys, separators=(",", ":")).encode()).decode().rstrip("=")


def read_cursor(cursor: str, keys: int) -> list[str]:
    """Return the keys that `write_cursor` took.

    Raises:
        Invalid: the cursor does not hold `keys` texts.
    """
    try:
        found = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValueError, RecursionError) as error:
        raise not_a_cursor() from error
    if not isinstance(found, list) or len(found) != keys or not all(isinstance(key, str) for key in found):
        raise not_a_cursor()
    return found


def not_a_cursor() -> Invalid:
    """Return the refusal of a cursor that this list did not give."""
    detail = "Take `next_cursor` of the page before, or leave the cursor out."
    return Invalid([FieldError(pointer="?cursor", code="not_a_cursor", detail=detail)])


def read_moment_cursor(cursor: str) -> tuple[datetime, UUID]:
    """Return the moment and the id that a cursor of a list by time holds.

    Raises:
        Invalid: it holds none.
    """
    moment, identity = read_cursor(cursor, keys=2)
    try:
        at = datetime.fromisoformat(moment)
        if at.tzinfo is None:
            raise not_a_cursor()
        return at, UUID(identity)
    except ValueError as error:
        raise not_a_cursor() from error
