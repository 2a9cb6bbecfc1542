"""The day on which a moment is, somewhere on earth."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, String, case, literal
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

LONGEST_STEP = timedelta(days=14)
"""No time zone has changed its offset twice in so short a time since computers count."""


class _Day(FunctionElement[str]):
    """The date (YYYY-MM-DD) of a UTC moment that is moved by so many seconds."""

    name = "day"
    type = String()
    inherit_cache = True


def day_of(moment: ColumnElement[datetime], zone: ZoneInfo, first: datetime, last: datetime) -> ColumnElement[str]:
    """Return the day of `moment`, which lies from `first` to `last`, by the clocks of `zone`, as YYYY-MM-DD.

    The offsets come from here, so that both databases and the pages know the same zones.
    """
    ends = _ends_of_offsets(zone, first, last)
    (_, offset), *earlier = reversed(ends)
    seconds: ColumnElement[Any] = literal(offset)
    if earlier:
        seconds = case(*((moment < end, literal(before)) for end, before in reversed(earlier)), else_=seconds)
    return _Day(moment, seconds)


def _ends_of_offsets(zone: ZoneInfo, first: datetime, last: datetime) -> Sequence[tuple[datetime, int]]:
    """Return the offsets from UTC in their order, in seconds, each with the moment at which it ends."""
    ends: list[tuple[datetime, int]] = []
    moment = first
    while moment < last:
        following = min(moment + LONGEST_STEP, last)
        if _offset(zone, following) != _offset(zone, moment):
            ends.append((_change_between(zone, moment, following), _offset(zone, moment)))
        moment = following
    return [*ends, (last, _offset(zone, last))]


def _change_between(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """Return the first moment with the offset of `after`; they change on whole seconds."""
    low, high = int(before.timestamp()), -int(-after.timestamp() // 1)
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(zone, datetime.fromtimestamp(middle, UTC)) == _offset(zone, before):
            low = middle
        else:
            high = middle
    return datetime.fromtimestamp(high, UTC)


def _offset(zone: ZoneInfo, moment: datetime) -> int:
    offset = moment.astimezone(zone).utcoffset()
    return 0 if offset is None else int(offset.total_seconds())


@compiles(_Day, "sqlite")
def _on_sqlite(element: _Day, compiler: SQLCompiler, **options: Any) -> str:
    moment, seconds = (compiler.process(clause, **options) for clause in element.clauses)
    return f"date({moment}, ({seconds}) || ' seconds')"


@compiles(_Day, "postgresql")
def _on_postgresql(element: _Day, compiler: SQLCompiler, **options: Any) -> str:
    moment, seconds = (compiler.process(clause, **options) for clause in element.clauses)
    return f"to_char({moment} AT TIME ZONE 'UTC' + ({seconds}) * interval '1 second', 'YYYY-MM-DD')"
