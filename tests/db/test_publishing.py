"""What a unit tells, it tells after COMMIT and before its caller goes on; or not at all."""

import asyncio
import threading
from collections.abc import Sequence
from functools import partial

import pytest
from structlog.testing import capture_logs

from causerie.db.database import Database
from causerie.db.errors import StorageConflict
from causerie.db.sqlite import SqliteDatabase
from causerie.db.work import Actor, Work
from causerie.errors import NotFound
from tests.db.places import Place
from tests.db.rows import put


def put_and_tell(key: str, work: Work) -> None:
    put(work, key)
    work.publish(key)


async def test_facts_come_after_commit_on_the_loops_thread_and_before_the_caller_goes_on(
    database: Database, alice: Actor, place: Place
) -> None:
    heard: list[tuple[object, bool, int]] = []

    def listen(facts: Sequence[object]) -> None:
        heard.extend((fact, fact in place.stored(), threading.get_ident()) for fact in facts)

    database.publisher = listen

    await database.work(alice, partial(put_and_tell, "a"))

    assert heard == [("a", True, threading.get_ident())]


async def test_the_facts_of_a_unit_come_together_and_before_its_caller_goes_on(
    database: Database, alice: Actor
) -> None:
    heard: list[object] = []
    database.publisher = heard.extend

    def unit(key: str, work: Work) -> None:
        put_and_tell(key, work)
        work.publish(f"{key} too")

    async def ask(key: str) -> None:
        await database.work(alice, partial(unit, key))
        place = heard.index(key)
        assert heard[place : place + 2] == [key, f"{key} too"]

    await asyncio.gather(*(ask(f"{number:03}") for number in range(200)))

    assert len(heard) == 400


async def test_facts_come_in_the_order_of_commits(sqlite: SqliteDatabase, alice: Actor) -> None:
    """PostgreSQL answers when it has let the next unit go on already: there events are ordered by their numbers."""
    heard: list[object] = []
    committed: list[str] = []
    sqlite.publisher = heard.extend

    def unit(key: str, work: Work) -> None:
        committed.append(key)
        put_and_tell(key, work)

    await asyncio.gather(*(sqlite.work(alice, partial(unit, f"{number:03}")) for number in range(200)))

    assert heard == committed
    assert len(heard) == 200


async def test_a_refused_unit_tells_nothing(database: Database, alice: Actor) -> None:
    heard: list[object] = []
    committed: list[str] = []
    undone: list[str] = []
    database.publisher = heard.extend

    def tell_then_refuse(work: Work) -> None:
        work.publish("never")
        work.on_commit(lambda: committed.append("never"))
        work.on_rollback(lambda: undone.append("refused"))
        raise NotFound("There is none.")

    with pytest.raises(NotFound):
        await database.work(alice, tell_then_refuse)
    await database.work(alice, partial(put_and_tell, "a"))

    assert (heard, committed, undone) == (["a"], [], ["refused"])


async def test_a_unit_that_runs_twice_tells_once(database: Database, alice: Actor) -> None:
    heard: list[object] = []
    undone: list[int] = []
    database.publisher = heard.extend
    await database.work(alice, put, "taken")
    runs = 0

    def unit(work: Work) -> None:
        nonlocal runs
        runs += 1
        run = runs
        work.publish(f"run {run}")
        work.on_rollback(lambda: undone.append(run))
        put(work, "taken" if run == 1 else "free")

    await database.work(alice, unit)

    assert heard == ["run 2"]
    assert undone == [1]


async def test_what_is_undone_twice_says_so_each_time(database: Database, alice: Actor) -> None:
    await database.work(alice, put, "taken")
    undone: list[str] = []

    def unit(work: Work) -> None:
        work.on_rollback(lambda: undone.append("undone"))
        put(work, "taken")

    with pytest.raises(StorageConflict):
        await database.work(alice, unit)
    assert undone == ["undone", "undone"]


async def test_actions_run_before_the_facts(database: Database, alice: Actor) -> None:
    order: list[object] = []
    database.publisher = order.extend

    def unit(work: Work) -> None:
        work.on_commit(lambda: order.append("action"))
        work.publish("fact")

    await database.work(alice, unit)

    assert order == ["action", "fact"]


async def test_a_listener_that_fails_keeps_nobody_from_an_answer(
    database: Database, alice: Actor, place: Place
) -> None:
    def fail(facts: Sequence[object]) -> None:
        raise RuntimeError(f"deaf to {facts}")

    database.publisher = fail

    with capture_logs() as logs:
        async with asyncio.timeout(5):
            await asyncio.gather(*(database.work(alice, partial(put_and_tell, key)) for key in "abc"))

    assert place.stored() == {"a", "b", "c"}
    assert [entry["event"] for entry in logs] == ["publishing_failed"] * 3


async def test_an_action_that_fails_at_a_rollback_keeps_nobody_from_an_answer(
    database: Database, alice: Actor, place: Place
) -> None:
    def fail() -> None:
        raise RuntimeError("cannot undo")

    def unit(work: Work) -> None:
        work.on_rollback(fail)
        raise NotFound("There is none.")

    with capture_logs() as logs:
        async with asyncio.timeout(5):
            with pytest.raises(NotFound):
                await database.work(alice, unit)
            await database.work(alice, put, "a")

    assert place.stored() == {"a"}
    assert [entry["event"] for entry in logs] == ["undoing_failed"]
