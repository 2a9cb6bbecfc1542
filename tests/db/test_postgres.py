"""What only PostgreSQL can get wrong: whom a connection is for, what it keeps, and that it can go at any moment."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, make_url, select, text, update
from sqlalchemy.exc import DBAPIError

from causerie.chaos.proxy import Proxy
from causerie.chats.models import ChatSession, Message, Role
from causerie.db.base import table_of
from causerie.db.errors import SchemaMismatch, StorageConflict, StorageUnavailable, UnsafeRole
from causerie.db.links import Links
from causerie.db.postgres import PostgresDatabase
from causerie.db.work import Actor, Work
from causerie.errors import Busy, CauserieError
from causerie.ids import new_id
from causerie.ops.migrating_postgres import migrate_postgres
from causerie.prompting.models import PromptSegment
from tests.db.places import PostgresPlace
from tests.db.rows import count, keys, put
from tests.postgres import PostgresDatabase as Urls
from tests.postgres import PostgresServer

pytestmark = pytest.mark.slow

ACTOR = "current_setting('causerie.user_id')::uuid"
segments = table_of(PromptSegment)


@pytest.fixture
def place(postgres_database: Urls) -> PostgresPlace:
    return PostgresPlace(postgres_database)


@pytest.fixture
async def database(place: PostgresPlace) -> AsyncIterator[PostgresDatabase]:
    database = await PostgresDatabase.open(place.urls.url)
    yield database
    await database.close()


@pytest.fixture(params=["", "?prepared_statements=off"], ids=["own connection", "behind a pool of transactions"])
async def narrow(request: pytest.FixtureRequest, place: PostgresPlace) -> AsyncIterator[PostgresDatabase]:
    """A database on one connection, so that each transaction follows another user's."""
    database = await PostgresDatabase.open(place.urls.url + request.param, connections=1)
    yield database
    await database.close()


def setting(name: str, work: Work) -> str:
    found: str = work.connection.execute(text("SELECT current_setting(:name, true)"), {"name": name}).scalar_one()
    return found


def everything(work: Work) -> int:
    """Count rows by a statement that leaves the owner out, and that nothing adds it to."""
    return len(work.connection.execute(select(segments.c.sha256)).all())


@pytest.mark.req("S28")
async def test_a_connection_is_each_users_for_one_transaction(narrow: PostgresDatabase, alice: Actor) -> None:
    bob = Actor(new_id())
    await narrow.work(alice, put, "a")
    await narrow.work(bob, put, "b", "c")

    asked = [(actor, way) for way in (narrow.read, narrow.work) for _ in range(250) for actor in (alice, bob)]
    seen = await asyncio.gather(*(way(actor, everything) for actor, way in asked))

    assert len(seen) == 1_000
    assert seen == [1 if actor is alice else 2 for actor, _ in asked]


@pytest.mark.req("S28")
async def test_a_connection_keeps_nothing_of_its_last_user(narrow: PostgresDatabase, alice: Actor) -> None:
    await narrow.work(alice, put, "a")
    link = await narrow._links.take(bulk=False)
    try:
        user = await link.driver.fetchval("SELECT current_setting('causerie.user_id', true)")
        rows = await link.driver.fetchval("SELECT count(*) FROM prompt_segment")
        limit = await link.driver.fetchval("SHOW statement_timeout")
    finally:
        await narrow._links.give(link)

    assert not user
    assert rows == 0, "nobody sees nothing, and that is no error"
    assert limit == "0"


async def test_nothing_stays_prepared_behind_a_pool_of_transactions(place: PostgresPlace, alice: Actor) -> None:
    def prepared(work: Work) -> int:
        put(work, new_id().hex)
        count(work)
        found: int = work.connection.execute(text("SELECT count(*) FROM pg_prepared_statements")).scalar_one()
        return found

    for query, stay in (("", True), ("?prepared_statements=off", False)):
        database = await PostgresDatabase.open(place.urls.url + query, connections=1)
        await database.work(alice, prepared)
        assert (await database.work(alice, prepared) > 0) is stay
        await database.close()


@pytest.mark.req("S27")
async def test_the_owner_of_the_tables_is_not_served(place: PostgresPlace) -> None:
    with pytest.raises(UnsafeRole, match="has the rights of the owner of ai_model"):
        await PostgresDatabase.open(place.urls.owner_url)


@pytest.mark.req("S27")
@pytest.mark.parametrize(
    "hole",
    [
        "CREATE TABLE hole (user_id uuid)",
        "ALTER TABLE message NO FORCE ROW LEVEL SECURITY",
        "ALTER TABLE message DISABLE ROW LEVEL SECURITY",
        "DROP POLICY owner ON message",
        "CREATE POLICY hole ON message USING (true)",
        f"CREATE POLICY hole ON message FOR UPDATE USING (user_id = {ACTOR}) WITH CHECK (true)",
    ],
)
async def test_a_schema_with_a_hole_is_not_served(place: PostgresPlace, hole: str) -> None:
    place.stranger(hole)

    with pytest.raises(UnsafeRole, match=r"does not keep users apart in (hole|message)"):
        await PostgresDatabase.open(place.urls.url)


