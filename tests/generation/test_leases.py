"""A worker relies on a lease only while it surely has it."""

import asyncio

import pytest
from sqlalchemy import select, text

from causerie.chats import encoding
from causerie.chats.models import Generation
from causerie.db.work import Work
from causerie.testing import Gate, ScriptedProvider
from tests.generation.working import Shift, expire, listen, reply_of, until, worker
from tests.node import Node, open_node
from tests.postgres import PostgresDatabase

pytestmark = pytest.mark.anyio


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
