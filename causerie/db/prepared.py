"""Runs statements that were built once without what SQLAlchemy does around each execution.

Compiling, types, parameters and rows stay SQLAlchemy's; only its way from a statement to the driver is left out: 25 to
40 us a statement on SQLite, twice what the database needs for most of them, and about 100 us on PostgreSQL.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any

from sqlalchemy import Connection, Dialect, Executable, Float
from sqlalchemy.engine import IteratorResult
from sqlalchemy.engine.result import SimpleResultMetaData
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import Delete, Insert, Select, Update
from sqlalchemy.util import await_only as await_

MOST_STATEMENTS = 1_000
MOST_TOGETHER = 12
"""How many writes one statement may hold: each number and order of them is prepared for itself."""
FLOAT8 = 701
"""The server's number of that type; of no other do types of ours ask for it."""
STATEMENTS = "prepared_statements"
"""In `Connection.info` of PostgreSQL: what is prepared on that connection, by text. Without it nothing may be."""

_PARAMETER = re.compile(r"\$(\d+)")

Processor = Callable[[Any], Any] | None


class Rows(IteratorResult[Any]):
    """What a prepared statement found. `rowcount`: how many rows it changed."""

    rowcount: int = -1


class Prepared(ABC):
    """A statement as text, with what its parameters and rows need."""

    __slots__ = ("_binds", "_defaults", "_dialect", "_metadata", "_text")

    def __init__(self, statement: Select[Any] | Insert | Update | Delete, compiled: SQLCompiler) -> None:
        dialect = compiled.dialect
        self._dialect = dialect
        self._text = str(compiled)
        binds = [compiled.binds[name] for name in compiled.positiontup or ()]
        self._binds: list[tuple[str, Processor]] = [
            (bind.key, bind.type.dialect_impl(dialect).bind_processor(dialect)) for bind in binds
        ]
        self._defaults = {bind.key: bind.value for bind in binds if not bind.required}
        columns = statement.exported_columns
        processors = [
            column.type.dialect_impl(dialect).result_processor(
                dialect, FLOAT8 if isinstance(column.type, Float) else None
            )
            for column in columns
        ]
        names = [column.key or "" for column in columns]
        self._metadata = SimpleResultMetaData(names, _processors=processors if any(processors) else None)

    @abstractmethod
    def run(self, connection: Connection, parameters: Mapping[str, Any]) -> Rows:
        """Execute the statement once."""

    @abstractmethod
    def run_many(self, connection: Connection, parameters: Sequence[Mapping[str, Any]]) -> None:
        """Execute the statement once for each of `parameters`."""

    def _values(self, given: Mapping[str, Any]) -> tuple[Any, ...]:
        values = {**self._defaults, **given}
        return tuple([values[name] if process is None else process(values[name]) for name, process in self._binds])

    def _rows(self, found: Iterable[Any], changed: int) -> Rows:
        rows = Rows(self._metadata, iter(found))
        rows.rowcount = changed
        return rows


class _OnSqlite(Prepared):
    def run(self, connection: Connection, parameters: Mapping[str, Any]) -> Rows:
        cursor = connection.connection.cursor()
        try:
            values = self._values(parameters)
            try:
                cursor.execute(self._text, values)
                found = cursor.fetchall() if self._metadata.keys else ()
            except self._dialect.loaded_dbapi.Error as error:
                raise self._failure(error, values) from error
            return self._rows(found, cursor.rowcount)
        finally:
            cursor.close()

    def run_many(self, connection: Connection, parameters: Sequence[Mapping[str, Any]]) -> None:
        cursor = connection.connection.cursor()
        try:
            values = [self._values(row) for row in parameters]
            try:
                cursor.executemany(self._text, values)
            except self._dialect.loaded_dbapi.Error as error:
                raise self._failure(error, values) from error
        finally:
            cursor.close()

    def _failure(self, error: Exception, values: Any) -> BaseException:
        return DBAPIError.instance(
            self._text, values, error, self._dialect.loaded_dbapi.Error, hide_parameters=True, dialect=self._dialect
        )


class OnPostgres(Prepared):
    """Prepared by the server, once a connection. Errors are the driver's own."""

    __slots__ = ("table",)

    def __init__(self, statement: Select[Any] | Insert | Update | Delete, compiled: SQLCompiler) -> None:
        super().__init__(statement, compiled)
        self.table = None if isinstance(statement, Select) else statement.table

    def run(self, connection: Connection, parameters: Mapping[str, Any]) -> Rows:
        statement = _on(connection, self._text)
        found = await_(statement.fetch(*self._values(parameters)))
        return self._rows(found, int(statement.get_statusmsg().rpartition(" ")[2]))

    def run_many(self, connection: Connection, parameters: Sequence[Mapping[str, Any]]) -> None:
        await_(_on(connection, self._text).executemany([self._values(row) for row in parameters]))

    def write(self, parameters: Mapping[str, Any]) -> tuple[str, tuple[Any, ...]]:
        """Return the text and the values of one execution."""
        return self._text, self._values(parameters)


Write = tuple[OnPostgres, Mapping[str, Any]]


def write_together(connection: Connection, writes: Sequence[Write]) -> None:
    """Run inserts and updates of different rows, none of which reads what another one writes, in one round trip."""
    parts = [statement.write(parameters) for statement, parameters in writes]
    together = _together(tuple((text, len(values)) for text, values in parts))
    await_(_on(connection, together).fetch(*(value for _, values in parts for value in values)))


def _on(connection: Connection, text: str) -> Any:
    statements: dict[str, Any] = connection.info[STATEMENTS]
    if text not in statements:
        statements[text] = await_(connection.connection.driver_connection.prepare(text))  # type: ignore[union-attr]  # it is open
    return statements[text]


@lru_cache(MOST_STATEMENTS)
def _together(writes: tuple[tuple[str, int], ...]) -> str:
    """Return one statement that does what several, each with its number of parameters, do."""
    numbered: list[str] = []
    taken = 0
    for text, parameters in writes:
        numbered.append(_PARAMETER.sub(partial(_shifted, taken), text))
        taken += parameters
    *others, last = numbered
    named = ", ".join(f"write_{number} AS ({text})" for number, text in enumerate(others))
    return f"WITH {named} {last}" if named else last


def _shifted(by: int, parameter: re.Match[str]) -> str:
    return f"${int(parameter[1]) + by}"


def prepared(statement: Executable, connection: Connection) -> Prepared | None:
    """Return `statement` ready to run, the same each time.

    Returns:
        None for what only SQLAlchemy can run: a text that changes with its parameters, values that it makes itself, a
        connection that nothing stays prepared on.
    """
    dialect = connection.dialect
    if dialect.name == "postgresql" and STATEMENTS not in connection.info:
        return None
    key = statement, type(dialect)
    try:
        return _PREPARED[key]
    except KeyError:
        if len(_PREPARED) > MOST_STATEMENTS:  # somebody builds them anew for each execution
            _PREPARED.clear()
        ready = _PREPARED[key] = _prepare(statement, dialect)
        return ready


_PREPARED: dict[tuple[Executable, type[Dialect]], Prepared | None] = {}


def _prepare(statement: Executable, dialect: Dialect) -> Prepared | None:
    if not isinstance(statement, Select | Insert | Update | Delete):
        return None
    compiled = statement.compile(dialect=dialect)
    changes = "[POSTCOMPILE" in str(compiled) or any(bind.callable for bind in compiled.binds.values())
    if compiled.prefetch or changes:
        return None
    return (OnPostgres if dialect.name == "postgresql" else _OnSqlite)(statement, compiled)
