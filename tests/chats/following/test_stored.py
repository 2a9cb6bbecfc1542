"""Following real sessions: what is read of the database, and a reader beside the engine."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest

from causerie.broker.memory import MemorySessionCache
from causerie.broker.ports import CachedSession, SessionCache, SessionKey
from causerie.chats import encoding, service
from causerie.chats.following import Channel, Following, StoredHistory
from causerie.chats.schemas import MessagePatch, NewSwipe, ReplyAttempt, SessionChange
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
async def following(node: Node, cache: SessionCache | None = None) -> AsyncIterator[Following]:
    followed = Following(StoredHistory(node.database, cache or MemorySessionCache()), node.bus, "e1")
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


@dataclass
class CountingCache(MemorySessionCache):
    """A cache that counts what was put into it: one reading of a page each."""

    puts: int = 0

    def __post_init__(self) -> None:
        super().__init__()

    def put(self, session: SessionKey, cached: CachedSession) -> None:
        self.puts += 1
        super().put(session, cached)


@pytest.mark.req("I14")
async def test_five_hundred_that_join_at_once_share_a_reading_of_the_page(node: Node) -> None:
    cache = CountingCache()
    session_id = (await node.say("Hello?")).session_id
    async with following(node, cache) as follow:
        channels = [Channel() for _ in range(500)]

        await asyncio.gather(*(follow.join(node.alice, channel, session_id) for channel in channels))
        bodies = {frame.body for channel in channels for frame in await channel.frames()}
        for channel in channels:
            follow.close(channel)

    assert len(bodies) == 1
    assert cache.puts <= 3


async def test_joining_while_the_session_changes_shows_what_is_stored(node: Node) -> None:
    cache = CountingCache()
    history = StoredHistory(node.database, cache)
    session_id = (await node.say("0", generate=False)).session_id

    async def talk() -> None:
        for number in range(1, 20):
            await node.say(str(number), session_id=session_id, generate=False)

    async def join() -> None:
        snapshot = await history.snapshot(node.alice, session_id)
        assert snapshot.messages is not None
        assert json.loads(snapshot.session)["total_messages"] == len(json.loads(snapshot.messages))

    await asyncio.gather(talk(), *(join() for _ in range(200)))

    assert cache.puts < 60


async def test_what_a_joiner_gets_is_what_is_stored_whatever_has_changed(node: Node, history: StoredHistory) -> None:
    await node.add_model()
    async with node.working(ScriptedProvider(["Once upon"])) as engine:
        said = await node.say("A story?", engine)
        assert said.ai_message is not None
        session_id, question, reply = said.session_id, said.user_message.id, said.ai_message.id
        await node.final(reply)

    async def check(deed: str) -> None:
        afresh = await StoredHistory(node.database, MemorySessionCache()).snapshot(node.alice, session_id)
        assert await history.snapshot(node.alice, session_id) == afresh, deed
        assert await history.snapshot(node.alice, session_id) == afresh, f"{deed}, from the cache"

    async def change(**members: Any) -> None:
        await node.do(service.change, session_id, SessionChange(**members), Expected(), whole=False)

    deeds: dict[str, Callable[[], Awaitable[Any]]] = {
        "nothing": asyncio.Lock().acquire,
        "read": lambda: change(last_read_seq=3),
        "pinned": lambda: change(pinned=True),
        "renamed": lambda: change(title="Tea"),
        "edited": lambda: node.do(service.edit, question, MessagePatch(content="A tale?"), Expected()),
        "hidden": lambda: node.do(service.edit, question, MessagePatch(hidden=True), Expected()),
        "swiped": lambda: node.do(service.swipe, reply, NewSwipe(), NoStarter()),
        "branch chosen": lambda: change(active_leaf_id=reply),
        "continued": lambda: node.do(service.continue_, reply, ReplyAttempt(), NoStarter()),
        "stopped": lambda: node.do(service.stop, reply),
        "deleted": lambda: node.do(service.delete, reply, Expected(), subtree=False),
        "restored": lambda: node.do(service.restore_message, reply),
        "said": lambda: node.say("More", session_id=session_id),
        "in the trash and out of it": lambda: trash_and_restore(node, session_id),
        "cleared": lambda: node.do(service.clear, session_id),
    }
    for name, deed in deeds.items():
        await deed()
        await check(name)


async def trash_and_restore(node: Node, session_id: UUID) -> None:
    await node.do(service.trash, session_id, Expected())
    await node.do(service.restore, session_id)


@pytest.mark.req("S24")
async def test_a_session_in_the_trash_is_not_there_though_it_is_remembered(node: Node, history: StoredHistory) -> None:
    session_id = (await node.say("Hello?")).session_id
    await history.snapshot(node.alice, session_id)

    await node.do(service.trash, session_id, Expected())

    with pytest.raises(NotFound):
        await history.snapshot(node.alice, session_id)


async def test_what_runs_in_many_sessions_is_read_at_once(node: Node, history: StoredHistory) -> None:
    await node.add_model()
    gate = Gate()
    async with node.working(ScriptedProvider(["Once", gate])) as engine:
        talks = [await node.say("A story?", engine) for _ in range(3)]
        for said in talks:
            assert said.ai_message is not None
            await node.shows(said.ai_message.id, "Once")
        sessions = [said.session_id for said in talks]

        running = await history.running(node.alice, [*sessions, new_id()])
        strangers = await history.running(node.bob, sessions)
        gate.opened.set()

    texts = {key: [run.partial_text for run in runs] for key, runs in running.items()}
    assert texts == {key: ["Once"] for key in sessions}
    assert strangers == {}


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
