"""The keys of the database itself keep every row with its owner, whatever a statement says."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, Table, select, update
from sqlalchemy.exc import IntegrityError

from causerie.characters.models import Character
from causerie.chats.models import ChatSession, Message
from causerie.db.base import Base, table_of
from causerie.ids import new_id
from tests.isolation.conftest import Transaction
from tests.isolation.mapped import MAYBE_OWNED, OWNED, UNOWNED
from tests.isolation.planting import OWNER, Row, plant

pytestmark = pytest.mark.req("S29")

SHARED_TABLES = {table_of(model).name for model in MAYBE_OWNED}
"""Their rows may be everyone's, so their key is `id` alone and references to them are checked by the service."""

chats, messages, characters = (table_of(model) for model in (ChatSession, Message, Character))


def test_only_these_tables_belong_to_nobody() -> None:
    assert {table_of(model).name for model in UNOWNED} == {"installation", "user", "worker"}
    assert {"ai_model", "system_prompt"} == SHARED_TABLES


@pytest.mark.parametrize("model", OWNED, ids=lambda model: model.__tablename__)
def test_every_key_begins_with_the_owner(model: type[Base]) -> None:
    table = table_of(model)

    assert next(iter(table.primary_key)).name == OWNER
    for constraint in table.foreign_key_constraints:
        if constraint.referred_table.name not in SHARED_TABLES:
            assert (constraint.column_keys[0], constraint.elements[0].column.name) == (OWNER, OWNER)
            assert constraint.ondelete in (None, "CASCADE"), "SET NULL would null the owner"
    for index in table.indexes:
        if index.unique:
            assert index.columns.keys()[0] == OWNER


@pytest.mark.parametrize("model", OWNED, ids=lambda model: model.__tablename__)
async def test_two_users_may_have_one_key(
    transaction: Transaction[Row], model: type[Base], alice: UUID, bob: UUID
) -> None:
    """Whatever Alice has, Bob may have under the very same ids and labels, and neither learns of the other."""
    table = table_of(model)

    hers = await transaction(lambda connection: plant(connection, table, alice))
    his = await transaction(lambda connection: transplant(connection, table, hers, bob))

    assert his == {**hers, OWNER: bob}


def transplant(connection: Connection, table: Table, row: Row, owner: UUID) -> Row:
    """Insert a copy of `row` for another owner, with copies of the rows that it points at."""
    for key in table.foreign_key_constraints:
        values = [row.get(name) for name in key.column_keys]
        if key.referred_table.name in SHARED_TABLES or None in values:
            continue
        remote = {element.column.name: value for element, value in zip(key.elements, values, strict=True)}
        found = select(key.referred_table).filter_by(**remote)
        target = dict(connection.execute(found).mappings().one())
        if connection.execute(select(key.referred_table).filter_by(**{**remote, OWNER: owner})).first() is None:
            transplant(connection, key.referred_table, target, owner)
    return plant(connection, table, owner, **{name: value for name, value in row.items() if name != OWNER})


@pytest.fixture
async def hers(transaction: Transaction[Row], alice: UUID) -> Row:
    """What Alice has: a character, and a session with a message."""

    def build(connection: Connection) -> Row:
        character = plant(connection, characters, alice)
        chat = plant(connection, chats, alice, character_id=character["id"])
        message = plant(connection, messages, alice, session_id=chat["id"])
        return {"character_id": character["id"], "session_id": chat["id"], "message_id": message["id"]}

    return await transaction(build)


async def refused(transaction: Transaction[Any], owner: UUID, **fields: Any) -> None:
    with pytest.raises(IntegrityError, match=r"(?i)foreign key"):
        await transaction(lambda connection: plant(connection, messages, owner, **fields))


async def test_no_message_in_a_foreign_session(transaction: Transaction[Row], hers: Row, bob: UUID) -> None:
    await refused(transaction, bob, session_id=hers["session_id"])


async def test_no_message_below_a_foreign_one(transaction: Transaction[Row], hers: Row, bob: UUID) -> None:
    his = await transaction(lambda connection: plant(connection, chats, bob))

    await refused(transaction, bob, session_id=his["id"], parent_id=hers["message_id"])


async def test_no_message_of_a_foreign_character(transaction: Transaction[Row], hers: Row, bob: UUID) -> None:
    his = await transaction(lambda connection: plant(connection, chats, bob))

    await refused(transaction, bob, session_id=his["id"], character_id=hers["character_id"])


async def test_no_branch_leaves_its_session(transaction: Transaction[Row], hers: Row, alice: UUID) -> None:
    other = await transaction(lambda connection: plant(connection, chats, alice))

    await refused(transaction, alice, session_id=other["id"], parent_id=hers["message_id"])


@pytest.mark.parametrize("change", ["session_id", "parent_id", "user_id"])
async def test_no_message_moves_to_somebody_else(
    transaction: Transaction[Any], hers: Row, alice: UUID, bob: UUID, change: str
) -> None:
    his_chat = await transaction(lambda connection: plant(connection, chats, bob))
    his = await transaction(lambda connection: plant(connection, messages, bob, session_id=his_chat["id"]))
    theft = {"session_id": hers["session_id"], "parent_id": hers["message_id"], "user_id": alice}[change]
    moving = update(messages).where(messages.c.user_id == bob, messages.c.id == his["id"]).values({change: theft})

    with pytest.raises(IntegrityError, match=r"(?i)foreign key"):
        await transaction(lambda connection: connection.execute(moving))


async def test_the_same_references_are_fine_at_home(transaction: Transaction[Row], hers: Row, alice: UUID) -> None:
    reply = await transaction(
        lambda connection: plant(
            connection,
            messages,
            alice,
            session_id=hers["session_id"],
            parent_id=hers["message_id"],
            character_id=hers["character_id"],
            role="assistant",
        )
    )

    found = select(messages.c.parent_id).where(messages.c.user_id == alice, messages.c.id == reply["id"])
    assert await transaction(lambda connection: connection.execute(found).scalar_one()) == hers["message_id"]


async def test_a_label_is_taken_only_by_its_owners_living_characters(
    transaction: Transaction[Row], alice: UUID, bob: UUID
) -> None:
    def name(owner: UUID, **fields: Any) -> Row:
        return {"label": "wren", "id": new_id(), **fields, OWNER: owner}

    async def add(row: Row) -> None:
        owner = row.pop(OWNER)
        await transaction(lambda connection: plant(connection, characters, owner, **row))

    await add(name(alice))
    await add(name(bob))
    with pytest.raises(IntegrityError, match=r"(?i)unique"):
        await add(name(alice))