@pytest.fixture
def empty(postgres: PostgresServer) -> Iterator[Urls]:
    with postgres.database() as database:
        yield database


async def test_an_old_schema_is_refused_until_it_is_migrated(empty: Urls, alice: Actor) -> None:
    database = await PostgresDatabase.open(empty.url)
    with pytest.raises(SchemaMismatch, match="Run `causerie migrate`"):
        await database.work(alice, put, "a")

    await migrate_postgres(empty.owner_url, make_url(empty.url).username or "")

    await database.work(alice, put, "a")
    assert await database.read(alice, keys) == ["a"]
    await database.close()


@pytest.mark.req("S29")
async def test_a_row_cannot_point_into_another_users_session(database: PostgresDatabase, alice: Actor) -> None:
    bob = Actor(new_id())
    session_id = await database.work(alice, start)

    def say_into(work: Work, session_id: UUID) -> None:
        row = {"user_id": work.actor.user_id, "id": new_id(), "session_id": session_id, "role": Role.USER}
        work.connection.execute(insert(table_of(Message)).values(row))

    with pytest.raises(StorageConflict):
        await database.work(bob, say_into, session_id)
    await database.work(alice, say_into, session_id)


def start(work: Work) -> UUID:
    chat = ChatSession()
    work.session.add(chat)
    work.session.flush()
    return chat.id


async def test_a_row_for_another_user_is_refused_by_the_database(database: PostgresDatabase, alice: Actor) -> None:
    def give(work: Work) -> None:
        work.connection.execute(insert(segments).values(user_id=new_id(), sha256="given", text=""))

    with pytest.raises(StorageUnavailable) as refused:
        await database.work(alice, give)

    assert "row-level security" in str(refused.value.__cause__)


@pytest.mark.parametrize(
    ("way", "synchronous"), [("work", "on"), ("work_in_bulk", "on"), ("work_lazily", "off")], ids=str
)
async def test_only_checkpoints_do_not_wait_for_the_disk(
    database: PostgresDatabase, alice: Actor, way: str, synchronous: str
) -> None:
    run: Callable[..., Any] = getattr(database, way)

    assert await run(alice, partial(setting, "synchronous_commit")) == synchronous
    assert await run(alice, partial(setting, "statement_timeout")) == "5s"


@pytest.mark.parametrize("limit", ["lock_timeout", "statement_timeout"])
async def test_who_waits_too_long_for_a_row_is_told_to_come_again(
    database: PostgresDatabase, place: PostgresPlace, alice: Actor, limit: str
) -> None:
    def put_soon(work: Work) -> None:
        work.connection.execute(text(f"SET LOCAL {limit} = '20ms'"))
        put(work, "a")

    async with place.held(database, alice):
        with pytest.raises(Busy):
            await database.work(alice, put_soon)
    await database.work(alice, put_soon)

    assert place.stored() == {"a"}


@pytest.mark.parametrize(
    ("asked", "refusal", "sqlstate"),
    [
        ("SELECT CAST('canary' AS integer)", StorageUnavailable, "22P02"),
        ("DO $$ BEGIN RAISE 'canary' USING ERRCODE = 'query_canceled'; END $$", Busy, "57014"),
    ],
    ids=["a fault", "too long"],
)
async def test_what_the_server_refuses_is_logged_without_its_words(
    database: PostgresDatabase,
    alice: Actor,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    asked: str,
    refusal: type[CauserieError],
    sqlstate: str,
) -> None:
    def ask(work: Work) -> None:
        work.connection.execute(text(asked))

    with pytest.raises(refusal):
        await database.work(alice, ask)

    logged = capsys.readouterr().out + caplog.text
    assert sqlstate in logged
    assert "canary" not in logged


async def test_two_units_that_wait_for_each_other_are_both_stored(
    database: PostgresDatabase, place: PostgresPlace, alice: Actor
) -> None:
    await database.work(alice, put, "one", "two")

    def touch(first: str, second: str, work: Work) -> None:
        for name in (first, second):
            work.connection.execute(
                update(segments).where(segments.c.sha256 == name).values(text=segments.c.text + f"{first}; ")
            )
            work.connection.execute(text("SELECT pg_sleep(0.1)"))

    await asyncio.gather(
        database.work(alice, partial(touch, "one", "two")), database.work(alice, partial(touch, "two", "one"))
    )

    for (stored,) in place.stranger("SELECT text FROM prompt_segment"):
        assert set(stored.split("; ")) == {"one", "two", ""}


