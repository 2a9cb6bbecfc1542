"""Runs statements that were built once without what SQLAlchemy does around each execution, on SQLite.

Compiling, types, parameters and rows stay SQLAlchemy's; only its way from a statement to the driver is left out, which
costs 25 to 40 us a statement, twice what SQLite needs for most of them. On PostgreSQL the way to the server costs far
more, and how a row is read depends on what the server says of it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Dialect, Executable
from sqlalchemy.engine import IteratorResult
from sqlalchemy.engine.result import SimpleResultMetaData
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import Delete, Insert, Select, Update

MOST_STATEMENTS = 1_000

Processor = Callable[[Any], Any] | None


class Rows(IteratorResult[Any]):
    """What a prepared statement found. `rowcount`: how many rows it changed."""

    rowcount: int = -1


class Prepared:
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
        processors = [column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns]
        names = [column.key or "" for column in columns]
        self._metadata = SimpleResultMetaData(names, _processors=processors if any(processors) else None)

    def run(self, connection: Connection, parameters: Mapping[str, Any]) -> Rows:
        """Execute the statement once."""
        cursor = connection.connection.cursor()
        try:
            values = self._values(parameters)
            try:
                cursor.execute(self._text, values)
                found = cursor.fetchall() if self._metadata.keys else ()
            except self._dialect.loaded_dbapi.Error as error:
                raise self._failure(error, values) from error
            rows = Rows(self._metadata, iter(found))
            rows.rowcount = cursor.rowcount
            return rows
        finally:
            cursor.close()

    def run_many(self, connection: Connection, parameters: Sequence[Mapping[str, Any]]) -> None:
        """Execute the statement once for each of `parameters`."""
        cursor = connection.connection.cursor()
        try:
            values = [self._values(row) for row in parameters]
            try:
                cursor.executemany(self._text, values)
            except self._dialect.loaded_dbapi.Error as error:
                raise self._failure(error, values) from error
        finally:
            cursor.close()

    def _values(self, given: Mapping[str, Any]) -> tuple[Any, ...]:
        values = {**self._defaults, **given}
        return tuple([values[name] if process is None else process(values[name]) for name, process in self._binds])

    def _failure(self, error: Exception, values: Any) -> BaseException:
        return DBAPIError.instance(
            self._text, values, error, self._dialect.loaded_dbapi.Error, hide_parameters=True, dialect=self._dialect
        )


def prepared(statement: Executable, dialect: Dialect) -> Prepared | None:
    """Return `statement` ready to run, the same each time.

    Returns:
        None for what only SQLAlchemy can run: another database, a text that changes with its parameters, values that it
        makes itself.
    """
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
    if dialect.name != "sqlite" or not isinstance(statement, Select | Insert | Update | Delete):
        return None
    compiled = statement.compile(dialect=dialect)
    changes = "[POSTCOMPILE" in str(compiled) or any(bind.callable for bind in compiled.binds.values())
    return None if compiled.prefetch or changes else Prepared(statement, compiled)
