"""A reply is tried again, goes on, or is asked for once more."""

import pytest

from causerie.chats import encoding, service
from causerie.chats.errors import NotRetryable
from causerie.chats.models import Status
from causerie.chats.schemas import NewSwipe, ReplyAttempt
from causerie.providers.protocol import ProviderAuth, ProviderCut
from causerie.testing import Gate, ScriptedProvider
from tests.generation.working import reply_of
from tests.node import Node, NoStarter

pytestmark = pytest.mark.anyio


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
