"""Long work is done in slices, and whatever else waits goes first."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, insert, select

from causerie.accounts import service as accounts
from causerie.chats import service
from causerie.chats.models import ChatSession, Message, Role
from causerie.chats.schemas import NewSaying
from causerie.clock import utc_now
from causerie.db.base import table_of
from causerie.db.sqlite import SqliteDatabase
from causerie.db.work import Actor, Work
from causerie.ids import new_id
from causerie.jobs import service as jobs
from causerie.jobs.models import Job
from causerie.jobs.runner import JobRunner
from causerie.trash import service as trash
from tests.db.rows import Gate, put, stored_keys
from tests.node import Node, NoStarter, open_node

PURGED_MESSAGES = 10_000
CHATS = 100
ROUNDS = 5
MOST_ROWS_A_SLICE = 500


async def test_slices_give_way_to_whatever_waits(sqlite: SqliteDatabase, alice: Actor) -> None:
    order: list[str] = []
    gates = {"first": Gate(), "slice 1": Gate()}

    def unit(name: str, work: Work) -> None:
        order.append(name)
        if name in gates:
            gates[name](work)

    def ask(way: Callable[..., Coroutine[Any, Any, None]], *names: str) -> list[asyncio.Task[None]]:
        return [asyncio.create_task(way(alice, partial(unit, name))) for name in names]

    asked = ask(sqlite.work, "first")
    await asyncio.to_thread(gates["first"].reached)
    asked += ask(sqlite.work_in_bulk, "slice 1", "slice 2", "slice 3") + ask(sqlite.work, "ack 1", "ack 2")
    await asyncio.sleep(0)
    gates["first"].open()
    await asyncio.to_thread(gates["slice 1"].reached)
    asked += ask(sqlite.work, "ack 3")
    await asyncio.sleep(0)
    gates["slice 1"].open()
    await asyncio.gather(*asked)

    assert order == ["first", "ack 1", "ack 2", "slice 1", "ack 3", "slice 2", "slice 3"]


async def test_each_slice_is_a_commit_of_its_own(sqlite: SqliteDatabase, alice: Actor, file: Path) -> None:
    seen: list[int] = []

    def unit(key: str, work: Work) -> None:
        seen.append(len(stored_keys(file)))
        put(work, key)

    await asyncio.gather(*(sqlite.work_in_bulk(alice, partial(unit, key)) for key in "abc"))

    assert seen == [0, 1, 2]


@pytest.fixture
async def node(file: Path) -> AsyncIterator[Node]:
    async with open_node(file) as node:
        yield node


@pytest.mark.slow
async def test_purging_ten_thousand_messages_while_a_hundred_chats_go_on(node: Node) -> None:
    await node.do(accounts.ensure_owner)
    doomed = await node.do(make_long_session)
    chats = [(await node.say("Good evening.")).session_id for _ in range(CHATS)]
    job = await node.do(trash.empty)
    slices = 0
    passed_by: list[int] = []

    def counted_slice(work: Work, job: Job) -> bool:
        nonlocal slices
        slices += 1
        return trash.empty_slice(work, job)

    async def chat(session_id: UUID) -> None:
        for number in range(ROUNDS):
            saying = NewSaying(content=f"And {number}?", session_id=session_id, generate=False)
            asked_at = slices

            def say(work: Work, saying: NewSaying = saying, asked_at: int = asked_at) -> None:
                passed_by.append(slices - asked_at)
                service.say(work, saying, NoStarter())

            await node.do(say)
            await asyncio.sleep(0.05)

    runner = JobRunner(node.database, {trash.EMPTY_TRASH: counted_slice})
    running = asyncio.create_task(runner.run())
    async with asyncio.timeout(60):
        await asyncio.gather(*(chat(session_id) for session_id in chats))
        while (await node.read(jobs.get, job.id)).state != "complete":  # noqa: ASYNC110 (a job tells nobody)
            await asyncio.sleep(0.02)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)

    assert await node.read(messages_of, doomed) == 0
    assert slices > PURGED_MESSAGES / MOST_ROWS_A_SLICE
    assert len(passed_by) == CHATS * ROUNDS
    assert max(passed_by) <= 1, "a message waits for the slice that runs already, and for no other"


def make_long_session(work: Work) -> UUID:
    """Make a session of many messages and put it in the trash."""
    chat = ChatSession(title="Long")
    work.session.add(chat)
    work.session.flush()
    rows = [
        {"user_id": work.actor.user_id, "id": new_id(), "session_id": chat.id, "role": Role.USER, "content": "w " * 50}
        for _ in range(PURGED_MESSAGES)
    ]
    work.connection.execute(insert(table_of(Message)), rows)
    chat.deleted_at = utc_now()
    return chat.id


def messages_of(work: Work, session_id: UUID) -> int:
    return work.session.scalar(select(func.count()).where(Message.session_id == session_id)) or 0
