"""Writes whose outcome nobody looks at: sent together where that saves round trips, and seen by all that follows."""

from collections import Counter
from typing import Any

import pytest
from sqlalchemy import bindparam, insert, select, update

from causerie.chats.models import ChatSession
from causerie.chats.schemas import NewSaying
from causerie.chats.service import say
from causerie.db.base import ACTOR, table_of
from causerie.db.database import Database
from causerie.db.errors import StorageConflict
from causerie.db.postgres import PostgresDatabase
from causerie.db.work import Actor, Work
from causerie.ids import new_id
from causerie.prompting.models import PromptSegment
from tests.db.rows import keys, put
from tests.node import NoStarter
from tests.postgres import PostgresDatabase as Urls

segments = table_of(PromptSegment)
sessions = table_of(ChatSession)

ADD = insert(segments).values(user_id=ACTOR, sha256=bindparam("key"), text=bindparam("text"))
SAY = (
    update(segments)
    .where(segments.c.user_id == ACTOR, segments.c.sha256 == bindparam("of"))
    .values(text=bindparam("text"))
)
RENAME = (
    update(sessions).where(sessions.c.user_id == ACTOR, sessions.c.id == bindparam("of")).values(title=bindparam("to"))
)
TEXTS = select(segments.c.text).where(segments.c.user_id == ACTOR).order_by(segments.c.sha256)


def texts(work: Work) -> list[str]:
    return list(work.execute(TEXTS).scalars())


async def test_what_a_unit_runs_sees_all_that_it_wrote(database: Database, alice: Actor) -> None:
    chat = ChatSession(id=new_id())

    def unit(work: Work) -> tuple[Any, ...]:
        work.session.add(chat)
        work.flush()
        work.write(ADD, key="a", text="one")
        work.write(RENAME, of=chat.id, to="Tea")
        by_statement = texts(work)
        work.write_many(ADD, [{"key": "b", "text": "two"}, {"key": "c", "text": "three"}])
        by_rows = keys(work)
        work.write(ADD, key="d", text="four")
        by_connection = len(work.connection.execute(TEXTS, {"actor": alice.user_id}).all())
        return by_statement, by_rows, by_connection

    assert await database.work(alice, unit) == (["one"], ["a", "b", "c"], 4)
    renamed = await database.read(alice, lambda work: work.session.scalar(select(ChatSession.title)))
    assert renamed == "Tea"


async def test_each_write_finds_what_the_ones_before_it_left(database: Database, alice: Actor) -> None:
    def unit(work: Work) -> None:
        work.write(ADD, key="a", text="first")
        work.write(SAY, of="a", text="second")
        work.write(ADD, key="b", text="last")
        work.write(SAY, of="a", text="third")

    await database.work(alice, unit)

    assert await database.read(alice, texts) == ["third", "last"]


@pytest.mark.parametrize("many", [1, 11, 12, 13, 40])
async def test_any_number_of_rows_is_written(database: Database, alice: Actor, many: int) -> None:
    def unit(work: Work) -> None:
        work.write_many(ADD, [{"key": f"{number:02}", "text": f"{number}"} for number in range(many)])
        work.write_many(ADD, [])

    await database.work(alice, unit)

    assert await database.read(alice, texts) == [f"{number}" for number in range(many)]


async def test_a_write_that_is_refused_leaves_nothing_of_its_unit(database: Database, alice: Actor) -> None:
    await database.work(alice, put, "taken")

    def unit(work: Work) -> None:
        work.write(ADD, key="new", text="")
        work.write(RENAME, of=new_id(), to="nothing")
        work.write(ADD, key="taken", text="")

    with pytest.raises(StorageConflict):
        await database.work(alice, unit)

    assert await database.read(alice, keys) == ["taken"]


@pytest.mark.slow
async def test_what_a_saying_writes_is_one_round_trip(postgres_database: Urls, alice: Actor) -> None:
    database = await PostgresDatabase.open(postgres_database.url, connections=1)
    said = await database.work(alice, say, NewSaying(content="Good morning."), NoStarter())
    tea = NewSaying(content="Tea?", session_id=said.session_id)
    await database.work(alice, say, tea, NoStarter())
    before = await _executions(database)

    await database.work(alice, say, tea, NoStarter())
    after = await _executions(database)
    await database.close()

    writes = [text for text, times in after.items() if times > before[text] and "INSERT" in text]
    assert len(writes) == 1
    assert writes[0].count("INSERT INTO message") == 2
    assert writes[0].count("INSERT INTO session_event") == 3
    assert writes[0].count("INSERT INTO generation") == 1
    assert writes[0].count("UPDATE chat_session") == 1


async def _executions(database: PostgresDatabase) -> Counter[str]:
    """Return how often the database's only connection has run each statement that is prepared on it."""
    link = await database._links.take(bulk=False)
    try:
        found = await link.driver.fetch("SELECT statement, generic_plans AS times FROM pg_prepared_statements")
    finally:
        await database._links.give(link)
    return Counter({row["statement"]: row["times"] for row in found})
