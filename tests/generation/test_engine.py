"""The engine: a reply is claimed in its turn, streamed, kept and ended by its rules."""

import asyncio
import json
from collections.abc import AsyncGenerator, Sequence
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from causerie.chats import encoding, service
from causerie.chats.models import Generation, Status
from causerie.chats.schemas import ReplyAttempt
from causerie.http.answers import Expected
from causerie.providers.protocol import Finish, Piece, PromptMessage, ProviderAuth, Sampling, Usage
from causerie.testing import Gate, ScriptedProvider
from tests.generation.working import generation, reply_of, running_down
from tests.node import Node

pytestmark = pytest.mark.anyio


def text_of(node: Node, message_id: UUID) -> str:
    end = next(n for n in reversed(node.notices) if n.kind == encoding.END and n.message_id == message_id)
    content: str = json.loads(end.body)["content"]
    return content


async def test_a_reply_is_stored_exactly_as_it_was_streamed(node: Node) -> None:  # I5
    await node.add_model()
    provider = ScriptedProvider(["Good ", "evening", ", 𝄞 traveller.", Usage(12, 5), Finish("stop")])
    async with node.working(provider) as engine:
        message_id = await reply_of(node, engine=engine)
        reply = await node.final(message_id)

    assert (reply.content, reply.status, reply.attempt) == ("Good evening, 𝄞 traveller.", Status.COMPLETE, 1)
    assert reply.usage is not None
    assert (reply.usage["prompt_tokens"], reply.usage["completion_tokens"], reply.finish_reason) == (12, 5, "stop")
    assert 0 <= reply.usage["first_token_ms"] <= reply.usage["total_ms"]
    end = json.loads(node.notices[-1].body)
    assert (end["content"], end["length"]) == (reply.content, 26)
    assert node.kinds() == ["message:created", "message:created", "session:updated", encoding.START, encoding.END]


async def test_without_a_free_slot_a_reply_waits_and_is_woken(node: Node) -> None:
    await node.add_model()
    gate = Gate()
    async with node.working(ScriptedProvider(["a", gate, "b"], ["second"]), concurrency=1) as engine:
        first = await reply_of(node, engine=engine)
        await gate.reached.wait()
        second = await reply_of(node, engine=engine)
        assert (await node.message(second)).status is Status.QUEUED

        gate.opened.set()

        assert (await node.final(first)).content == "ab"
        assert (await node.final(second)).content == "second"


async def test_a_reply_waits_for_the_reply_above_it(node: Node) -> None:
    await node.add_model()
    gate = Gate()
    provider = ScriptedProvider(["One", gate], ["Two"])
    async with node.working(provider) as engine:
        said = await node.say("First", engine)
        await gate.reached.wait()
        below = await node.say("Second", engine, session_id=said.session_id)
        assert said.ai_message is not None
        assert below.ai_message is not None
        assert (await generation(node, below.ai_message.id)).after_id == said.ai_message.id

        gate.opened.set()

        assert (await node.final(below.ai_message.id)).content == "Two"
    assert [m.text for m in provider.calls[1].prompt if m.role != "system"] == ["First", "One", "Second"]


async def test_a_reply_waits_for_one_that_runs_further_up(node: Node) -> None:
    await node.add_model()
    gate = Gate()
    provider = ScriptedProvider(["One", gate], ["Three"])
    async with node.working(provider) as engine:
        said = await node.say("First", engine)
        await gate.reached.wait()
        skipped = await reply_of(node, "Second", engine, session_id=said.session_id)
        await node.do(service.stop, skipped)
        below = await reply_of(node, "Third", engine, session_id=said.session_id)
        assert (await node.message(below)).status is Status.QUEUED

        gate.opened.set()

        assert (await node.final(below)).content == "Three"
    assert [m.text for m in provider.calls[1].prompt if m.role == "assistant"] == ["One"]


async def test_a_retry_below_a_deleted_message_waits_for_what_runs_above_it(node: Node) -> None:
    await node.add_model()
    gate = Gate()
    async with node.working(ScriptedProvider(["One", gate], ["Two"])) as engine:
        said = await node.say("First", engine)
        await gate.reached.wait()
        below = await node.say("Second", engine, session_id=said.session_id)
        assert below.ai_message is not None
        await node.do(service.stop, below.ai_message.id)
        await node.do(service.delete, below.user_message.id, Expected())
        retried = await node.do(service.retry, below.ai_message.id, ReplyAttempt(), engine)
        assert retried.message.status is Status.QUEUED

        gate.opened.set()

        assert (await node.final(below.ai_message.id, attempt=1)).content == "Two"