async def test_going_on_after_a_failed_statement_stores_nothing(
    database: PostgresDatabase, place: PostgresPlace, alice: Actor
) -> None:
    def swallow(work: Work) -> None:
        put(work, "a")
        work.flush()
        with pytest.raises(DBAPIError):
            work.connection.execute(text("SELECT 1 / 0"))

    with pytest.raises(StorageUnavailable):
        await database.work(alice, swallow)
    assert place.stored() == set()


async def test_a_bulk_slice_goes_when_nobody_else_waits(place: PostgresPlace, alice: Actor) -> None:
    database = await PostgresDatabase.open(place.urls.url, connections=1)
    order: list[str] = []

    def unit(name: str, work: Work) -> None:
        count(work)
        order.append(name)

    async with place.held(database, alice):
        asked = [asyncio.create_task(database.work(alice, partial(unit, "first")))]
        await asyncio.sleep(0.05)
        asked += [asyncio.create_task(database.work_in_bulk(alice, partial(unit, "slice"))) for _ in range(2)]
        asked += [asyncio.create_task(database.work(alice, partial(unit, "ack"))) for _ in range(2)]
        await asyncio.sleep(0.05)
    await asyncio.gather(*asked)
    await database.close()

    assert order == ["first", "ack", "ack", "slice", "slice"]


async def test_nothing_that_the_server_ends_hurts_the_next_unit(
    database: PostgresDatabase, place: PostgresPlace, alice: Actor
) -> None:
    await asyncio.gather(*(database.work(alice, put, f"before {number}") for number in range(5)))

    assert place.end_connections() >= 1

    await asyncio.gather(*(database.work(alice, put, f"after {number}") for number in range(5)))
    assert len(place.stored()) == 10


@pytest.mark.parametrize("end", ["the server", "a sleep"])
async def test_a_unit_whose_connection_ends_stores_nothing_and_its_caller_hears_of_it(
    database: PostgresDatabase, place: PostgresPlace, alice: Actor, end: str
) -> None:
    undone: list[str] = []

    def unit(work: Work) -> None:
        work.on_rollback(lambda: undone.append("undone"))
        put(work, "lost")

    async with place.held(database, alice):
        asking = asyncio.create_task(database.work(alice, unit))
        await asyncio.sleep(0.1)
        if end == "the server":
            await asyncio.to_thread(place.end_connections)
        else:
            database.drop_connections()
        with pytest.raises(StorageUnavailable):
            await asking
    await database.work(alice, put, "next")

    assert undone == ["undone"]
    assert place.stored() == {"next"}


async def test_no_caller_leaves_a_transaction_behind(
    database: PostgresDatabase, place: PostgresPlace, alice: Actor
) -> None:
    async with place.held(database, alice):
        asked = [asyncio.create_task(way(alice, count)) for way in (database.work, database.read) for _ in range(20)]
        await asyncio.sleep(0.05)
        for task in asked:
            task.cancel()
        await asyncio.gather(*asked, return_exceptions=True)
    await database.close()

    held = place.stranger(
        "SELECT state FROM pg_stat_activity WHERE application_name = 'causerie' AND datname = current_database()"
    )
    assert held == []


async def test_an_unreachable_server_is_unavailable(place: PostgresPlace) -> None:
    nobody = place.urls.url.rpartition(":")[0] + ":1/nothing"

    with pytest.raises(StorageUnavailable):
        await PostgresDatabase.open(nobody)


async def test_who_gives_up_waiting_takes_no_connection_from_the_others(place: PostgresPlace) -> None:
    links = Links(place.urls.url, 1)
    only = await links.take(bulk=False)
    impatient = asyncio.create_task(links.take(bulk=False))
    patient = asyncio.create_task(links.take(bulk=False))
    await asyncio.sleep(0)

    impatient.cancel()
    await links.give(only)  # before the impatient one has noticed

    async with asyncio.timeout(2):
        assert await patient is only
    with pytest.raises(asyncio.CancelledError):
        await impatient
    await links.give(only)
    await links.close()


async def test_a_server_that_is_gone_without_a_word_does_not_hold_up_the_end(
    place: PostgresPlace, alice: Actor
) -> None:
    address = make_url(place.urls.url)
    assert address.port is not None
    async with Proxy(address.port) as way:
        url = address.set(port=way.port).render_as_string(hide_password=False)
        database = await PostgresDatabase.open(url)
        await asyncio.gather(*(database.read(alice, count) for _ in range(4)))

        way.black_hole()
        hanging = asyncio.create_task(database.work(alice, start))
        await asyncio.sleep(0.05)
        async with asyncio.timeout(6):
            await database.close()

        with pytest.raises(StorageUnavailable):
            await hanging


async def test_ids_are_plain(database: PostgresDatabase, alice: Actor) -> None:
    session_id = await database.work(alice, start)

    row = await database.read(alice, lambda work: work.execute(select(table_of(ChatSession).c.id)).one())

    assert type(row.id) is UUID
    assert row.id == session_id
