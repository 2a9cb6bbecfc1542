"""Several workers on one database: each reply is written by one of them, and goes on when that one is gone."""

import asyncio
import threading
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text

from causerie.broker.memory import MemoryDispatcher
from causerie.broker.ports import WakeUp
from causerie.chats import encoding, service
from causerie.chats.models import Generation, Status
from causerie.chats.schemas import NewSwipe
from causerie.clock import utc_now
from causerie.db.work import Work
from causerie.generation.claiming import claim
from causerie.generation.models import Worker
from causerie.ids import new_id
from causerie.prompting.service import read_prompt
from causerie.providers.protocol import ProviderCut
from causerie.testing import Gate, ScriptedProvider
from tests.generation.working import Outage, Shift, expire, generation, listen, reply_of, until, worker
from tests.node import Node, open_node
from tests.postgres import PostgresDatabase

pytestmark = pytest.mark.anyio

WHOLE = "The tea is getting cold."


@pytest.fixture
def rarely(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is found by sweeping, but at the start."""
    monkeypatch.setattr("causerie.generation.engine.SWEEP_SECONDS", 1_000.0)


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sweeping finds everything at once."""
    monkeypatch.setattr("causerie.generation.engine.SWEEP_SECONDS", 0.05)


class WatchedDispatcher(MemoryDispatcher):
    """Remembers how often it was asked, and what it was told to be done."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0
        self.receipts: list[UUID] = []

    async def next(self) -> WakeUp:
        self.asked += 1
        return await super().next()

    def done(self, wake_up: WakeUp) -> None:
        self.receipts.append(wake_up.message_id)


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


@pytest.mark.usefixtures("rarely")
@pytest.mark.parametrize(
    ("model", "status", "content", "keep", "calls"),
    [
        ({"continue_prefix": True}, Status.COMPLETE, WHOLE, len("The tea is"), 1),
        ({}, Status.COMPLETE, WHOLE, 0, 1),
        ({"paid": True}, Status.FAILED, "The tea is ge", len("The tea is ge"), 0),
    ],
)
async def test_who_takes_over_keeps_what_readers_have_seen(
    shared: Node, model: dict[str, bool], status: Status, content: str, keep: int, calls: int
) -> None:
    """No checkpoint was made, so the row has nothing of the text."""
    await shared.add_model(**model)
    slow = Gate()
    dead = await shared.engine(ScriptedProvider(["The tea is ge", slow]))
    message_id = await reply_of(shared, engine=dead)
    await slow.reached.wait()
    await expire(shared)
    provider = ScriptedProvider([WHOLE])
    async with worker(shared, provider) as heir:
        reply = await shared.final(message_id)
        assert heir.counts.takeovers == 1
    slow.opened.set()
    await dead.close()

    assert (reply.attempt, reply.status, reply.content) == (2, status, content)
    assert [notice.keep for notice in shared.notices if notice.kind == encoding.RESET] == [keep]
    assert len(provider.calls) == calls


@pytest.mark.usefixtures("rarely")
async def test_without_live_text_the_checkpoint_has_to_do(shared: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    await shared.add_model(continue_prefix=True)
    monkeypatch.setattr(shared.bus, "away", True)
    slow = Gate()
    dead = await shared.engine(ScriptedProvider(["The tea is ge", slow]))
    message_id = await reply_of(shared, engine=dead)
    await slow.reached.wait()
    await expire(shared)
    async with worker(shared, ScriptedProvider([WHOLE])):
        assert (await shared.final(message_id)).content == WHOLE
    await dead.close()
    assert [notice.keep for notice in shared.notices if notice.kind == encoding.RESET] == [0]


@pytest.mark.usefixtures("rarely")
async def test_live_text_that_does_not_come_is_not_waited_for(shared: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    await shared.add_model(continue_prefix=True)
    slow = Gate()
    dead = await shared.engine(ScriptedProvider(["The tea is ge", slow]))
    message_id = await reply_of(shared, engine=dead)
    await slow.reached.wait()
    await expire(shared)

    async def never(*_: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(shared.bus, "read", never)
    async with asyncio.timeout(4), worker(shared, ScriptedProvider([WHOLE])):
        assert (await shared.final(message_id)).content == WHOLE
    await dead.close()


@pytest.mark.usefixtures("rarely")
async def test_a_stop_of_a_reply_whose_worker_is_dead_ends_it_at_once(shared: Node) -> None:  # I10
    await shared.add_model(continue_prefix=True)
    slow = Gate()
    dead = await shared.engine(ScriptedProvider(["Some words", slow]))
    message_id = await reply_of(shared, engine=dead)
    await slow.reached.wait()
    dead._unsubscribe()
    provider = ScriptedProvider(["never"])
    async with worker(shared, provider) as living:
        await until(lambda: living.turns > 0)
        await expire(shared)
        await shared.do(service.stop, message_id)
        async with asyncio.timeout(1):
            reply = await shared.final(message_id)
    await dead.close()
    assert (reply.status, reply.content, provider.calls) == (Status.STOPPED, "Some words", [])


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


@pytest.mark.usefixtures("rarely")
async def test_a_worker_that_slept_while_another_took_over_sends_nothing_more(shared: Node, shift: Shift) -> None:
    """I8 and I15: frozen for a minute, then the model's next words arrive before anybody looked."""
    await shared.add_model()
    slow, held = Gate(), Gate()
    asleep = await shared.engine(ScriptedProvider(["the first wrote this", slow, " too late"]))
    message_id = await reply_of(shared, engine=asleep)
    await slow.reached.wait()
    heard = await listen(shared, message_id)
    await expire(shared)
    async with worker(shared, ScriptedProvider(["the second ", held, "writes this"])) as heir:
        await held.reached.wait()
        shift.seconds = 60.0
        slow.opened.set()
        await until(lambda: asleep.running == 0)
        await asleep.woke()
        held.opened.set()
        await heir.woke()
        reply = await shared.final(message_id)
    await asleep.close()

    assert (reply.content, reply.attempt) == ("the second writes this", 2)
    assert {piece.attempt for piece in heard.pieces} == {2}
    assert (asleep.counts.fenced, asleep.counts.finished) == (1, 0)
    assert shared.kinds().count(encoding.END) == 1


@pytest.mark.usefixtures("rarely")
async def test_text_waits_until_a_lease_that_may_have_run_out_was_looked_at(shared: Node, shift: Shift) -> None:
    await shared.add_model()
    first, second = Gate(), Gate()
    asleep = await shared.engine(ScriptedProvider(["Before. ", first, "After.", second]))
    message_id = await reply_of(shared, engine=asleep)
    await first.reached.wait()
    heard = await listen(shared, message_id)
    shift.seconds = 60.0
    first.opened.set()
    await second.reached.wait()
    await asyncio.sleep(0.2)
    assert heard.pieces == []

    await asleep.woke()
    await until(lambda: heard.text == "After.")
    second.opened.set()
    reply = await shared.final(message_id)
    await asleep.close()

    assert (reply.attempt, reply.content) == (1, "Before. After.")


@pytest.mark.usefixtures("rarely")
async def test_a_lease_that_somebody_kept_from_being_renewed_is_not_relied_on(
    postgres_database: PostgresDatabase, shift: Shift
) -> None:
    first, second = Gate(), Gate()
    async with open_node(postgres_database.url) as node:
        await node.add_model()
        engine = await node.engine(ScriptedProvider(["Before. ", first, "After.", second]))
        message_id = await reply_of(node, engine=engine)
        await first.reached.wait()
        heard = await listen(node, message_id)
        locked = asyncio.Event()

        def hold(work: Work) -> None:
            row = select(Generation).where(Generation.message_id == message_id).with_for_update()
            work.session.scalars(row).one()
            locked.set()
            work.session.execute(text("SELECT pg_sleep(1)"))

        holding = asyncio.create_task(node.do(hold))
        await locked.wait()
        shift.seconds = 13.0
        await engine.woke()
        assert not holding.done()
        shift.seconds = 16.0
        first.opened.set()
        await second.reached.wait()
        await asyncio.sleep(0.2)  # longer than what comes is gathered
        assert heard.pieces == []

        await holding
        await engine.woke()
        await until(lambda: heard.text == "After.")
        second.opened.set()
        await node.final(message_id)
        await engine.close()


@pytest.mark.usefixtures("rarely")
async def test_a_text_that_somebody_kept_from_being_stored_is_stored_later(postgres_database: PostgresDatabase) -> None:
    gate = Gate()
    async with open_node(postgres_database.url) as node:
        await node.add_model()
        engine = await node.engine(ScriptedProvider(["It does not grow. ", gate, "Or does it?"]))
        message_id = await reply_of(node, engine=engine)
        await gate.reached.wait()
        locked = asyncio.Event()
        held = select(Generation).where(Generation.message_id == message_id)

        def hold(work: Work) -> None:
            work.session.scalars(held.with_for_update()).one()
            locked.set()
            work.session.execute(text("SELECT pg_sleep(1)"))

        def stored(work: Work) -> str:
            return work.session.scalars(held).one().partial_text

        holding = asyncio.create_task(node.do(hold))
        await locked.wait()
        await engine.woke()
        assert not holding.done()
        await holding
        assert await node.read(stored) == ""
        await engine.woke()
        assert await node.read(stored) == "It does not grow. "

        gate.opened.set()
        await node.final(message_id)
        await engine.close()


@pytest.mark.usefixtures("often")
async def test_a_worker_never_takes_over_from_itself(shared: Node) -> None:
    await shared.add_model()
    gate = Gate()
    provider = ScriptedProvider(["One ", gate, "two"])
    async with worker(shared, provider) as engine:
        message_id = await reply_of(shared, engine=engine)
        await gate.reached.wait()
        await expire(shared)
        turns = engine.turns
        await until(lambda: engine.turns >= turns + 2)  # each with sweeps
        gate.opened.set()
        reply = await shared.final(message_id)
    assert (reply.attempt, reply.content, len(provider.calls)) == (1, "One two", 1)


@pytest.mark.usefixtures("often")
async def test_after_an_outage_the_living_keep_their_replies(shared: Node, outage: Outage, shift: Shift) -> None:
    """Every lease has run out meanwhile; a paid reply that is taken over would be cut."""
    await shared.add_model(paid=True)
    gate = Gate()
    provider = ScriptedProvider(["Before ", gate, "and after."])
    async with worker(shared, provider) as owner, worker(shared, ScriptedProvider(["never"])) as other:
        message_id = await reply_of(shared, engine=owner)
        await gate.reached.wait()
        await expire(shared)
        outage.on = True
        await outage.refused.wait()
        shift.seconds = 30.0
        outage.on = False
        turns = owner.turns
        await until(lambda: owner.turns >= turns + 2)
        gate.opened.set()
        reply = await shared.final(message_id)
        assert (owner.counts.fenced, other.counts.takeovers) == (0, 0)
    assert (reply.status, reply.content, reply.attempt) == (Status.COMPLETE, "Before and after.", 1)


async def test_a_reply_that_ends_during_an_outage_is_stored_after_it(shared: Node, outage: Outage) -> None:
    await shared.add_model(paid=True)
    gate = Gate()
    async with worker(shared, ScriptedProvider(["All ", gate, "of it."])) as engine:
        message_id = await reply_of(shared, engine=engine)
        await gate.reached.wait()
        outage.on = True
        gate.opened.set()
        await outage.refused.wait()
        await asyncio.sleep(0.3)
        outage.on = False
        reply = await shared.final(message_id)
    assert (reply.status, reply.content, reply.attempt) == (Status.COMPLETE, "All of it.", 1)


async def test_a_reply_that_is_cut_during_an_outage_is_handed_over_after_it(shared: Node, outage: Outage) -> None:
    await shared.add_model(continue_prefix=True)
    gate = Gate()
    provider = ScriptedProvider(["The tea is ge", gate, ProviderCut()], [WHOLE])
    async with worker(shared, provider) as engine:
        message_id = await reply_of(shared, engine=engine)
        await gate.reached.wait()
        outage.on = True
        gate.opened.set()
        await outage.refused.wait()
        outage.on = False
        reply = await shared.final(message_id)
    assert (reply.content, reply.attempt) == (WHOLE, 2)


@pytest.mark.usefixtures("rarely")
async def test_what_a_drain_hands_over_another_worker_goes_on_with(shared: Node) -> None:  # I16
    await shared.add_model(continue_prefix=True)
    gate = Gate()
    async with worker(shared, ScriptedProvider([WHOLE])) as heir:
        await until(lambda: heir.turns > 0)
        leaving = await shared.engine(ScriptedProvider(["The tea is ge", gate]))
        message_id = await reply_of(shared, engine=leaving)
        await gate.reached.wait()
        async with asyncio.timeout(2):
            await leaving.drain()
            reply = await shared.final(message_id)
        await leaving.close()
    assert (reply.content, reply.attempt) == (WHOLE, 2)
    assert leaving.counts.failed == 0


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


async def test_a_drain_hands_over_what_was_just_being_claimed(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    """I16: a sweep's claim is on its way when the signal comes."""
    await node.add_model(continue_prefix=True)
    monkeypatch.setattr(node.dispatcher, "wake", lambda *_: None)
    message_id = await reply_of(node)
    claiming, go_on = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def slowly(*args: Any) -> Any:
        loop.call_soon_threadsafe(claiming.set)
        assert go_on.wait(10)
        return claim(*args)

    monkeypatch.setattr("causerie.generation.engine.claim", slowly)
    async with worker(node, ScriptedProvider(["never"])) as engine:
        await claiming.wait()
        draining = asyncio.create_task(engine.drain())
        await asyncio.sleep(0)
        go_on.set()
        await draining
        assert engine.running == 0
        handed_over = await generation(node, message_id)
    assert (handed_over.state, handed_over.attempt, handed_over.owner) == (Status.STREAMING, 1, None)


async def test_a_reply_past_its_deadline_is_anyones(shared: Node) -> None:  # I9
    await shared.add_model()
    gate = Gate()
    stuck = await shared.engine(ScriptedProvider(["Endless", gate]))
    message_id = await reply_of(shared, engine=stuck)
    await gate.reached.wait()

    def let_time_pass(work: Work) -> None:
        row = work.session.get_one(Generation, (work.actor.user_id, message_id))
        row.deadline_at = utc_now() - timedelta(seconds=6)

    await shared.do(let_time_pass)
    async with worker(shared, ScriptedProvider(["never"])):
        reply = await shared.final(message_id)
    gate.opened.set()
    await until(lambda: stuck.running == 0)
    await stuck.close()
    assert reply.error is not None
    assert (reply.status, reply.error["code"], reply.content) == (Status.FAILED, "deadline_passed", "Endless")
    assert stuck.counts.fenced == 1


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


@pytest.mark.usefixtures("rarely")
async def test_a_wake_up_is_done_when_its_claim_is_committed(shared: Node, outage: Outage) -> None:
    await shared.add_model()
    shared.dispatcher = dispatcher = WatchedDispatcher()
    gate = Gate()
    async with worker(shared, ScriptedProvider([gate, "done"])) as engine:
        await until(lambda: engine.turns > 0)
        unknown = new_id()
        outage.on = True
        dispatcher.wake(shared.alice.user_id, unknown)
        await outage.refused.wait()
        outage.on = False
        assert dispatcher.receipts == []

        message_id = await reply_of(shared)
        await gate.reached.wait()
        assert (await generation(shared, message_id)).owner == engine.owner
        dispatcher.wake(shared.alice.user_id, unknown)
        await until(lambda: dispatcher.receipts == [message_id, unknown])
        gate.opened.set()


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
        for _ in range(100):
            rows = await rows_of_workers(shared)
            if [row.id for row in rows] == [engine.owner]:
                break
            await asyncio.sleep(0.05)
        assert [(row.id, row.running, row.concurrency, row.draining) for row in rows] == [(engine.owner, 1, 16, False)]
        assert utc_now() - rows[0].seen_at < timedelta(seconds=5)
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
        for _ in range(100):
            if (await generation(shared, message_id)).prompt_trace is not None:
                break
            await asyncio.sleep(0.05)
        prompt = await shared.read(read_prompt, message_id)
        gate.opened.set()
        await shared.final(message_id)
    assert prompt.messages[-1].text == "Hello"
    assert units == ["say", "_store_traces", "_store_end"]  # its own transactions, whatever its length
    assert (await shared.read(read_prompt, message_id)).messages == prompt.messages
