"""What one process leaves of its replies, by its death or by a drain, the next one goes on with."""

import asyncio
import threading
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from causerie.chats import encoding, service
from causerie.chats.models import Status
from causerie.clock import utc_now
from causerie.db import across
from causerie.db.work import Work
from causerie.generation import statements
from causerie.generation.engine import SWEEP_SECONDS
from causerie.ids import new_id
from causerie.providers.protocol import ProviderCut
from causerie.testing import Gate, ScriptedProvider
from tests.generation.working import becomes, generation, reply_of, running_down
from tests.node import Node

pytestmark = pytest.mark.anyio


async def lease(node: Node, message_id: UUID) -> datetime:
    until = (await generation(node, message_id)).lease_until
    assert until is not None
    return until


def lose(user_id: UUID, message_id: UUID) -> None:
    """Take a wake-up that nobody hears."""
    del user_id, message_id


async def left_behind(node: Node, message_id: UUID, partial: str) -> None:
    """Make the row look as a killed worker leaves it."""

    def leave(work: Work) -> None:
        now = utc_now()
        claim = {"of_message": message_id, "new_attempt": 1, "new_owner": new_id(), "lease": now, "text": partial}
        work.write(statements.CLAIM_LOCKED, **claim, deadline=now + timedelta(minutes=10))
        work.execute(statements.MARK_STREAMING, of_message=message_id, new_intent="chat")

    await node.do(leave)


@pytest.mark.parametrize(
    ("model", "partial", "status", "content", "keep"),
    [
        ({"continue_prefix": True}, "The tea is ge", Status.COMPLETE, "The tea is getting cold.", len("The tea is")),
        ({}, "The tea is ge", Status.COMPLETE, "The tea is getting cold.", 0),
        ({"paid": True}, "The tea is ge", Status.FAILED, "The tea is ge", 13),
        ({"paid": True}, "", Status.COMPLETE, "The tea is getting cold.", 0),
    ],
)
async def test_what_a_killed_process_left_behind_is_taken_over_at_the_start(
    node: Node, model: dict[str, bool], partial: str, status: Status, content: str, keep: int
) -> None:
    await node.add_model(**model)
    message_id = await reply_of(node)
    await left_behind(node, message_id, partial)

    async with node.working(ScriptedProvider(["The tea is getting cold."])):
        reply = await node.final(message_id)

    assert (reply.attempt, reply.status, reply.content) == (2, status, content)
    assert [n.keep for n in node.notices if n.kind == encoding.RESET] == [keep]


async def test_a_stop_that_a_dead_process_never_saw_still_counts(node: Node) -> None:
    await node.add_model(continue_prefix=True)
    message_id = await reply_of(node)
    await left_behind(node, message_id, "Some words")
    await node.do(service.stop, message_id)
    provider = ScriptedProvider(["never"])
    async with node.working(provider):
        reply = await node.final(message_id)
    assert (reply.status, reply.content, provider.calls) == (Status.STOPPED, "Some words", [])


async def test_a_worker_that_lost_its_lease_writes_nothing_more(node: Node) -> None:  # I8
    await node.add_model()
    slow, held = Gate(), Gate()
    asleep = await node.engine(ScriptedProvider(["the first wrote this", slow, " too late"]))
    message_id = await reply_of(node, engine=asleep)
    await slow.reached.wait()
    await node.do(across.expire_leases, utc_now(), actor=across.NOBODY)

    async with node.working(ScriptedProvider(["the second ", held, "writes this"])):
        await held.reached.wait()
        slow.opened.set()
        await running_down(asleep)
        held.opened.set()
        await node.final(message_id)
    await asleep.close()

    reply = await node.message(message_id)
    assert (reply.content, reply.attempt) == ("the second writes this", 2)
    assert node.kinds().count(encoding.END) == 1


