"""The engine: a reply is claimed, streamed, kept, taken over, stopped and handed over by its rules."""

import asyncio
import json
import threading
from collections.abc import AsyncGenerator, Sequence
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from causerie.chats import encoding, service
from causerie.chats.errors import NotRetryable
from causerie.chats.models import Generation, Status
from causerie.chats.schemas import NewSwipe, ReplyAttempt
from causerie.clock import utc_now
from causerie.db import across
from causerie.db.work import Work
from causerie.generation import statements
from causerie.generation.engine import SWEEP_SECONDS, Engine
from causerie.http.answers import Expected
from causerie.ids import new_id
from causerie.providers.protocol import Finish, Piece, PromptMessage, ProviderAuth, ProviderCut, Sampling, Usage
from causerie.testing import Gate, ScriptedProvider
from tests.generation.working import WAITS, generation, reply_of, until
from tests.node import Node, NoStarter

pytestmark = pytest.mark.anyio


def text_of(node: Node, message_id: UUID) -> str:
    end = next(n for n in reversed(node.notices) if n.kind == encoding.END and n.message_id == message_id)
    content: str = json.loads(end.body)["content"]
    return content


async def lease(node: Node, message_id: UUID) -> datetime:
    until = (await generation(node, message_id)).lease_until
    assert until is not None
    return until


async def running_down(engine: Engine, to: int = 0) -> None:
    """Wait until the engine writes no more than that many replies."""
    await until(lambda: engine.running <= to)


def lose(user_id: UUID, message_id: UUID) -> None:
    """Take a wake-up that nobody hears."""
    del user_id, message_id


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


async def test_a_provider_that_refuses_leaves_a_sentence_and_retry_works(node: Node) -> None:
    await node.add_model()
    async with node.working(ScriptedProvider([ProviderAuth()], ["Now it works"])) as engine:
        message_id = await reply_of(node, engine=engine)
        failed = await node.final(message_id)
        assert failed.status is Status.FAILED
        assert failed.error is not None
        assert failed.error["code"] == "provider_auth"
        assert "key" in failed.error["detail"]

        seen = ReplyAttempt(attempt=failed.attempt)
        asked = await node.do(service.retry, message_id, seen, engine)
        repeated = await node.do(service.retry, message_id, seen, engine)
        reply = await node.final(message_id, attempt=2)

    assert (asked.changed, repeated.changed) == (True, False)
    assert (reply.status, reply.content, reply.error) == (Status.COMPLETE, "Now it works", None)
    with pytest.raises(NotRetryable):
        await node.do(service.retry, message_id, ReplyAttempt(), NoStarter())


async def test_a_text_that_a_retry_replaces_stays_readable(node: Node) -> None:
    await node.add_model(paid=True)
    async with node.working(ScriptedProvider(["The first half", ProviderCut()], ["Anew."])) as engine:
        message_id = await reply_of(node, engine=engine)
        await node.final(message_id)
        await node.do(service.retry, message_id, ReplyAttempt(), engine)
        assert (await node.final(message_id, attempt=2)).content == "Anew."

    revisions = await node.read(service.list_revisions, message_id)
    assert [revision.content for revision in revisions] == ["The first half"]


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


@pytest.mark.parametrize(
    ("model", "attempts", "status", "content"),
    [
        ({"continue_prefix": True}, 2, Status.COMPLETE, "one two three four"),
        ({}, 2, Status.COMPLETE, "one two three four"),
        ({"paid": True}, 1, Status.FAILED, "one two thr"),
    ],
)
async def test_a_cut_reply_goes_on_by_the_rules(
    node: Node, model: dict[str, bool], attempts: int, status: Status, content: str
) -> None:
    await node.add_model(**model)
    provider = ScriptedProvider(["one two ", "thr", ProviderCut()], ["one two three four"])
    async with node.working(provider) as engine:
        message_id = await reply_of(node, engine=engine)
        reply = await node.final(message_id)

    assert (reply.attempt, reply.status, reply.content) == (attempts, status, content)
    assert len(provider.calls) == attempts
    resets = [notice.keep for notice in node.notices if notice.kind == encoding.RESET]
    assert resets == ([len("one two")] if "continue_prefix" in model else [0] * (attempts - 1))


async def test_a_reply_that_is_always_cut_ends_after_three_attempts(node: Node) -> None:
    await node.add_model()
    provider = ScriptedProvider(["again ", ProviderCut()])
    async with node.working(provider) as engine:
        reply = await node.final(await reply_of(node, engine=engine))
    assert reply.error is not None
    assert (len(provider.calls), reply.status, reply.error["code"]) == (3, Status.FAILED, "provider_cut")
    assert reply.content == "again "


async def test_continue_keeps_every_code_point(node: Node) -> None:
    await node.add_model(continue_prefix=True)
    provider = ScriptedProvider(["Half a sen", ProviderAuth()], ["Half a sentence."])
    async with node.working(provider) as engine:
        message_id = await reply_of(node, engine=engine)
        await node.final(message_id)
        await node.do(service.continue_, message_id, ReplyAttempt(), engine)
        reply = await node.final(message_id, attempt=2)

    assert reply.content == "Half a sentence."
    assert [n.keep for n in node.notices if n.kind == encoding.RESET] == [len("Half a sen")]
    assert provider.calls[1].prompt[-1].text == "Half a sen"


async def test_a_model_that_cannot_continue_is_asked_to(node: Node) -> None:
    await node.add_model()
    provider = ScriptedProvider(["Half a sen", ProviderAuth()], ["tence."])
    async with node.working(provider) as engine:
        message_id = await reply_of(node, engine=engine)
        await node.final(message_id)
        await node.do(service.continue_, message_id, ReplyAttempt(), engine)
        reply = await node.final(message_id, attempt=2)

    assert reply.content == "Half a sentence."
    partial, asked = provider.calls[1].prompt[-2:]
    assert (partial.role, partial.text, asked.role) == ("assistant", "Half a sen", "user")


async def test_two_swipes_run_side_by_side(node: Node) -> None:
    await node.add_model()
    gate = Gate()
    async with node.working(ScriptedProvider(["one", gate], ["two"])) as engine:
        first = await reply_of(node, engine=engine)
        await gate.reached.wait()
        asked = await node.do(service.swipe, first, NewSwipe(), engine)
        assert (await node.final(asked.message.id)).content == "two"
        gate.opened.set()
        assert (await node.final(first)).content == "one"


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

        for _ in range(WAITS):
            if await lease(node, running) > left:
                break
            await asyncio.sleep(0.05)
        assert await lease(node, running) > left
        assert await lease(node, lost) == left
        gate.opened.set()


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
