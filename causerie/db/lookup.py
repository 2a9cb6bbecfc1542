"""A join that a planner cannot turn around."""

from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.selectable import Join, NamedFromClause


class LookedUp(Join):
    """Each row of `left` with the rows of `table` that a condition finds for it, or with none.

    PostgreSQL may read the whole right side of a plain join for each row of the left and pick from that: as long as it
    takes a table for empty, one row costs as much as all rows of a user.
    """

    inherit_cache = True

    def __init__(self, left: FromClause, table: NamedFromClause, *conditions: ColumnElement[bool]) -> None:
        self.condition = and_(*conditions)
        self.name = table.name
        super().__init__(left, table, self.condition, isouter=True)


@compiles(LookedUp, "postgresql")
def _on_postgresql(join: LookedUp, compiler: SQLCompiler, **options: Any) -> str:
    left, table = (compiler.process(side, **options | {"asfrom": True}) for side in (join.left, join.right))
    condition = compiler.process(join.condition, **options | {"asfrom": False})
    name = compiler.preparer.quote(join.name)
    # A subquery with an OFFSET is planned for itself, once its left row is known.
    return f"{left} LEFT JOIN LATERAL (SELECT * FROM {table} WHERE {condition} OFFSET 0) AS {name} ON true"  # noqa: S608 (text of SQLAlchemy's own)
