"""What happens to replies while the database is away, or makes somebody wait."""

import asyncio

import pytest
from sqlalchemy import select, text

from causerie.chats.models import Generation, Status
from causerie.db.work import Work
from causerie.ids import new_id
from causerie.providers.protocol import ProviderCut
from causerie.testing import Gate, ScriptedProvider
from tests.generation.working import Outage, Shift, WatchedDispatcher, expire, generation, reply_of, until, worker
from tests.node import Node, open_node
from tests.postgres import PostgresDatabase

pytestmark = pytest.mark.anyio

WHOLE = "The tea is getting cold."


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
        outage.refused.clear()
        await outage.refused.wait()
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
