"""The one door: what leaves the owner out still sees, changes and counts nothing of another user's rows.

Every mapped class is tried, so a new one is covered by itself.
"""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    delete,
    exists,
    func,
    insert,
    literal,
    select,
    true,
    union_all,
    update,
)
from sqlalchemy.orm import aliased

from causerie.chats.models import ChatSession, Message
from causerie.db import ownership
from causerie.db.base import Base, table_of
from causerie.db.ownership import ForeignOwner
from causerie.db.work import Actor, Work
from tests.isolation.conftest import Door
from tests.isolation.mapped import MAYBE_OWNED, OWNED
from tests.isolation.planting import OWNER, Row, plant, primary_key
from tests.isolation.worlds import Pair

pytestmark = [pytest.mark.req("S30"), pytest.mark.req("S31")]

Model = Any
"""A mapped class: which one, and so which columns it has, is known only when it runs."""

every_model = pytest.mark.parametrize("model", [*OWNED, *MAYBE_OWNED], ids=lambda model: model.__tablename__)


def first_column(model: Model) -> Any:
    return getattr(model, table_of(model).primary_key.columns.keys()[-1])


def plain_column(model: Model) -> Column[Any]:
    """Return a column that a careless statement might set: no part of a key, and not the owner."""
    table = table_of(model)
    keys = {column for key in table.foreign_keys for column in [key.parent]} | set(table.primary_key)
    return next(column for column in table.columns if column not in keys and column.name not in {OWNER, "version"})


def rows(model: Model) -> Any:
    return select(model)


LOCKING = "for update"

# How many rows a query shows that says nothing about their owner.
READS: dict[str, Callable[[Work, Model], int]] = {
    "entities": lambda work, model: len(work.session.scalars(select(model)).all()),
    "one column": lambda work, model: len(work.session.scalars(select(first_column(model))).all()),
    "legacy query": lambda work, model: work.session.query(model).count(),
    "count": lambda work, model: work.session.scalar(select(func.count()).select_from(model)) or 0,
    "aggregate": lambda work, model: work.session.scalar(select(func.count(first_column(model)))) or 0,
    "alias": lambda work, model: len(work.session.scalars(select(aliased(model))).all()),
    "subquery": lambda work, model: len(work.session.execute(select(select(model).subquery())).all()),
    "entity of a subquery": lambda work, model: len(
        work.session.scalars(select(aliased(model, select(model).subquery()))).all()
    ),
    "count of a subquery": lambda work, model: (
        work.session.scalar(select(func.count()).select_from(select(first_column(model)).subquery())) or 0
    ),
    "cte": lambda work, model: len(work.session.execute(select(select(model).cte())).all()),
    "scalar subquery": lambda work, model: (
        work.session.scalar(select(select(func.count(first_column(model))).scalar_subquery())) or 0
    ),
    "exists": lambda work, model: int(bool(work.session.scalar(select(exists(select(literal(1)).select_from(model)))))),
    "union": lambda work, model: len(
        work.session.execute(union_all(select(first_column(model)), select(first_column(model)))).all()
    ),
    "join without a relationship": lambda work, model: len(
        work.session.execute(select(first_column(model)).join(aliased(model), true())).all()
    ),
    "outer join": lambda work, model: len(
        [
            pair
            for pair in work.session.execute(
                select(literal(1), first_column(model)).select_from(
                    select(literal(1).label("one")).subquery().outerjoin(model, true())
                )
            )
            if pair[1] is not None
        ]
    ),
    "in a subquery": lambda work, model: len(
        work.session.scalars(
            select(first_column(model)).where(first_column(model).in_(select(first_column(aliased(model)))))
        ).all()
    ),
    "order by": lambda work, model: len(work.session.scalars(select(model).order_by(first_column(model))).all()),
    LOCKING: lambda work, model: len(work.session.scalars(select(model).with_for_update()).all()),
}


