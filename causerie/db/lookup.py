"""A join that a planner cannot turn around."""

from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, literal_column, select, true
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
    # A subquery with an OFFSET is planned by itself and run for each row of the left.
    found = select(join.right).where(join.onclause).offset(literal_column("0")).correlate_except(join.right)
    return compiler.process(join.left.outerjoin(found.lateral(join.right.name), true()), **options)