async def test_the_sweeper_finds_what_no_wake_up_reached(node: Node) -> None:
    await node.add_model()
    async with node.working(ScriptedProvider(["found"])):
        node.database.publisher = node.publish  # wake-ups are lost
        message_id = await reply_of(node)
        async with asyncio.timeout(1 + 2 * SWEEP_SECONDS):
            assert (await node.final(message_id)).content == "found"


async def test_a_reply_that_was_handed_over_stays_free_while_others_run(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("causerie.generation.keeping.RENEWAL_SECONDS", 0.0)
    await node.add_model(continue_prefix=True)
    gate = Gate()
    provider = ScriptedProvider(["Takes its time", gate], ["Cut he", ProviderCut()], ["Cut here."])
    async with node.working(provider) as engine:
        await reply_of(node, engine=engine)
        await gate.reached.wait()
        monkeypatch.setattr(node.dispatcher, "wake", lose)
        cut = await reply_of(node, engine=engine)

        assert (await node.final(cut)).content == "Cut here."


async def test_the_lease_of_a_reply_that_was_lost_runs_out_while_others_run(  # I9
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("causerie.generation.keeping.RENEWAL_SECONDS", 0.0)
    await node.add_model()
    gate = Gate()
    async with node.working(ScriptedProvider(["Runs on", gate], ["Lost"])) as engine:
        running = await reply_of(node, engine=engine)
        await gate.reached.wait()
        with monkeypatch.context() as broken:
            broken.setattr("causerie.generation.engine._store_end", lambda *_: 1 / 0)
            lost = await reply_of(node, engine=engine)
            await running_down(engine, to=1)
        left = await lease(node, lost)

        await becomes(lambda: lease(node, running), lambda renewed: renewed > left)
        assert await lease(node, lost) == left
        gate.opened.set()


async def test_a_drain_hands_over_what_can_be_continued_and_waits_for_the_rest(node: Node) -> None:  # I16
    await node.add_model(continue_prefix=True)
    gate = Gate()
    async with node.working(ScriptedProvider(["Handed ov", gate])) as engine:
        message_id = await reply_of(node, engine=engine)
        await gate.reached.wait()
        async with asyncio.timeout(2):
            await engine.drain()
        left = await generation(node, message_id)
        assert (left.state, left.partial_text) == (Status.STREAMING, "Handed ov")
        late = await reply_of(node, engine=engine)
        assert (await node.message(late)).status is Status.QUEUED

    async with node.working(ScriptedProvider(["Handed over."])):
        assert (await node.final(message_id)).content == "Handed over."
        assert (await node.final(late)).status is Status.COMPLETE


async def test_a_reply_that_is_claimed_while_the_drain_begins_asks_no_model(node: Node) -> None:  # I16
    await node.add_model()
    message_id = await reply_of(node)
    session_id = (await node.message(message_id)).session_id
    claimed, draining = threading.Event(), threading.Event()
    provider = ScriptedProvider(["never"])
    async with node.working(provider) as engine:

        def claim_slowly(work: Work) -> None:
            service.record(work, session_id, *engine.try_start(work, session_id, message_id) or [])
            claimed.set()
            draining.wait(5)

        claiming = asyncio.create_task(node.do(claim_slowly))
        await asyncio.to_thread(claimed.wait, 5)
        await engine.drain()
        draining.set()
        await claiming
        await running_down(engine)

        left = await generation(node, message_id)
        assert (left.state, left.attempt, left.owner) == (Status.STREAMING, 1, None)
    assert provider.calls == []


async def test_a_drain_lets_a_reply_end_that_would_be_lost(node: Node) -> None:
    await node.add_model(paid=True)
    gate = Gate()
    async with node.working(ScriptedProvider(["Nearly ", gate, "done."])) as engine:
        message_id = await reply_of(node, engine=engine)
        await gate.reached.wait()
        draining = asyncio.create_task(engine.drain())
        await asyncio.sleep(0)
        gate.opened.set()
        await draining
        assert (await node.message(message_id)).content == "Nearly done."
