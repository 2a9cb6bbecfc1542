"""What every database promises of its units of work, whichever server or file is under it."""

import asyncio
from functools import partial

import pytest

from causerie.db import postgres, sqlite
from causerie.db.database import Database
from causerie.db.errors import StorageConflict, StorageUnavailable
from causerie.db.work import Actor, Work
from causerie.errors import Busy, NotFound
from causerie.ids import new_id
from causerie.prompting.models import PromptSegment
from tests.db.places import Place
from tests.db.rows import count, keys, put


def put_one(key: str, work: Work) -> str:
    put(work, key)
    return key


async def test_a_unit_returns_what_its_function_returns_and_stores_its_rows(
    database: Database, alice: Actor, place: Place
) -> None:
    assert await database.work(alice, partial(put_one, "a")) == "a"

    assert place.stored() == {"a"}


async def test_every_way_of_working_stores(database: Database, alice: Actor, place: Place) -> None:
    await database.work_lazily(alice, put, "a")
    await database.work_in_bulk(alice, put, "b")

    assert place.stored() == {"a", "b"}


async def test_a_refused_unit_leaves_nothing(database: Database, alice: Actor, place: Place) -> None:
    def refuse_late(work: Work) -> None:
        put(work, "half")
        work.flush()
        raise NotFound("There is none.")

    with pytest.raises(NotFound):
        await database.work(alice, refuse_late)
    await database.work(alice, put, "whole")

    assert place.stored() == {"whole"}


async def test_two_users_keep_to_themselves(database: Database, alice: Actor) -> None:
    bob = Actor(new_id())

    await database.work(alice, put, "same key")
    await database.work(bob, put, "same key", "another")

    assert await database.read(alice, keys) == ["same key"]
    assert await database.read(bob, count) == 2


async def test_a_unit_that_lost_a_race_runs_once_more_and_sees_the_winner(
    database: Database, alice: Actor, place: Place
) -> None:
    await database.work(alice, put, "winner")
    seen: list[list[str]] = []

    def look_then_put(work: Work) -> str:
        # The first look is older than the winner's row.
        stored = keys(work) if seen else []
        seen.append(stored)
        if "winner" in stored:
            return "found"
        put(work, "winner")
        return "made"

    assert await database.work(alice, look_then_put) == "found"
    assert seen == [[], ["winner"]]
    assert place.stored() == {"winner"}


async def test_what_contradicts_the_stored_rows_twice_is_a_conflict(database: Database, alice: Actor) -> None:
    await database.work(alice, put, "a")
    runs = 0

    def put_again(work: Work) -> None:
        nonlocal runs
        runs += 1
        put(work, "a")

    with pytest.raises(StorageConflict):
        await database.work(alice, put_again)
    assert runs == 2


async def test_rows_stay_readable_after_their_unit(database: Database, alice: Actor) -> None:
    def make(work: Work) -> PromptSegment:
        row = PromptSegment(sha256="a", text="one")
        work.session.add(row)
        return row

    row = await database.work(alice, make)

    assert (row.user_id, row.text) == (alice.user_id, "one")


async def test_a_read_sees_one_snapshot_although_others_write(database: Database, alice: Actor, place: Place) -> None:
    await database.work(alice, put, "a")

    def look_twice(work: Work) -> tuple[int, int]:
        first = count(work)
        place.put(alice.user_id, "b")
        work.session.expire_all()
        return first, count(work)

    assert await database.read(alice, look_twice) == (1, 1)
    assert await database.read(alice, count) == 2, "the next read sees what was committed"


async def test_a_read_cannot_write(database: Database, alice: Actor, place: Place) -> None:
    def put_while_reading(work: Work) -> None:
        put(work, "a")
        work.flush()

    def count_without_flush(work: Work) -> int:
        put(work, "b")
        with work.session.no_autoflush:
            return count(work)

    with pytest.raises(StorageUnavailable):
        await database.read(alice, put_while_reading)
    assert await database.read(alice, count_without_flush) == 0
    assert place.stored() == set()


async def test_what_a_cancelled_caller_asked_for_is_stored_and_told_all_the_same(
    database: Database, alice: Actor, place: Place
) -> None:
    heard: list[object] = []
    database.publisher = heard.extend

    def put_and_tell(work: Work) -> None:
        put(work, "a")
        work.publish("a")

    async with place.held(database, alice):
        asking = asyncio.create_task(database.work(alice, put_and_tell))
        await asyncio.sleep(0.05)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
    await database.work(alice, put, "b")
    await database.close()

    assert asking.cancelled()
    assert place.stored() == {"a", "b"}
    assert heard == ["a"]


async def test_too_many_waiting_units_are_refused_and_the_others_are_stored(
    database: Database, alice: Actor, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with place.held(database, alice):
        for kind in (sqlite, postgres):
            monkeypatch.setattr(kind, "MOST_WAITING_UNITS", database.health()["waiting"] + 2)
        waiting = [asyncio.create_task(database.work(alice, partial(put_one, key))) for key in "abc"]
        await asyncio.sleep(0)
        refused = await asyncio.gather(*waiting[2:], return_exceptions=True)
    stored = await asyncio.gather(*waiting[:2])

    assert isinstance(refused[0], Busy)
    assert refused[0].facts == {"retry_after": 1}
    assert stored == ["a", "b"]
    assert place.stored() == {"a", "b"}
    assert await database.work(alice, partial(put_one, "later")) == "later"


async def test_too_many_waiting_reads_are_refused(
    database: Database, alice: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    for kind in (sqlite, postgres):
        monkeypatch.setattr(kind, "MOST_WAITING_UNITS", 2)

    outcomes = await asyncio.gather(*(database.read(alice, count) for _ in range(5)), return_exceptions=True)

    assert [outcome for outcome in outcomes if outcome == 0] == [0, 0]
    assert len([outcome for outcome in outcomes if isinstance(outcome, Busy)]) == 3
    assert await database.read(alice, count) == 0


async def test_closing_finishes_what_waits_and_refuses_what_comes_later(
    database: Database, alice: Actor, place: Place
) -> None:
    async with place.held(database, alice):
        waiting = asyncio.create_task(database.work(alice, put, "waited"))
        await asyncio.sleep(0.05)
        closing = asyncio.create_task(database.close())
        await asyncio.sleep(0)
    await asyncio.gather(waiting, closing)

    assert place.stored() == {"waited"}
    async with asyncio.timeout(5):
        with pytest.raises(StorageUnavailable):
            await database.work(alice, put, "late")
        with pytest.raises(StorageUnavailable):
            await database.read(alice, keys)


async def test_dropped_connections_are_replaced(database: Database, alice: Actor, place: Place) -> None:
    await database.work(alice, put, "before")

    database.drop_connections()

    await database.work(alice, put, "after")
    assert place.stored() == {"before", "after"}