async def test_a_stop_keeps_the_text_and_closes_the_stream(node: Node) -> None:  # I10
    await node.add_model()
    gate = Gate()
    provider = ScriptedProvider(["Once upon", gate, " a time"])
    async with node.working(provider) as engine:
        message_id = await reply_of(node, engine=engine)
        await gate.reached.wait()

        await node.do(service.stop, message_id)
        reply = await node.final(message_id)
        await node.do(service.stop, message_id)

    assert (reply.status, reply.content) == (Status.STOPPED, "Once upon")
    assert not provider.calls[0].ended
    assert node.kinds().count(encoding.END) == 1  # I7


async def test_a_queued_reply_that_is_stopped_has_only_its_end(node: Node) -> None:
    message_id = await reply_of(node)
    await node.do(service.stop, message_id)
    assert (await node.message(message_id)).status is Status.STOPPED
    assert [(n.kind, n.attempt) for n in node.notices if n.message_id == message_id][1:] == [(encoding.END, 0)]


async def test_a_reply_that_is_queued_waits_for_one_above_it_that_is_retried(node: Node) -> None:
    await node.add_model()
    gate, busy = Gate(), Gate()
    provider = ScriptedProvider([ProviderAuth()], ["Elsewhere", busy], [gate, "One"], ["Two"])
    async with node.working(provider, concurrency=2) as engine:
        said = await node.say("First", engine)
        assert said.ai_message is not None
        await node.final(said.ai_message.id)
        await reply_of(node, "Elsewhere", engine)
        await busy.reached.wait()
        waiting = await reply_of(node, "Second", session_id=said.session_id)  # nothing above it runs
        await node.do(service.retry, said.ai_message.id, ReplyAttempt(), engine)
        await gate.reached.wait()
        busy.opened.set()
        await running_down(engine, to=1)
        assert (await generation(node, waiting)).after_id == said.ai_message.id
        gate.opened.set()
        assert (await node.final(waiting)).content == "Two"
    assert [m.text for m in provider.calls[3].prompt if m.role != "system"] == ["First", "One", "Second"]


class Impatient(ScriptedProvider):
    """A model whose adapter has a fault: a time limit of its own that it does not translate."""

    async def stream(self, prompt: Sequence[PromptMessage], sampling: Sampling) -> AsyncGenerator[Piece, None]:
        async for piece in super().stream(prompt, sampling):
            yield piece
            raise TimeoutError


async def test_a_foreign_time_limit_is_not_told_as_ours(node: Node) -> None:
    await node.add_model()
    async with node.working(Impatient(["Some words"])) as engine:
        reply = await node.final(await reply_of(node, engine=engine))
    assert reply.error is not None
    assert (reply.status, reply.content, reply.error["code"]) == (Status.FAILED, "Some words", "internal")


async def test_a_reply_may_take_only_so_long(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:  # I9
    monkeypatch.setattr("causerie.generation.claiming.LONGEST_REPLY", timedelta(seconds=0.2))
    await node.add_model()
    async with node.working(ScriptedProvider(["Endless", Gate()])) as engine:
        reply = await node.final(await reply_of(node, engine=engine))
    assert reply.error is not None
    assert (reply.status, reply.content, reply.error["code"]) == (Status.FAILED, "Endless", "deadline_passed")


async def test_without_a_model_the_reply_fails_and_says_so(node: Node) -> None:
    async with node.working(ScriptedProvider(["never"])) as engine:
        reply = await node.final(await reply_of(node, engine=engine))
    assert reply.error is not None
    assert (reply.status, reply.error["code"]) == (Status.FAILED, "no_model")


async def test_the_text_so_far_is_checkpointed(node: Node) -> None:
    await node.add_model()
    gate = Gate()
    async with node.working(ScriptedProvider(["So far", gate])) as engine:
        message_id = await reply_of(node, engine=engine)
        await gate.reached.wait()
        await node.shows(message_id, "So far")
        gate.opened.set()
        await node.final(message_id)
    assert (await generation(node, message_id)).partial_text == ""


async def test_nothing_is_left_of_replies_that_ended(node: Node) -> None:  # I17
    await node.add_model()
    before = len(asyncio.all_tasks())
    async with node.working(ScriptedProvider(["word " * 100])) as engine:
        ids = [await reply_of(node, f"Say {number}", engine) for number in range(30)]
        for message_id in ids:
            assert text_of(node, (await node.final(message_id)).id) == "word " * 100
        assert engine.running == 0
        assert [await node.bus.read(notice.session, ids) for notice in node.notices] == [[]] * len(node.notices)
    await asyncio.sleep(0)
    assert len(asyncio.all_tasks()) <= before + 1
    rows = await node.read(lambda work: work.session.scalars(select(Generation)).all())
    assert {row.state for row in rows} == {Status.COMPLETE}
