"""Lists by keyset: a page continues behind the last row of the one before, however long the list is."""

import base64
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from fastapi import Query
from pydantic import BaseModel, Field
from sqlalchemy import ColumnElement, Integer, RowMapping, Select, literal, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session

from causerie.db.types import UtcDateTime
from causerie.errors import FieldError
from causerie.http.problems import Invalid

LARGEST_PAGE = 200
DEFAULT_PAGE = 50
LARGEST_INTEGER = 2**31 - 1
"""Of a column; PostgreSQL compares it with nothing greater."""

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
"""What PostgreSQL does not keep as text."""

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


@dataclass(frozen=True, slots=True)
class Order:
    """One of the orders of a list: by `key`, a moment, number or text that no row lacks, then by `identity`."""

    name: str
    key: ColumnElement[Any]
    identity: ColumnElement[UUID]
    descending: bool


def in_order(session: Session, statement: Select[*tuple[Any, ...]], order: Order, query: PageQuery) -> Page[RowMapping]:
    """Run `statement` for one page in `order`.

    Raises:
        Invalid: the cursor is not one of ours, or of another order.
    """
    if query.cursor is not None:
        name, key, identity = read_cursor(query.cursor, keys=3)
        if name != f"{order.name} {order.descending:d}":
            raise not_a_cursor()
        last = (literal(_key_of(order.key, key), order.key.type), literal(_identity_of(identity), order.identity.type))
        place, behind = tuple_(order.key, order.identity), tuple_(*last)
        statement = statement.where(place < behind if order.descending else place > behind)
    ordered = [column.desc() if order.descending else column for column in (order.key, order.identity)]
    statement = statement.add_columns(order.key.label("order_key"), order.identity.label("order_identity"))
    rows = session.execute(statement.order_by(*ordered).limit(query.limit + 1)).mappings().all()
    if len(rows) <= query.limit:
        return Page(rows, None)
    end = rows[query.limit - 1]
    reached = end["order_key"]
    key = reached.isoformat() if isinstance(reached, datetime) else str(reached)
    cursor = write_cursor(f"{order.name} {order.descending:d}", key, str(end["order_identity"]))
    return Page(rows[: query.limit], cursor)


def listing(page: Page[RowT], make: Callable[[RowT], OutT]) -> Listing[OutT]:
    """Return the page as it is answered."""
    return Listing[Any](items=[make(row) for row in page.rows], next_cursor=page.next_cursor)


def whole_page(page: Page[OutT]) -> Listing[OutT]:
    """Return the page, whose rows are what clients see, as it is answered."""
    return Listing[Any](items=list(page.rows), next_cursor=page.next_cursor)


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
    return _moment_of(moment), _identity_of(identity)


def _key_of(column: ColumnElement[Any], key: str) -> datetime | int | str:
    if isinstance(column.type, UtcDateTime):
        return _moment_of(key)
    if isinstance(column.type, Integer):
        return _number_of(key)
    if _UNSTORABLE.search(key):
        raise not_a_cursor()
    return key


def _moment_of(key: str) -> datetime:
    try:
        at = datetime.fromisoformat(key)
        if at.tzinfo is None:
            raise not_a_cursor()
        return at.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise not_a_cursor() from error


def _number_of(key: str) -> int:
    if not re.fullmatch(r"[0-9]{1,10}", key) or int(key) > LARGEST_INTEGER:
        raise not_a_cursor()
    return int(key)


def _identity_of(key: str) -> UUID:
    try:
        return UUID(key)
    except ValueError as error:
        raise not_a_cursor() from error