@every_model
async def test_a_query_shows_the_actors_rows_alone(door: Door, model: Model, alice: UUID, bob: UUID) -> None:
    await door.below(lambda connection: plant(connection, table_of(model), alice))

    seen = await door.database.read(Actor(bob), read_all, model)
    seen_writing = await door.database.work(Actor(bob), read_all, model, locking=True)
    own = await door.database.work(Actor(alice), read_all, model, locking=True)

    assert set(seen.values()) == {0}
    assert seen_writing == dict.fromkeys(READS, 0)
    assert min(own.values()) > 0, "each query finds rows that are the actor's"


def read_all(work: Work, model: Model, *, locking: bool = False) -> dict[str, int]:
    return {way: read(work, model) for way, read in READS.items() if locking or way != LOCKING}


@every_model
async def test_a_row_is_not_there_under_its_key(door: Door, model: Model, alice: UUID, bob: UUID) -> None:
    table = table_of(model)
    row = await door.below(lambda connection: plant(connection, table, alice))
    key = primary_key(table, row)

    assert await door.database.read(Actor(bob), lambda work: work.session.get(model, key)) is None
    assert await door.database.read(Actor(alice), lambda work: work.session.get(model, key)) is not None


# How many rows a change touches that says nothing about their owner; `value` is the column's own.
CHANGES: dict[str, Callable[[Work, Model, Row], int]] = {
    "update": lambda work, model, row: touched(
        work, update(model).values({plain_column(model).name: row[plain_column(model).name]})
    ),
    "update where": lambda work, model, row: touched(
        work,
        update(model).where(*named(model, row)).values({plain_column(model).name: row[plain_column(model).name]}),
    ),
    "update through a subquery": lambda work, model, row: touched(
        work,
        update(model)
        .where(first_column(model).in_(select(first_column(aliased(model)))))
        .values({plain_column(model).name: row[plain_column(model).name]}),
    ),
    "delete": lambda work, model, _: touched(work, delete(model)),
    "delete where": lambda work, model, row: touched(work, delete(model).where(*named(model, row))),
    "legacy delete": lambda work, model, _: work.session.query(model).delete(synchronize_session=False),
}


def named(model: Model, row: Row) -> list[ColumnElement[bool]]:
    return [column == row[column.name] for column in table_of(model).primary_key if column.name != OWNER]


def touched(work: Work, statement: Any) -> int:
    result: Any = work.session.execute(statement, execution_options={"synchronize_session": False})
    count: int = result.rowcount
    return count


@every_model
async def test_a_change_touches_the_actors_rows_alone(door: Door, model: Model, alice: UUID, bob: UUID) -> None:
    table = table_of(model)
    touched_by_bob, touched_by_alice = {}, {}
    for way, change in CHANGES.items():
        planted = await door.below(lambda connection: plant(connection, table, alice))
        row = await door.below(partial(stored, model=model, row=planted))

        touched_by_bob[way] = await door.database.work(Actor(bob), change, model, row)
        assert await door.below(partial(stored, model=model, row=planted)) == row, way
        touched_by_alice[way] = await door.database.work(Actor(alice), change, model, row)
        await door.below(lambda connection: connection.execute(delete(table).where(table.c[OWNER] == alice)))

    assert touched_by_bob == dict.fromkeys(CHANGES, 0)
    assert touched_by_alice == dict.fromkeys(CHANGES, 1), "each change finds a row that is the actor's"


def stored(connection: Connection, model: Model, row: Row) -> Row:
    table = table_of(model)
    found = select(table).where(*(column == row[column.name] for column in table.primary_key))
    return dict(connection.execute(found).mappings().one())


# Ways to write a row of `owner`'s.
WRITES: dict[str, Callable[[Work, Model, Row], object]] = {
    "add": lambda work, model, row: work.session.add(instance(model, row)),
    "merge": lambda work, model, row: work.session.merge(instance(model, row)),
    "insert": lambda work, model, row: work.session.execute(insert(model).values(row)),
    "insert of many": lambda work, model, row: work.session.execute(insert(model), [row]),
    "update by key": lambda work, model, row: work.session.execute(update(model), [row]),
}


def instance(model: Model, row: Row) -> Base:
    made: Base = model(**row)
    return made


