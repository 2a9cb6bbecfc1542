"""Readers over real sockets: those that stop cost little, slow nobody and are cut off; many may come at once."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from starlette.types import Receive, Scope, Send
from websockets.asyncio.client import ClientConnection, connect

from causerie.broker.ports import EventNotice, TextPiece
from causerie.chats.following import Channel, Following
from causerie.ops import stream_protocol
from causerie.ops.socket_protocol import SocketProtocol
from causerie.ops.stream_protocol import StreamProtocol
from causerie.realtime.socket import Connection, Sockets
from causerie.realtime.sse import EventStream
from tests.chats.following.world import EPOCH, WireBus, World
from tests.listening import HANDSHAKE, asking, listening
from tests.realtime.test_connection import SmallNode

pytestmark = pytest.mark.anyio

PATIENCE_SECONDS = 30
MOST_BYTES = 64 * 1024
"""What a reader that stopped may cost its node (I13)."""


@dataclass
class Edge:
    """A node's surface under a real server, and the server's side of its connections."""

    world: World
    following: Following
    sockets: Sockets
    address: tuple[str, int]
    web_sockets: list[SocketProtocol]
    streams: list[StreamProtocol]
    channels: list[Channel]

    @property
    def connection(self) -> Connection:
        """The only one."""
        (connection,) = self.sockets._open
        return connection

    @property
    def readers(self) -> int:
        """How many have joined."""
        return sum(len(feed.seats) for feed in self.following._feeds.values())

    @property
    def url(self) -> str:
        return "ws://{}:{}/ws".format(*self.address)

    async def say(self, words: int) -> UUID:
        """Let a reply be written, a word at a time, and end."""
        reply = self.world.say()
        self.world.begin(reply)
        for number in range(words):
            self.world.write(reply, f"word {number} ")
            await asyncio.sleep(0)
        self.world.end(reply)
        return reply


class PromptBus(WireBus):
    """A bus that delivers at once."""

    def publish_text(self, piece: TextPiece) -> None:
        super().publish_text(piece)
        self.deliver_all()

    def publish_event(self, notice: EventNotice) -> None:
        super().publish_event(notice)
        self.deliver_all()


@asynccontextmanager
async def edge() -> AsyncIterator[Edge]:
    world = World(bus=PromptBus())
    following = Following(world, world.bus, EPOCH)
    sockets = Sockets(SmallNode(world, following))
    web_sockets: list[SocketProtocol] = []
    streams: list[StreamProtocol] = []
    channels: list[Channel] = []

    class WatchedSocket(SocketProtocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            super().connection_made(transport)
            web_sockets.append(self)

    class WatchedStream(StreamProtocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as its base has it
            super().connection_made(transport)
            streams.append(self)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await sockets(scope, receive, send)
            return
        channel = Channel()
        channels.append(channel)
        await following.join(world.actor, channel, world.key.session_id)
        await EventStream(following, channel, asyncio.Event())(scope, receive, send)

    async with listening(app, ws=WatchedSocket, http=WatchedStream) as address:
        repairing = asyncio.create_task(following.run())
        try:
            yield Edge(world, following, sockets, address, web_sockets, streams, channels)
        finally:
            repairing.cancel()
            await asyncio.gather(repairing, return_exceptions=True)


@asynccontextmanager
async def deaf(address: tuple[str, int], request: bytes, *frames: dict[str, Any]) -> AsyncIterator[socket.socket]:
    """Connect, send this, and read nothing but the first sign of an answer."""
    loop = asyncio.get_running_loop()
    async with asking(address, request) as client:
        await loop.sock_recv(client, 1)
        for frame in frames:
            await loop.sock_sendall(client, masked(json.dumps(frame).encode()))
        yield client


async def until(true: Callable[[], bool]) -> None:
    for _ in range(100 * PATIENCE_SECONDS):
        if true():
            return
        await asyncio.sleep(0.01)
    raise TimeoutError


def masked(payload: bytes) -> bytes:
    """Return a short text frame of a client, with a mask of zeros."""
    return bytes((0x81, 0x80 | len(payload))) + bytes(4) + payload


def join(edge: Edge) -> dict[str, Any]:
    return {"type": "session:join", "session_id": str(edge.world.key.session_id)}


@asynccontextmanager
async def joined(edge: Edge) -> AsyncIterator[ClientConnection]:
    async with connect(edge.url, compression=None, proxy=None) as client:
        await client.send(json.dumps(join(edge)))
        while json.loads(await client.recv())["type"] != "session:joined":
            pass
        yield client


async def text_of(client: ClientConnection, reply: UUID) -> str:
    """Read until the reply ends, and return its text as it came in pieces."""
    text = ""
    while True:
        frame = json.loads(await client.recv())
        if frame["type"] == "chat:stream:token" and frame["message_id"] == str(reply):
            assert frame["offset"] == len(text)
            text += frame["token"]
        if frame["type"] == "chat:stream:end" and frame["message_id"] == str(reply):
            assert frame["content"] == text
            return text


def cost_of(edge: Edge, connection: Connection) -> int:
    """Return the bytes that wait in this process for a connection."""
    in_server = max(
        int(protocol.transport.get_write_buffer_size()) + int(protocol._unsent_bytes) for protocol in edge.web_sockets
    )
    return in_server + connection._channel.waiting


@pytest.mark.req("I13")
async def test_a_socket_that_is_not_read_costs_little_and_the_others_get_everything() -> None:
    async with asyncio.timeout(PATIENCE_SECONDS), edge() as node, deaf(node.address, HANDSHAKE, join(node)):
        await until(lambda: node.readers == 1)
        stuck = node.connection
        async with joined(node) as one, joined(node) as two:
            for _ in range(10):
                reply = await node.say(words=1_000)
                texts = await asyncio.gather(text_of(one, reply), text_of(two, reply))
                assert set(texts) == {node.world.replies[reply].content}

        assert 0 < cost_of(node, stuck) < MOST_BYTES


@pytest.mark.req("I14")
async def test_a_hundred_that_reconnect_at_once_get_one_catching_up_frame_each() -> None:
    async with asyncio.timeout(PATIENCE_SECONDS), edge() as node, AsyncExitStack() as connections:
        reply = node.world.say()
        node.world.begin(reply)
        node.world.write(reply, "Once upon")
        asked = join(node) | {
            "epoch": EPOCH,
            "after": node.world.head,
            "live": [{"message_id": str(reply), "attempt": 1, "offset": 4}],
        }

        async def come_back() -> list[dict[str, Any]]:
            client = await connections.enter_async_context(connect(node.url, compression=None, proxy=None))
            for frame in (asked, {"type": "ping", "n": 1}):
                await client.send(json.dumps(frame))
            got: list[dict[str, Any]] = []
            while not got or got[-1]["type"] != "pong":
                got.append(json.loads(await client.recv()))
            return got

        for got in await asyncio.gather(*(come_back() for _ in range(100))):
            assert [frame["type"] for frame in got] == ["welcome", "session:joined", "pong"]
            assert [live["text"] for live in got[1]["live"]] == [" upon"]


async def test_a_stream_that_is_not_read_costs_little_and_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_protocol, "STALL_SECONDS", 0.5)
    request = b"GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    async with asyncio.timeout(PATIENCE_SECONDS), edge() as node, deaf(node.address, request):
        await until(lambda: node.readers == 1)
        (protocol,) = node.streams
        (channel,) = node.channels
        most = 0
        while not protocol.transport.is_closing():
            await node.say(words=100)
            most = max(most, protocol.transport.get_write_buffer_size() + channel.waiting)
            await asyncio.sleep(0.001)
        await until(lambda: channel.closed)

    assert most < MOST_BYTES


async def test_a_stream_that_is_read_slowly_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_protocol, "STALL_SECONDS", 1.5)
    request = b"GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(PATIENCE_SECONDS), edge() as node, deaf(node.address, request) as client:
        await until(lambda: node.readers == 1)
        (protocol,) = node.streams
        end = loop.time() + 2.5
        while loop.time() < end:
            await node.say(words=100)
            await loop.sock_recv(client, 65_536)

        assert not protocol.transport.is_closing()
