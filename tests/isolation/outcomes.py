"""What a call told, in a form that two databases can be compared by: what is new in each is called new."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any
from uuid import UUID

from pydantic import BaseModel, SecretStr
from sqlalchemy import Row, inspect

from causerie.db.base import Base
from causerie.errors import CauserieError

_UUID = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)")
_RECENT = timedelta(days=1)
_CLOCKS = {"leased_until"}
"""Numbers that count the machine's seconds."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A call's answer and what it published, or its refusal."""

    answer: Any = None
    published: Any = ()
    refusal: tuple[str, str] | None = None

    @property
    def is_refusal(self) -> bool:
        return self.refusal is not None


class Teller:
    """Describes answers. `known` are the ids that stay as they are; any other is new."""

    def __init__(self, known: Collection[UUID]) -> None:
        self._known = frozenset(known)

    def answered(self, answer: Any, published: Iterable[object]) -> Outcome:
        return Outcome(self.describe(answer), tuple(self.describe(fact) for fact in published))

    def refused(self, error: Exception) -> Outcome:
        # A driver's message holds the statement and its values; that there was one is enough.
        text = error.detail if isinstance(error, CauserieError) else ""
        return Outcome(refusal=(type(error).__name__, self._text(text)))

    def describe(self, value: Any) -> Any:
        """Return `value` as plain data."""
        match value:
            case None | bool() | int() | float():
                return value
            case Enum():
                return self.describe(value.value)
            case UUID():
                return str(value) if value in self._known else "a new id"
            case datetime():
                return self._moment(value)
            case str():
                return self._text(value)
            case bytes():
                return self._text(value.decode(errors="replace")) if value.isascii() else "sealed"
            case SecretStr():
                return self._text(value.get_secret_value())
            case BaseModel():
                return self.describe(dict(value))
            case Base():
                state = inspect(value)
                return {
                    column.key: self.describe(value.__dict__[column.key])
                    for column in state.mapper.column_attrs
                    if column.key in value.__dict__
                }
            case Row():
                return self.describe(dict(value._mapping))
            case Mapping():
                return {self.describe(key): self.describe(value[key]) for key in value}
            case set() | frozenset():
                return sorted(map(self.describe, value))
            case list() | tuple():
                return [self.describe(part) for part in value]
            case _ if is_dataclass(value) and not isinstance(value, type):
                parts = {part.name: getattr(value, part.name) for part in fields(value)}
                return {name: "now" if name in _CLOCKS else self.describe(part) for name, part in parts.items()}
            case _ if callable(value):
                return "a function"
            case timedelta():
                return str(value)
            case _ if isinstance(value, Iterable):
                return [self.describe(part) for part in value]
        raise TypeError(f"{type(value).__name__} cannot be compared: teach this function what it says")

    def _text(self, text: str) -> str:
        def identity(found: re.Match[str]) -> str:
            return found[0] if UUID(found[0]) in self._known else "a new id"

        def moment(found: re.Match[str]) -> str:
            return self._moment(datetime.fromisoformat(found[0]))

        return _MOMENT.sub(moment, _UUID.sub(identity, text))

    def _moment(self, moment: datetime) -> str:
        return "now" if abs(datetime.now(UTC) - moment) < _RECENT else moment.isoformat()


def words_in(value: Any) -> Iterable[str]:
    """Yield every text within a description."""
    match value:
        case str():
            yield value
        case Mapping():
            for key, part in value.items():
                yield from words_in(key)
                yield from words_in(part)
        case list() | tuple():
            for part in value:
                yield from words_in(part)
        case Outcome():
            yield from words_in([value.answer, value.published, value.refusal])
