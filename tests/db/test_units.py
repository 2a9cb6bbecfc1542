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

from causerie.db import sqlite as kind
from causerie.db.base import ACTOR, table_of
from causerie.db.errors import StorageUnavailable
from causerie.db.sqlite import SqliteDatabase
from causerie.db.work import Actor, Work
from causerie.errors import Busy, NotFound
from causerie.prompting.models import PromptSegment
from tests.db.rows import Gate, count, put, stored_keys


async def together(sqlite: SqliteDatabase, actor: Actor, *units: Callable[[Work], Any]) -> list[Any]:
    """Let units wait until one commit takes them all; return what each returned or raised."""
    gate = Gate()
    holding = asyncio.create_task(sqlite.work(actor, gate))
    await asyncio.to_thread(gate.reached)
    waiting = [asyncio.create_task(sqlite.work(actor, unit)) for unit in units]
    await asyncio.sleep(0)
    gate.open()
    await holding
    return await asyncio.gather(*waiting, return_exceptions=True)


async def test_a_failed_unit_leaves_the_others_of_its_commit_alone(
    sqlite: SqliteDatabase, alice: Actor, file: Path
) -> None:
    def refuse_late(work: Work) -> None:
        put(work, "half")
        work.flush()
        raise NotFound("There is none.")

    before, refused, broken, after, committed = await together(
        sqlite,
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
    sqlite: SqliteDatabase, alice: Actor, file: Path
) -> None:
    def refuse_late(work: Work) -> None:
        work.execute(PUT, key="half")
        raise NotFound("There is none.")

    _, refused, _ = await together(sqlite, alice, partial(put_one, "a"), refuse_late, partial(put_one, "b"))

    assert isinstance(refused, NotFound)
    assert stored_keys(file) == {"a", "b"}


PUT = insert(table_of(PromptSegment)).values(user_id=ACTOR, sha256=bindparam("key"), text="")


def put_one(key: str, work: Work) -> str:
    put(work, key)
    return key


async def test_a_failed_commit_fails_every_unit_of_it_and_the_next_one_works(
    sqlite: SqliteDatabase, alice: Actor, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def end_the_transaction(work: Work) -> None:
        work.connection.exec_driver_sql("ROLLBACK")  # as SQLite does by itself when the disk is full

    outcomes = await together(sqlite, alice, partial(put_one, "a"), end_the_transaction, partial(put_one, "b"))

    assert all(isinstance(outcome, StorageUnavailable) for outcome in outcomes)
    assert stored_keys(file) == set()
    await sqlite.work(alice, put, "next")
    assert stored_keys(file) == {"next"}


async def test_a_file_that_another_program_holds_is_unavailable_until_it_lets_go(
    file: Path, alice: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kind, "BUSY_MILLISECONDS", 20)
    database = SqliteDatabase(file)
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageUnavailable):
            await database.work(alice, put, "a")
        other.execute("ROLLBACK")

    await database.work(alice, put, "b")
    await database.close()

    assert stored_keys(file) == {"b"}


def put_all(wanted: list[str], work: Work) -> None:
    put(work, *wanted)


@pytest.mark.parametrize(
    ("way", "synchronous"),
    [("work", 2), ("work_in_bulk", 2), ("work_lazily", 1)],
    ids=["acknowledged: FULL", "bulk: FULL", "checkpoints: NORMAL"],
)
async def test_what_is_acknowledged_reaches_the_disk_first(
    sqlite: SqliteDatabase, alice: Actor, way: str, synchronous: int
) -> None:
    run: Callable[..., Awaitable[int]] = getattr(sqlite, way)

    assert await run(alice, lambda work: pragma(work, "synchronous")) == synchronous
    assert await sqlite.work_lazily(alice, lambda work: pragma(work, "synchronous")) == 1, "each commit for itself"


async def test_a_checkpoint_that_shares_a_commit_with_something_acknowledged_is_durable_too(
    sqlite: SqliteDatabase, alice: Actor
) -> None:
    gate = Gate()
    holding = asyncio.create_task(sqlite.work(alice, gate))
    await asyncio.to_thread(gate.reached)
    lazy = asyncio.create_task(sqlite.work_lazily(alice, lambda work: pragma(work, "synchronous")))
    durable = asyncio.create_task(sqlite.work(alice, lambda work: pragma(work, "synchronous")))
    await asyncio.sleep(0)
    gate.open()
    await holding

    assert (await lazy, await durable) == (2, 2)


@pytest.mark.req("S30")
async def test_references_are_checked_by_every_connection(sqlite: SqliteDatabase, alice: Actor) -> None:
    assert await sqlite.work(alice, lambda work: pragma(work, "foreign_keys")) == 1
    assert await sqlite.read(alice, lambda work: pragma(work, "foreign_keys")) == 1


def pragma(work: Work, name: str) -> int:
    value: int = work.connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
    return value


async def test_a_read_does_not_wait_for_a_writer(sqlite: SqliteDatabase, alice: Actor) -> None:
    gate = Gate()
    writing = asyncio.create_task(sqlite.work(alice, gate.then(partial(put_all, ["a"]))))
    await asyncio.to_thread(gate.reached)

    assert await sqlite.read(alice, count) == 0

    gate.open()
    await writing


async def test_closing_leaves_no_connection_open(file: Path, alice: Actor) -> None:
    database = SqliteDatabase(file)
    await database.work(alice, put, "a")
    await database.read(alice, count)

    await database.close()

    assert not file.with_name(file.name + "-wal").exists()


async def test_who_has_waited_too_long_is_refused_and_nothing_of_it_is_stored(
    sqlite: SqliteDatabase, alice: Actor, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kind, "WAIT_SECONDS", -1.0)

    with pytest.raises(Busy):
        await sqlite.work(alice, put, "a")
    with pytest.raises(Busy):
        await sqlite.read(alice, count)
    await sqlite.work_in_bulk(alice, put, "a slice has time")

    assert stored_keys(file) == {"a slice has time"}
