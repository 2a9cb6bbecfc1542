"""Several workers on one database: each reply is written by one of them."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from causerie.chats import encoding, service
from causerie.chats.models import Status
from causerie.chats.schemas import NewSwipe
from causerie.clock import utc_now
from causerie.db.work import Work
from causerie.generation.models import Worker
from causerie.ids import new_id
from causerie.prompting.service import read_prompt
from causerie.testing import Gate, ScriptedProvider
from tests.generation.working import WatchedDispatcher, becomes, generation, reply_of, until, worker
from tests.node import Node

pytestmark = pytest.mark.anyio

WHOLE = "The tea is getting cold."


@pytest.mark.usefixtures("rarely")
async def test_three_workers_share_what_comes(shared: Node) -> None:
    await shared.add_model()
    gate = Gate()
    scripted = ScriptedProvider([gate, "done"])
    async with worker(shared, scripted) as a, worker(shared, scripted) as b, worker(shared, scripted) as c:
        replies = [await reply_of(shared, f"Say {number}") for number in range(30)]
        workers = (a, b, c)
        await until(lambda: sum(engine.running for engine in workers) == 30)
        shares = [engine.counts.claimed for engine in workers]
        gate.opened.set()
        for message_id in replies:
            assert (await shared.final(message_id)).attempt == 1
    assert all(8 <= share <= 12 for share in shares), shares
    assert len(scripted.calls) == 30


@pytest.mark.usefixtures("often")
async def test_a_reply_that_all_workers_find_at_once_is_written_once(shared: Node) -> None:
    await shared.add_model()
    provider = ScriptedProvider([WHOLE])
    replies = [await reply_of(shared, f"Say {number}") for number in range(10)]
    async with worker(shared, provider), worker(shared, provider):
        for message_id in replies:
            assert (await shared.final(message_id)).content == WHOLE
    assert len(provider.calls) == 10
    assert shared.kinds().count(encoding.END) == 10  # I7


@pytest.mark.usefixtures("rarely")
async def test_a_worker_asks_only_while_it_has_a_free_slot(shared: Node) -> None:
    await shared.add_model()
    shared.dispatcher = dispatcher = WatchedDispatcher()
    gate = Gate()
    async with worker(shared, ScriptedProvider([gate, "one"]), concurrency=1) as first:
        await reply_of(shared, "First")
        await gate.reached.wait()
        waiting = await reply_of(shared, "Second")
        assert dispatcher.asked == 1
        async with worker(shared, ScriptedProvider(["two"]), concurrency=1):
            assert (await shared.final(waiting)).content == "two"
        assert first.counts.claimed == 1
        asked = dispatcher.asked
        gate.opened.set()
        await until(lambda: dispatcher.asked > asked)


async def test_a_stop_through_another_node_counts_without_the_bus(  # I10
    shared: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shared.add_model()
    gate = Gate()
    monkeypatch.setattr(shared.bus, "publish_stop", lambda *_: None)
    provider = ScriptedProvider(["Once upon", gate, " a time"])
    async with worker(shared, provider) as engine:
        message_id = await reply_of(shared, engine=engine)
        await gate.reached.wait()
        await shared.do(service.stop, message_id)
        async with asyncio.timeout(6):
            reply = await shared.final(message_id)
    assert (reply.status, reply.content) == (Status.STOPPED, "Once upon")


async def test_many_that_wait_for_a_busy_model_do_not_hide_others(
    shared: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No wake-up arrives, as while Redis is away: the sweeper has to find everything."""
    monkeypatch.setattr("causerie.generation.engine.SWEPT_AT_ONCE", 2)
    monkeypatch.setattr(shared.dispatcher, "wake", lambda *_: None)
    gate = Gate()
    local, other = await shared.add_model(provider="local"), await shared.add_model()
    waiting = [await reply_of(shared, f"Say {number}", ai_model_id=local) for number in range(8)]
    found = await reply_of(shared, "Elsewhere", ai_model_id=other)
    async with worker(shared, ScriptedProvider(["first", gate], ["next"])):
        assert (await shared.final(found)).content == "next"
        assert not any(notice.kind == encoding.END and notice.message_id in waiting for notice in shared.notices)
        gate.opened.set()


async def test_two_users_who_minted_one_id_do_not_meet(shared: Node) -> None:
    gates = Gate(), Gate()
    one_id = new_id()
    async with worker(shared, ScriptedProvider(["one"], ["two"], ["Alice's", gates[0]], ["Bob's", gates[1]])) as engine:
        people = (shared.alice, shared.bob)
        for person in people:
            shared.alice = person
            await shared.add_model()
        first = []
        for person in people:
            shared.alice = person
            message_id = await reply_of(shared, engine=engine)
            await shared.final(message_id)
            first.append(message_id)
        for person, message_id, gate in zip(people, first, gates, strict=True):
            await shared.do(service.swipe, message_id, NewSwipe(id=one_id), engine, actor=person)
            await gate.reached.wait()
        assert engine.running == 2

        await shared.do(service.stop, one_id, actor=people[0])
        await until(lambda: engine.running == 1)
        gates[1].opened.set()
        await until(lambda: engine.running == 0)
        found = [await shared.read(service.get_message, one_id, actor=person) for person in people]
    assert [(message.status, message.content) for message in found] == [
        (Status.STOPPED, "Alice's"),
        (Status.COMPLETE, "Bob's"),
    ]


async def rows_of_workers(node: Node) -> list[Worker]:
    found = await node.read(lambda work: work.session.scalars(select(Worker)).all())
    return list(found)


async def test_a_worker_shows_that_it_lives(shared: Node) -> None:
    await shared.add_model()
    gate = Gate()

    def remember_a_lost_one(work: Work) -> None:
        long_ago = utc_now() - timedelta(hours=2)
        row: dict[str, Any] = {"host": "gone", "pid": 1, "version": "0", "concurrency": 1}
        work.session.add(Worker(id=new_id(), started_at=long_ago, seen_at=long_ago, **row))

    await shared.do(remember_a_lost_one)
    async with worker(shared, ScriptedProvider(["Some", gate])) as engine:
        message_id = await reply_of(shared, engine=engine)
        await gate.reached.wait()
        (row,) = await becomes(lambda: rows_of_workers(shared), lambda rows: [row.id for row in rows] == [engine.owner])
        assert (row.running, row.concurrency, row.draining) == (1, 16, False)
        assert utc_now() - row.seen_at < timedelta(seconds=5)
        gate.opened.set()
        await shared.final(message_id)
    assert await rows_of_workers(shared) == []


async def test_a_prompt_can_be_read_while_its_reply_is_written(shared: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    await shared.add_model()
    units: list[str] = []
    for name in ("work", "work_lazily"):
        run = getattr(shared.database, name)

        async def counted(actor: Any, function: Any, *args: Any, run: Any = run, **kwargs: Any) -> Any:
            if actor == shared.alice:
                units.append(function.__name__)
            return await run(actor, function, *args, **kwargs)

        monkeypatch.setattr(shared.database, name, counted)
    gate = Gate()
    async with worker(shared, ScriptedProvider(["Slowly", gate, "."])) as engine:
        message_id = await reply_of(shared, engine=engine)
        await gate.reached.wait()
        await becomes(lambda: generation(shared, message_id), lambda row: row.prompt_trace is not None)
        prompt = await shared.read(read_prompt, message_id)
        gate.opened.set()
        await shared.final(message_id)
    assert prompt.messages[-1].text == "Hello"
    assert units == ["say", "_store_traces", "_store_end"]  # its own transactions, whatever its length
    assert (await shared.read(read_prompt, message_id)).messages == prompt.messages
