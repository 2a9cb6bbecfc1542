"""A join that a planner cannot turn around."""

from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.selectable import Join, NamedFromClause


class LookedUp(Join):
    """Each row of `left` with the rows of `table` that a condition finds for it, or with none.

    PostgreSQL may read the whole right side of a plain join for each row of the left and pick from that: as long as it
    knows nothing of a table, one row costs as much as all rows of a user. SQLite may begin an inner join at either
    side, and an outer one only at the left.
    """

    inherit_cache = True
    right: NamedFromClause
    onclause: ColumnElement[bool]

    def __init__(self, left: FromClause, table: NamedFromClause, *conditions: ColumnElement[bool]) -> None:
        super().__init__(left, table, and_(*conditions), isouter=True)


@compiles(LookedUp, "postgresql")
def _on_postgresql(join: LookedUp, compiler: SQLCompiler, **options: Any) -> str:
    left, table = (compiler.process(side, **options | {"asfrom": True}) for side in (join.left, join.right))
    condition = compiler.process(join.onclause, **options | {"asfrom": False})
    name = compiler.preparer.quote(join.right.name)
    # A subquery with an OFFSET is planned by itself and run for each row of the left.
    return f"{left} LEFT JOIN LATERAL (SELECT * FROM {table} WHERE {condition} OFFSET 0) AS {name} ON true"  # noqa: S608 (text of SQLAlchemy's own)
