"""A reply goes on when its worker is gone, with what readers have seen of it."""

import asyncio
import threading
from datetime import timedelta
from typing import Any

import pytest

from causerie.chats import encoding, service
from causerie.chats.models import Generation, Status
from causerie.clock import utc_now
from causerie.db.work import Work
from causerie.generation.claiming import claim
from causerie.testing import Gate, ScriptedProvider
from tests.generation.working import expire, generation, reply_of, until, worker
from tests.node import Node

pytestmark = pytest.mark.anyio

WHOLE = "The tea is getting cold."


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
