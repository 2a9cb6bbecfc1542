"""Following on nodes beside the one that writes, over a real Redis that comes and goes."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from uuid import UUID

import pytest

from causerie.broker.redis import RedisBroker, redis_broker
from causerie.chaos.servers.valkey import ValkeyServer
from causerie.chats.following import Channel, Following, Place, StoredHistory
from causerie.client.reducer import SessionState, reduce
from causerie.ids import new_id
from causerie.testing import Gate, ScriptedProvider
from tests.node import Node

pytestmark = pytest.mark.anyio

PATIENCE_SECONDS = 20
TALE = "Once upon a time there was a lighthouse"


class Reader:
    """A client that goes on at another node where it was."""

    def __init__(self, node: Node, session_id: UUID) -> None:
        self.channel = Channel()
        self.state = SessionState(str(session_id))
        self.frames = 0
        self._actor = node.alice
        self._session_id = session_id

    async def join(self, following: Following) -> None:
        """Join with all that is known, over a new connection."""
        asked = self.state.join_frame()
        live = [Place(UUID(live["message_id"]), live["attempt"], live["offset"]) for live in asked.get("live", ())]
        self.channel, self.frames = Channel(), 0
        await following.join(
            self._actor, self.channel, self._session_id, epoch=asked.get("epoch"), after=asked.get("after"), live=live
        )

    async def until_text(self, reply: UUID, text: str, seconds: float = PATIENCE_SECONDS) -> None:
        """Read until this much of a reply is known."""
        async with asyncio.timeout(seconds):
            while len(self.state.text_of(str(reply))) < len(text):
                await self._read()
        assert self.state.text_of(str(reply)) == text

    async def until_ended(self, reply: UUID, seconds: float = PATIENCE_SECONDS) -> None:
        async with asyncio.timeout(seconds):
            while not self.state.has_ended(str(reply)):
                await self._read()

    async def _read(self) -> None:
        for frame in await self.channel.frames():
            self.frames += 1
            self.state, effects = reduce(self.state, json.loads(frame.body))
            assert not effects, effects


@asynccontextmanager
async def beside(node: Node, url: str) -> AsyncIterator[Following]:
    """Run another web node's following, with a connection to Redis of its own."""
    async with redis_broker(url, consumer=new_id()) as broker:
        following = Following(StoredHistory(node.database, broker.cache), broker.bus, "e1")
        repair = asyncio.create_task(following.run())
        try:
            yield following
        finally:
            repair.cancel()
            await asyncio.gather(repair, return_exceptions=True)


@pytest.fixture
async def broker(node: Node, valkey: ValkeyServer) -> AsyncIterator[RedisBroker]:
    """The worker's own."""
    async with redis_broker(valkey.url, consumer=new_id()) as broker:
        node.bus = broker.bus
        yield broker


@pytest.mark.usefixtures("broker")
async def test_a_reader_moves_to_another_node_in_the_middle_of_a_reply(node: Node, valkey: ValkeyServer) -> None:
    await node.add_model()
    gates = Gate(), Gate()
    async with (
        AsyncExitStack() as nodes,
        node.working(ScriptedProvider(["Once", gates[0], " upon", gates[1], " a time."])) as engine,
    ):
        first, second = [await nodes.enter_async_context(beside(node, valkey.url)) for _ in range(2)]
        said = await node.say("A story?", engine)
        assert said.ai_message is not None
        reply, reader = said.ai_message.id, Reader(node, said.session_id)
        await reader.join(first)
        await reader.until_text(reply, "Once")
        first.close(reader.channel)  # that node is killed
        gates[0].opened.set()

        await reader.join(second)
        await reader.until_text(reply, "Once upon")
        gates[1].opened.set()
        await reader.until_ended(reply)

        assert reader.state.text_of(str(reply)) == "Once upon a time."
        second.close(reader.channel)


@pytest.mark.req("I11")
@pytest.mark.usefixtures("broker")
async def test_text_goes_on_while_redis_is_away_and_smoothly_when_it_is_back(node: Node, valkey: ValkeyServer) -> None:
    await node.add_model()
    gates = Gate(), Gate()
    provider = ScriptedProvider(["Once", gates[0], " upon", gates[1], " a time."])
    async with beside(node, valkey.url) as following, node.working(provider) as engine:
        said = await node.say("A story?", engine)
        assert said.ai_message is not None
        reply, reader = said.ai_message.id, Reader(node, said.session_id)
        await reader.join(following)
        await reader.until_text(reply, "Once")

        valkey.kill()
        gates[0].opened.set()
        await reader.until_text(reply, "Once upon", seconds=6)
        gates[1].opened.set()
        await reader.until_ended(reply, seconds=6)
        assert reader.state.text_of(str(reply)) == "Once upon a time."
        assert following.delayed

        valkey.restart()
        async with asyncio.timeout(PATIENCE_SECONDS):
            while following.delayed:  # noqa: ASYNC110 (it is looked at, nothing tells)
                await asyncio.sleep(0.05)
        following.close(reader.channel)


@pytest.mark.req("I12")
@pytest.mark.usefixtures("broker")
async def test_who_joins_after_a_flush_has_all_text_within_six_seconds(node: Node, valkey: ValkeyServer) -> None:
    await node.add_model()
    gate = Gate()
    provider = ScriptedProvider([TALE, gate, "."])
    async with AsyncExitStack() as nodes, node.working(provider) as engine:
        first, second = [await nodes.enter_async_context(beside(node, valkey.url)) for _ in range(2)]
        said = await node.say("A story?", engine)
        assert said.ai_message is not None
        reply, reader, late = said.ai_message.id, Reader(node, said.session_id), Reader(node, said.session_id)
        await reader.join(first)
        await reader.until_text(reply, TALE)
        valkey.command("FLUSHALL")

        await late.join(second)
        await late.until_text(reply, TALE, seconds=6)
        gate.opened.set()
        for client, following in ((reader, first), (late, second)):
            await client.until_ended(reply)
            assert client.state.text_of(str(reply)) == f"{TALE}."
            following.close(client.channel)
