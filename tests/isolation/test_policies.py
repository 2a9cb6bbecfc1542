"""PostgreSQL's own net under the bare tables: statements that say nothing of an owner, as the application runs them.

No session, no criterion, no prepared statement stands between them and the rows. What the policies must say of each
table, and who may execute which function, the catalogue tells in `tests/db`; here it is tried.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, Table, delete, func, insert, make_url, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from causerie.db.across import NOBODY
from causerie.db.errors import StorageUnavailable
from causerie.db.work import Actor, Work
from tests.isolation.conftest import TwoDatabases
from tests.isolation.contents import TABLES, but, of, owner_of
from tests.isolation.planting import Row
from tests.isolation.worlds import Pair

pytestmark = [pytest.mark.req("S27"), pytest.mark.req("S28"), pytest.mark.req("S31"), pytest.mark.slow]

every_table = pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
DENIED = r"row-level security"


def count(connection: Connection, table: Table) -> int:
    return connection.execute(select(func.count()).select_from(table)).scalar_one()


@every_table
async def test_counting_counts_the_actors_rows(pair_on_postgres: Pair, table: Table) -> None:
    pair = pair_on_postgres
    everyones = (await pair.shared.contents()).get((table.name, None))

    seen = {
        name: await pair.shared.database.read(actor, lambda work: count(work.connection, table))
        for name, actor in {"alice": Actor(pair.alice.owner), "bob": Actor(pair.bob), "nobody": NOBODY}.items()
    }

    shared = everyones.rows if everyones else 0
    held = {key: value.rows for key, value in (await pair.shared.contents()).items()}
    assert seen == {
        "alice": held[table.name, pair.alice.owner] + shared,
        "bob": held.get((table.name, pair.bob), 0) + shared,
        "nobody": shared,
    }
    assert seen["alice"] > 0


@every_table
async def test_without_a_user_there_are_no_rows_and_no_error(
    pair_on_postgres: Pair, four_databases: list[TwoDatabases], table: Table
) -> None:
    """Neither where nobody was ever named, nor where a transaction's user is over and the setting is empty."""
    engine = create_async_engine(make_url(four_databases[0][0].url).set(drivername="postgresql+asyncpg"))
    everyones = (await pair_on_postgres.shared.contents()).get((table.name, None))
    try:
        async with engine.connect() as connection:
            never = await connection.run_sync(count, table)
            await connection.rollback()
            await connection.execute(
                text("SELECT set_config('causerie.user_id', :user, true)"), {"user": str(pair_on_postgres.alice.owner)}
            )
            assert await connection.run_sync(count, table) > 0
            await connection.rollback()
            not_any_more = await connection.run_sync(count, table)
    finally:
        await engine.dispose()

    assert never == not_any_more == (everyones.rows if everyones else 0)


# Changes that name no owner; each says how many rows it touched.
CHANGES: dict[str, Callable[[Connection, Table], int]] = {
    "update": lambda connection, table: connection.execute(update(table).values(itself(table))).rowcount,
    "delete": lambda connection, table: connection.execute(delete(table)).rowcount,
}


def itself(table: Table) -> dict[str, Any]:
    """Return a change that sets a column to what it is."""
    column = next(column for column in table.columns if not column.primary_key and not column.foreign_keys)
    return {column.name: column}


@pytest.mark.parametrize("change", CHANGES)
@every_table
async def test_a_change_of_everything_touches_the_actors_rows(
    pair_on_postgres: Pair, table: Table, change: str
) -> None:
    pair = pair_on_postgres
    before = await pair.shared.contents()
    held = {owner: value.rows for (name, owner), value in before.items() if name == table.name}

    touched = await pair.shared.database.work(Actor(pair.bob), lambda work: CHANGES[change](work.connection, table))

    after = await pair.shared.contents()
    assert touched == held.get(pair.bob, 0) + held.get(None, 0)
    assert but(pair.bob, after) == but(pair.bob, before)
    await pair.shared.restore(pair.bob)


@every_table
async def test_a_row_of_another_user_cannot_be_written(pair_on_postgres: Pair, table: Table) -> None:
    pair = pair_on_postgres
    before = await pair.shared.contents()
    owner = owner_of(table)
    hers: Row = await pair.shared.below(
        lambda connection: dict(
            connection.execute(select(table).where(owner == pair.alice.owner).limit(1)).mappings().one()
        )
    )

    def insert_hers(work: Work) -> None:
        work.connection.execute(insert(table).values(hers))

    def give_away(work: Work) -> None:
        work.connection.execute(update(table).values({owner.name: pair.alice.owner}))

    with denied():
        await pair.shared.database.work(Actor(pair.bob), insert_hers)
    if of(pair.bob, before).get((table.name, pair.bob)):
        with denied():
            await pair.shared.database.work(Actor(pair.bob), give_away)

    assert await pair.shared.contents() == before


@contextmanager
def denied() -> Iterator[None]:
    with pytest.raises(StorageUnavailable) as refusal:
        yield
    assert isinstance(refusal.value.__cause__, DBAPIError)
    assert DENIED in str(refusal.value.__cause__)
