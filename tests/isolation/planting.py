"""Rows for any table, made from its columns and keys alone, so that a new model needs no words here."""

import itertools
import re
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, Column, Connection, ForeignKeyConstraint, Table, insert

from causerie.clock import utc_now
from causerie.db.types import Identifier, UtcDateTime
from causerie.ids import new_id

Row = dict[str, Any]

OWNER = "user_id"
_ALLOWED = re.compile(r"(\w+) IN \('(\w+)'")
_numbers = itertools.count(1)


def plant(connection: Connection, table: Table, owner: UUID | None, /, **fields: Any) -> Row:
    """Insert a row of `owner` with what `table` requires, and before it the rows that its required keys point at."""
    row: Row = {OWNER: owner, **fields}
    for key in _required_references(table):
        if not set(key.column_keys) <= row.keys():
            target = plant(connection, key.referred_table, owner)
            row |= {local: target[element.column.name] for local, element in _pairs(key)} | row
    allowed = _allowed_words(table)
    for column in table.columns:
        if column.name not in row and not column.nullable and (column.primary_key or column.default is None):
            row[column.name] = allowed.get(column.name) or _value(column)
    connection.execute(insert(table).values(row))
    return row


def primary_key(table: Table, row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row[column.name] for column in table.primary_key)


def _required_references(table: Table) -> list[ForeignKeyConstraint]:
    return [
        constraint
        for constraint in table.foreign_key_constraints
        if not any(column.nullable for column in constraint.columns)
    ]


def _pairs(key: ForeignKeyConstraint) -> list[tuple[str, Any]]:
    return list(zip(key.column_keys, key.elements, strict=True))


def _allowed_words(table: Table) -> dict[str, str]:
    """Return for each column that a check limits to some words the first of them."""
    checks = [str(check.sqltext) for check in table.constraints if isinstance(check, CheckConstraint)]
    return {match[1]: match[2] for check in checks if (match := _ALLOWED.match(check))}


def _value(column: Column[Any]) -> Any:
    if isinstance(column.type, UtcDateTime):
        return utc_now()
    if isinstance(column.type, JSON):
        return {}
    if isinstance(column.type, Identifier):
        return new_id()
    made: dict[type, Callable[[], Any]] = {
        str: lambda: f"{column.name} {next(_numbers)}",
        int: lambda: next(_numbers),
        bool: bool,
    }
    return made[column.type.python_type]()
