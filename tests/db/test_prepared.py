"""A prepared statement does what SQLAlchemy's own execution does."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, Executable, MetaData, Table, bindparam, create_engine, insert, select, text, update
from sqlalchemy import types as sa
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.schema import Column

from causerie.accounts.models import User
from causerie.chats.models import Status
from causerie.db.base import table_of
from causerie.db.postgres import PostgresDatabase
from causerie.db.prepared import prepared
from causerie.db.types import Identifier, UtcDateTime
from causerie.db.work import Actor, Work
from causerie.ids import new_id
from tests.postgres import PostgresDatabase as Urls

thing = Table(
    "thing",
    MetaData(),
    Column("id", Identifier(), primary_key=True),
    Column("owner", Identifier()),
    Column("name", sa.String(), nullable=False),
    Column("status", sa.Enum(Status, native_enum=False, length=16)),
    Column("moment", UtcDateTime()),
    Column("facts", sa.JSON()),
    Column("flag", sa.Boolean()),
    Column("size", sa.Float()),
)

ADD = insert(thing).values({column.name: bindparam(column.name) for column in thing.c})
BY_ID = select(thing).where(thing.c.id == bindparam("of"))
NAMED = select(thing.c.name.label("called"), thing.c.moment).where(thing.c.flag.is_(True)).order_by(thing.c.name)
RENAME = (
    update(thing)
    .where(thing.c.id == bindparam("of"))
    .values(name=bindparam("to"), size=thing.c.size + 1)
    .returning(thing.c.size, thing.c.id)
)
RENAME_QUIETLY = update(thing).where(thing.c.owner == bindparam("of")).values(name="renamed")
AMONG = select(thing.c.name).where(thing.c.id.in_(bindparam("ids", expanding=True)))


@pytest.fixture
def connection() -> Iterator[Connection]:
    """A database in memory with the table `thing`."""
    engine = create_engine("sqlite://")
    with engine.begin() as connection:
        thing.create(connection)
        yield connection
    engine.dispose()


def row(name: str | None, **more: Any) -> dict[str, Any]:
    nothing = dict.fromkeys(column.name for column in thing.c)
    return {**nothing, "id": new_id(), "name": name, **more}


def run_it(connection: Connection, statement: Any, **parameters: Any) -> Any:
    ready = prepared(statement, connection)
    assert ready is not None
    return ready.run(connection, parameters)


def test_rows_and_their_types_are_the_same(connection: Connection) -> None:
    full = row(
        "full",
        owner=new_id(),
        status=Status.STREAMING,
        moment=datetime(2026, 2, 3, 4, 5, 6, 789, UTC),
        facts={"a": [1, None]},
        flag=True,
        size=1.5,
    )
    run_it(connection, ADD, **full)
    run_it(connection, ADD, **row("bare"))
    for statement, parameters in ((BY_ID, {"of": full["id"]}), (NAMED, {}), (select(thing), {})):
        ours = run_it(connection, statement, **parameters).all()
        theirs = connection.execute(statement, parameters).all()
        assert ours == theirs
        assert [found._fields for found in ours] == [found._fields for found in theirs]
    (found,) = run_it(connection, BY_ID, of=full["id"])
    assert found._asdict() == full
    assert isinstance(found.id, UUID)


def test_results_are_asked_as_sqlalchemys_are(connection: Connection) -> None:
    stored = row("one", flag=True, size=1.0)
    run_it(connection, ADD, **stored)

    assert run_it(connection, BY_ID, of=new_id()).one_or_none() is None
    assert run_it(connection, BY_ID, of=stored["id"]).mappings().one()["name"] == "one"
    assert run_it(connection, NAMED).scalar_one() == "one"
    assert run_it(connection, NAMED).first().called == "one"
    assert list(run_it(connection, NAMED).scalars()) == ["one"]
    changed = run_it(connection, RENAME, of=stored["id"], to="two")
    assert (changed.rowcount, changed.one().size) == (1, 2.0)
    assert run_it(connection, RENAME_QUIETLY, of=new_id()).rowcount == 0


def test_many_rows_are_added_at_once(connection: Connection) -> None:
    ready = prepared(ADD, connection)
    assert ready is not None
    ready.run_many(connection, [row(f"{number}", flag=True) for number in range(5)])
    ready.run_many(connection, [])
    assert [found.called for found in run_it(connection, NAMED)] == ["0", "1", "2", "3", "4"]


def test_what_the_database_refuses_is_sqlalchemys_error(connection: Connection) -> None:
    with pytest.raises(IntegrityError), connection.begin_nested():
        run_it(connection, ADD, **row(None))
    ready = prepared(ADD, connection)
    assert ready is not None
    twice = row("twice")
    with pytest.raises(IntegrityError), connection.begin_nested():
        ready.run_many(connection, [twice, twice])


def test_a_missing_table_is_sqlalchemys_error_too(connection: Connection) -> None:
    thing.drop(connection)

    with pytest.raises(OperationalError):
        run_it(connection, BY_ID, of=new_id())


def test_a_parameter_that_is_left_out_is_a_mistake(connection: Connection) -> None:
    with pytest.raises(KeyError):
        run_it(connection, BY_ID)


@pytest.mark.parametrize(
    "statement",
    [AMONG, text("SELECT 1"), update(table_of(User)).values(name=bindparam("to"))],
    ids=["a list", "a text", "an own time of change"],
)
def test_what_changes_with_its_parameters_is_left_to_sqlalchemy(connection: Connection, statement: Executable) -> None:
    assert prepared(statement, connection) is None


@pytest.mark.slow
@pytest.mark.parametrize(
    "check",
    [
        test_rows_and_their_types_are_the_same,
        test_results_are_asked_as_sqlalchemys_are,
        test_many_rows_are_added_at_once,
    ],
)
async def test_on_postgresql_it_is_the_same(
    postgres_database: Urls, alice: Actor, check: Callable[[Connection], None]
) -> None:
    def unit(work: Work) -> None:
        columns = ", ".join(f"{column.name} {column.type.compile(work.connection.dialect)}" for column in thing.c)
        work.connection.execute(text(f"CREATE TEMPORARY TABLE thing ({columns}) ON COMMIT DROP"))
        check(work.connection)

    database = await PostgresDatabase.open(postgres_database.url)
    await database.work(alice, unit)
    await database.work(alice, unit)
    await database.close()


@pytest.mark.slow
async def test_where_nothing_may_stay_prepared_it_is_left_to_sqlalchemy(postgres_database: Urls, alice: Actor) -> None:
    database = await PostgresDatabase.open(f"{postgres_database.url}?prepared_statements=off")

    assert await database.read(alice, lambda work: prepared(BY_ID, work.connection)) is None
    await database.close()


def test_a_statement_is_compiled_once(connection: Connection) -> None:
    assert prepared(BY_ID, connection) is prepared(BY_ID, connection)
