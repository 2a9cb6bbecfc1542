"""Following real sessions: what is read of the database, and a reader beside the engine."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from uuid import UUID

import pytest

from causerie.broker.memory import MemorySessionCache
from causerie.broker.ports import SessionKey
from causerie.chats import encoding, service
from causerie.chats.following import Channel, Following, StoredHistory
from causerie.chats.schemas import MessagePatch, ReplyAttempt
from causerie.client.reducer import SessionState, reduce
from causerie.errors import NotFound
from causerie.http.answers import Expected
from causerie.ids import new_id
from causerie.testing import Gate, ScriptedProvider
from tests.node import Node, NoStarter

pytestmark = pytest.mark.anyio

PATIENCE_SECONDS = 10


@pytest.fixture
def history(node: Node) -> StoredHistory:
    return StoredHistory(node.database, MemorySessionCache())


@asynccontextmanager
async def following(node: Node) -> AsyncIterator[Following]:
    followed = Following(StoredHistory(node.database, MemorySessionCache()), node.bus, "e1")
    running = asyncio.create_task(followed.run())
    try:
        yield followed
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


class Reader:
    """A client of one session, over one channel."""

    def __init__(self, session_id: UUID) -> None:
        self.channel = Channel()
        self.state = SessionState(str(session_id))
        self.kinds: list[str] = []

    async def until(self, kind: str) -> None:
        """Read on until a frame of this type has come."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while kind not in self.kinds:
                for frame in await self.channel.frames():
                    got = json.loads(frame.body)
                    self.kinds.append(got["type"])
                    self.state, effects = reduce(self.state, got)
                    assert not effects, effects


async def test_a_reader_beside_the_engine_assembles_what_is_stored(node: Node) -> None:
    await node.add_model()
    gate = Gate()
    session_id = (await node.say("Before", generate=False)).session_id
    reader = Reader(session_id)
    async with (
        node.working(ScriptedProvider(["Once upon", gate, " a time 👩‍🚀."])) as engine,
        following(node) as follow,
    ):
        await follow.join(node.alice, reader.channel, session_id)
        said = await node.say("A story?", engine, session_id=session_id)
        assert said.ai_message is not None
        await reader.until("chat:stream:token")
        late = Reader(session_id)
        await follow.join(node.alice, late.channel, session_id)
        waiting = asyncio.create_task(follow.final(node.alice, session_id, said.ai_message.id, PATIENCE_SECONDS))
        gate.opened.set()
        for client in (reader, late):
            await client.until(encoding.END)
        assert await waiting

        stored = (await node.message(said.ai_message.id)).content
        assert stored == "Once upon a time 👩‍🚀."
        assert reader.state.text_of(str(said.ai_message.id)) == stored
        assert late.state.text_of(str(said.ai_message.id)) == stored
        for client in (reader, late):
            follow.close(client.channel)


async def test_a_snapshot_is_the_session_with_its_page_and_running_replies(node: Node, history: StoredHistory) -> None:
    said = await node.say("Hello?")

    snapshot = await history.snapshot(node.alice, said.session_id)

    assert json.loads(snapshot.session)["id"] == str(said.session_id)
    assert snapshot.messages is not None
    assert [row["content"] for row in json.loads(snapshot.messages)] == ["Hello?", ""]
    assert snapshot.head == len(node.notices)
    assert list(snapshot.running) == []


async def test_the_page_is_left_out_where_every_event_can_be_had(node: Node, history: StoredHistory) -> None:
    said = await node.say("Hello?")
    head = len(node.notices)

    for after, paged in ((0, False), (head, False), (head + 1, True)):
        snapshot = await history.snapshot(node.alice, said.session_id, after)
        assert (snapshot.messages is not None) == paged


async def test_events_are_read_as_they_were_published(node: Node, history: StoredHistory) -> None:
    said = await node.say("Hello?")

    assert await history.events_after(node.alice, said.session_id, 0) == node.notices
    assert await history.events_after(node.alice, said.session_id, 1) == node.notices[1:]
    beginning = await history.beginning(node.alice, said.session_id)
    assert list(beginning.events) == node.notices


async def test_how_far_a_reply_is(node: Node, history: StoredHistory) -> None:
    await node.add_model()
    async with node.working(ScriptedProvider(["Once"])) as engine:
        said = await node.say("A story?", engine)
        assert said.ai_message is not None
        reply_id = said.ai_message.id
        await node.final(reply_id)
    ended = await history.reply(node.alice, said.session_id, reply_id)
    await node.do(service.edit, reply_id, MessagePatch(content="Twice"), Expected())
    edited = await history.reply(node.alice, said.session_id, reply_id)
    await node.do(service.continue_, reply_id, ReplyAttempt(), NoStarter())
    again = await history.reply(node.alice, said.session_id, reply_id)

    assert ended.end is not None
    assert edited.end is not None
    assert encoding.content_of(ended.end) == "Once"
    assert encoding.content_of(edited.end) == "Twice"
    assert again.end is None
    assert list(again.begun) == []


async def test_heads_of_many_users_are_read_at_once(node: Node, history: StoredHistory) -> None:
    said = await node.say("Hello?")
    key = SessionKey(node.alice.user_id, said.session_id)
    stranger = SessionKey(node.bob.user_id, said.session_id)

    assert dict(await history.heads([key, stranger])) == {key: len(node.notices)}


@pytest.mark.req("S24")
async def test_a_strangers_session_is_not_there(node: Node, history: StoredHistory) -> None:
    said = await node.say("Hello?")

    for actor, session_id in ((node.bob, said.session_id), (node.alice, new_id())):
        with pytest.raises(NotFound):
            await history.snapshot(actor, session_id)
        with pytest.raises(NotFound):
            await history.events_after(actor, session_id, 0)
        with pytest.raises(NotFound):
            await history.beginning(actor, session_id)
        with pytest.raises(NotFound):
            await history.reply(actor, session_id, said.user_message.id)