@pytest.mark.parametrize("model", OWNED, ids=lambda model: model.__tablename__)
async def test_writing_a_row_of_another_user_is_refused(door: Door, model: Model, alice: UUID, bob: UUID) -> None:
    planted = await door.below(lambda connection: plant(connection, table_of(model), alice))
    row = await door.below(partial(stored, model=model, row=planted))

    for way, write in WRITES.items():
        with pytest.raises(ForeignOwner):
            await door.database.work(Actor(bob), write, model, row)
        assert await door.below(partial(stored, model=model, row=planted)) == row, way


@every_model
async def test_a_row_does_not_change_hands(door: Door, model: Model, alice: UUID, bob: UUID) -> None:
    await door.below(lambda connection: plant(connection, table_of(model), bob))

    def give_away(work: Work) -> None:
        work.session.scalars(select(model)).one().user_id = alice

    with pytest.raises(ForeignOwner):
        await door.database.work(Actor(bob), give_away)


@every_model
async def test_an_update_gives_no_row_away(door: Door, model: Model, alice: UUID, bob: UUID) -> None:
    await door.below(lambda connection: plant(connection, table_of(model), bob))

    with pytest.raises(ForeignOwner):
        await door.database.work(Actor(bob), lambda work: work.session.execute(update(model).values(user_id=alice)))


@pytest.mark.parametrize("model", OWNED, ids=lambda model: model.__tablename__)
async def test_new_rows_get_the_actor(door: Door, model: Model, alice: UUID, bob: UUID) -> None:
    table = table_of(model)
    parents = await door.below(lambda connection: forget(connection, model, plant(connection, table, bob)))

    def add(work: Work) -> UUID:
        made = instance(model, {name: value for name, value in parents.items() if name != OWNER})
        work.session.add(made)
        work.session.flush()
        owner: UUID = made.user_id  # type: ignore[attr-defined]  # an owned model has it
        return owner

    assert await door.database.work(Actor(bob), add) == bob


def forget(connection: Connection, model: Model, row: Row) -> Row:
    """Take the row away again; what it points at stays."""
    table = table_of(model)
    connection.execute(delete(table).where(*(column == row[column.name] for column in table.primary_key)))
    return row


@pytest.mark.parametrize("model", MAYBE_OWNED, ids=lambda model: model.__tablename__)
async def test_what_is_everyones_is_seen_by_everyone(door: Door, model: Model, alice: UUID, bob: UUID) -> None:
    before = await door.database.read(Actor(bob), READS["entities"], model)

    await door.below(lambda connection: plant(connection, table_of(model), None))

    for user in (alice, bob):
        assert await door.database.read(Actor(user), READS["entities"], model) == before + 1


async def test_a_relationship_leads_to_the_actors_rows_alone(door: Door, alice: UUID, bob: UUID) -> None:
    """Both have a session under one id; only one of them has a message in it."""
    chats, messages = table_of(ChatSession), table_of(Message)

    def build(connection: Connection) -> None:
        chat = plant(connection, chats, alice)
        plant(connection, messages, alice, session_id=chat["id"])
        plant(connection, chats, bob, id=chat["id"])

    await door.below(build)

    def joined(work: Work) -> int:
        return len(work.session.execute(select(ChatSession.id, Message.id).join(ChatSession.messages)).all())

    assert await door.database.read(Actor(bob), joined) == 0
    assert await door.database.read(Actor(alice), joined) == 1


@pytest.mark.slow
@pytest.mark.parametrize("model", [*OWNED, *MAYBE_OWNED], ids=lambda model: model.__tablename__)
async def test_without_both_nets_everything_is_seen(
    pair_on_application_net: Pair, monkeypatch: pytest.MonkeyPatch, model: Model, bob: UUID
) -> None:
    """Each of the nets that were tried alone is really off when it is said to be."""
    monkeypatch.setattr(ownership, "_CRITERIA", ())

    assert await pair_on_application_net.shared.database.read(Actor(bob), READS["entities"], model) > 0
