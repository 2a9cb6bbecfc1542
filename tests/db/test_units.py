"""Units of work on SQLite: each for itself, although several share a commit."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import bindparam, insert, text

from causerie.db import sqlite
from causerie.db.base import ACTOR, table_of
from causerie.db.errors import StorageConflict, StorageUnavailable
from causerie.db.sqlite import SqliteDatabase
from causerie.db.work import Actor, Work
from causerie.errors import Busy, NotFound
from causerie.prompting.models import PromptSegment
from tests.db.rows import Gate, count, keys, put, stored_keys


async def together(database: SqliteDatabase, actor: Actor, *units: Callable[[Work], Any]) -> list[Any]:
    """Let units wait until one commit takes them all; return what each returned or raised."""
    gate = Gate()
    holding = asyncio.create_task(database.work(actor, gate))
    await asyncio.to_thread(gate.reached)
    waiting = [asyncio.create_task(database.work(actor, unit)) for unit in units]
    await asyncio.sleep(0)
    gate.open()
    await holding
    return await asyncio.gather(*waiting, return_exceptions=True)


async def test_a_unit_returns_what_its_function_returns_and_stores_its_rows(
    database: SqliteDatabase, alice: Actor, file: Path
) -> None:
    assert await database.work(alice, partial(put_one, "a")) == "a"

    assert stored_keys(file) == {"a"}


async def test_a_failed_unit_leaves_the_others_of_its_commit_alone(
    database: SqliteDatabase, alice: Actor, file: Path
) -> None:
    def refuse_late(work: Work) -> None:
        put(work, "half")
        work.flush()
        raise NotFound("There is none.")

    before, refused, broken, after, committed = await together(
        database,
        alice,
        partial(put_one, "before"),
        refuse_late,
        lambda work: work.execute(text("SELECT nonsense")),
        partial(put_one, "after"),
        lambda _: stored_keys(file),
    )

    assert committed == set(), "all of them share one commit"
    assert (before, after) == ("before", "after")
    assert isinstance(refused, NotFound)
    assert isinstance(broken, StorageUnavailable)
    assert stored_keys(file) == {"before", "after"}


async def test_a_refused_unit_leaves_nothing_of_what_it_wrote_by_statements(
    database: SqliteDatabase, alice: Actor, file: Path
) -> None:
    def refuse_late(work: Work) -> None:
        work.execute(PUT, key="half")
        raise NotFound("There is none.")

    _, refused, _ = await together(database, alice, partial(put_one, "a"), refuse_late, partial(put_one, "b"))

    assert isinstance(refused, NotFound)
    assert stored_keys(file) == {"a", "b"}


PUT = insert(table_of(PromptSegment)).values(user_id=ACTOR, sha256=bindparam("key"), text="")


def put_one(key: str, work: Work) -> str:
    put(work, key)
    return key


async def test_a_failed_commit_fails_every_unit_of_it_and_the_next_one_works(
    database: SqliteDatabase, alice: Actor, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def end_the_transaction(work: Work) -> None:
        work.connection.exec_driver_sql("ROLLBACK")  # as SQLite does by itself when the disk is full

    outcomes = await together(database, alice, partial(put_one, "a"), end_the_transaction, partial(put_one, "b"))

    assert all(isinstance(outcome, StorageUnavailable) for outcome in outcomes)
    assert stored_keys(file) == set()
    await database.work(alice, put, "next")
    assert stored_keys(file) == {"next"}


async def test_a_file_that_another_program_holds_is_unavailable_until_it_lets_go(
    file: Path, alice: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "BUSY_MILLISECONDS", 20)
    database = SqliteDatabase(file)
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageUnavailable):
            await database.work(alice, put, "a")
        other.execute("ROLLBACK")

    await database.work(alice, put, "b")
    await database.close()

    assert stored_keys(file) == {"b"}


async def test_a_unit_that_lost_a_race_runs_once_more_and_sees_the_winner(
    database: SqliteDatabase, alice: Actor, file: Path
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
    assert stored_keys(file) == {"winner"}


async def test_what_contradicts_the_stored_rows_twice_is_a_conflict(database: SqliteDatabase, alice: Actor) -> None:
    await database.work(alice, put, "a")
    runs = 0

    def put_again(work: Work) -> None:
        nonlocal runs
        runs += 1
        put(work, "a")

    with pytest.raises(StorageConflict):
        await database.work(alice, put_again)
    assert runs == 2


async def test_too_many_waiting_units_are_refused_and_the_others_are_stored(
    database: SqliteDatabase, alice: Actor, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "MOST_WAITING_UNITS", 3)

    outcomes = await together(database, alice, *(partial(put_one, key) for key in "abc"))

    refused = [outcome for outcome in outcomes if isinstance(outcome, Busy)]
    assert [outcome for outcome in outcomes if outcome not in refused] == ["a", "b"], "the gate is the third"
    assert refused[0].facts == {"retry_after": 1}
    assert stored_keys(file) == {"a", "b"}
    assert await database.work(alice, partial(put_one, "later")) == "later"


async def test_what_a_cancelled_caller_asked_for_is_stored_all_the_same(
    database: SqliteDatabase, alice: Actor, file: Path
) -> None:
    gate = Gate()
    asking = asyncio.create_task(database.work(alice, gate.then(partial(put_all, ["a"]))))
    await asyncio.to_thread(gate.reached)

    asking.cancel()
    gate.open()
    await database.work(alice, put, "b")

    assert asking.cancelled()
    assert stored_keys(file) == {"a", "b"}


def put_all(wanted: list[str], work: Work) -> None:
    put(work, *wanted)


@pytest.mark.parametrize(
    ("way", "synchronous"),
    [("work", 2), ("work_in_bulk", 2), ("work_lazily", 1)],
    ids=["acknowledged: FULL", "bulk: FULL", "checkpoints: NORMAL"],
)
async def test_what_is_acknowledged_reaches_the_disk_first(
    database: SqliteDatabase, alice: Actor, way: str, synchronous: int
) -> None:
    run: Callable[..., Awaitable[int]] = getattr(database, way)

    assert await run(alice, lambda work: pragma(work, "synchronous")) == synchronous
    assert await database.work_lazily(alice, lambda work: pragma(work, "synchronous")) == 1, "each commit for itself"


async def test_a_checkpoint_that_shares_a_commit_with_something_acknowledged_is_durable_too(
    database: SqliteDatabase, alice: Actor
) -> None:
    gate = Gate()
    holding = asyncio.create_task(database.work(alice, gate))
    await asyncio.to_thread(gate.reached)
    lazy = asyncio.create_task(database.work_lazily(alice, lambda work: pragma(work, "synchronous")))
    durable = asyncio.create_task(database.work(alice, lambda work: pragma(work, "synchronous")))
    await asyncio.sleep(0)
    gate.open()
    await holding

    assert (await lazy, await durable) == (2, 2)


@pytest.mark.req("S30")
async def test_references_are_checked_by_every_connection(database: SqliteDatabase, alice: Actor) -> None:
    assert await database.work(alice, lambda work: pragma(work, "foreign_keys")) == 1
    assert await database.read(alice, lambda work: pragma(work, "foreign_keys")) == 1


def pragma(work: Work, name: str) -> int:
    value: int = work.connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
    return value


async def test_rows_stay_readable_after_their_unit(database: SqliteDatabase, alice: Actor) -> None:
    def make(work: Work) -> PromptSegment:
        row = PromptSegment(sha256="a", text="one")
        work.session.add(row)
        return row

    row = await database.work(alice, make)

    assert (row.user_id, row.text) == (alice.user_id, "one")


async def test_a_read_sees_one_snapshot_although_others_write(database: SqliteDatabase, alice: Actor) -> None:
    await database.work(alice, put, "a")
    gate = Gate()

    def look_twice(work: Work) -> tuple[int, int]:
        first = count(work)
        gate(work)
        work.session.expire_all()
        return first, count(work)

    looking = asyncio.create_task(database.read(alice, look_twice))
    await asyncio.to_thread(gate.reached)
    await database.work(alice, put, "b", "c")
    gate.open()

    assert await looking == (1, 1)
    assert await database.read(alice, count) == 3, "the next read sees what was committed"


async def test_a_read_does_not_wait_for_a_writer(database: SqliteDatabase, alice: Actor) -> None:
    gate = Gate()
    writing = asyncio.create_task(database.work(alice, gate.then(partial(put_all, ["a"]))))
    await asyncio.to_thread(gate.reached)

    assert await database.read(alice, count) == 0

    gate.open()
    await writing


async def test_a_read_cannot_write(database: SqliteDatabase, alice: Actor, file: Path) -> None:
    def put_while_reading(work: Work) -> None:
        put(work, "a")
        work.flush()

    with pytest.raises(StorageUnavailable):
        await database.read(alice, put_while_reading)
    assert await database.read(alice, count_without_flush) == 0
    assert stored_keys(file) == set()


def count_without_flush(work: Work) -> int:
    put(work, "b")
    with work.session.no_autoflush:
        return count(work)


async def test_closing_finishes_what_waits_and_refuses_what_comes_later(file: Path, alice: Actor) -> None:
    database = SqliteDatabase(file)
    gate = Gate()
    holding = asyncio.create_task(database.work(alice, gate))
    await asyncio.to_thread(gate.reached)
    waiting = asyncio.create_task(database.work(alice, put, "waited"))
    await asyncio.sleep(0)

    closing_ = asyncio.create_task(database.close())
    await asyncio.sleep(0)
    gate.open()
    await asyncio.gather(holding, waiting, closing_)

    assert stored_keys(file) == {"waited"}
    async with asyncio.timeout(5):
        with pytest.raises(StorageUnavailable):
            await database.work(alice, put, "late")
        with pytest.raises(StorageUnavailable):
            await database.read(alice, keys)
    assert not file.with_name(file.name + "-wal").exists(), "no connection is left open"
