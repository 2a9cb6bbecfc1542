"""One connection of `/ws` from its handshake to its end, whoever ends it and however badly."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from causerie.accounts.actor import LocalSignIn
from causerie.chats.following import Following
from causerie.chats.signals import Starter
from causerie.db.database import Database
from causerie.http.state import SignIn
from causerie.realtime.socket import (
    CLOSE_SECONDS,
    HEARTBEAT_SECONDS,
    LOOK_SECONDS,
    MISSED_HEARTBEATS,
    STALL_SECONDS,
    Sockets,
)
from tests.chats.following.world import EPOCH, World, run
from tests.node import NoStarter


class BrokenDatabase:
    """A database that has a bug."""

    async def work(self, *_: Any, **__: Any) -> Any:
        raise RuntimeError("a bug")

    read = work


@dataclass
class SmallNode:
    """What a connection needs, without a real database."""

    world: World
    following: Following
    database: Database = field(default_factory=BrokenDatabase)  # type: ignore[assignment]  # it keeps no promise at all
    starter: Starter = field(default_factory=NoStarter)
    sign_in: SignIn = field(init=False)

    def __post_init__(self) -> None:
        self.sign_in = LocalSignIn(self.world.actor)


class Client:
    """The far end of one ASGI connection."""

    def __init__(self, sockets: Sockets) -> None:
        self.got: list[dict[str, Any]] = []
        self.closed_with: int | None = None
        self.reads = asyncio.Event()
        self.reads.set()
        self.breaks_with: Exception | None = None
        self._frames: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._frames.put_nowait({"type": "websocket.connect"})
        scope = {"type": "websocket", "path": "/ws", "headers": []}
        self.serving = asyncio.create_task(sockets(scope, self._frames.get, self._take))

    def send(self, kind: str, **fields: Any) -> None:
        self._frames.put_nowait({"type": "websocket.receive", "text": json.dumps({"type": kind, **fields})})

    def send_bytes(self, data: bytes) -> None:
        self._frames.put_nowait({"type": "websocket.receive", "bytes": data})

    def disconnect(self) -> None:
        self._frames.put_nowait({"type": "websocket.disconnect", "code": 1001})

    def kinds(self) -> list[str]:
        return [got["type"] for got in self.got]

    async def _take(self, message: Any) -> None:
        if message["type"] == "websocket.close":
            self.closed_with = message["code"]
        elif message["type"] == "websocket.send":
            await self.reads.wait()
            if self.breaks_with is not None:
                raise self.breaks_with
            self.got.append(json.loads(message["text"]))


@dataclass
class Scene:
    """A node, and clients that connect to it."""

    world: World
    following: Following
    sockets: Sockets

    async def client(self) -> Client:
        client = Client(self.sockets)
        await settled()
        return client


@asynccontextmanager
async def serving() -> AsyncIterator[Scene]:
    world = World()
    following = Following(world, world.bus, EPOCH)
    yield Scene(world, following, Sockets(SmallNode(world, following)))


def in_virtual_time(test: Callable[[Scene], Awaitable[None]]) -> Callable[[], None]:
    """Let the test run in a scene of its own, where waiting takes no time; it must leave no task behind."""

    async def play() -> None:
        async with serving() as scene:
            await test(scene)
            await settled()
            assert asyncio.all_tasks() == {asyncio.current_task()}
            assert scene.sockets.health() == {"open": 0}
            assert scene.world.bus.listeners == 0

    def test_in_virtual_time() -> None:
        run(play())

    test_in_virtual_time.__doc__ = test.__doc__
    return test_in_virtual_time


async def settled() -> None:
    """Let everything happen that needs no time."""
    await asyncio.sleep(0.001)


@in_virtual_time
async def test_the_server_speaks_first_and_a_client_that_goes_leaves_nothing(scene: Scene) -> None:
    client = await scene.client()
    client.send("session:join", session_id=str(scene.world.key.session_id))
    await settled()
    assert scene.world.bus.listeners == 1

    client.disconnect()
    await client.serving

    assert client.kinds() == ["welcome", "session:joined"]
    assert client.closed_with is None


@pytest.mark.req("S74")
@in_virtual_time
async def test_a_bug_behind_one_frame_is_told_and_ends_nothing(scene: Scene) -> None:
    client = await scene.client()

    client.send("chat:stop", ref="mine", message_id=str(scene.world.key.session_id))
    client.send("ping", n=1)
    await settled()
    client.disconnect()
    await client.serving

    welcome, error, pong = client.got
    assert (error["type"], error["ref"], error["code"], error["status"]) == ("error", "mine", "internal", 500)
    assert error["request_id"] == welcome["connection_id"]
    assert "a bug" not in json.dumps(error)
    assert pong["type"] == "pong"


@in_virtual_time
async def test_a_connection_that_cannot_be_written_to_is_closed(scene: Scene) -> None:
    client = await scene.client()
    client.breaks_with = RuntimeError("a bug")

    client.send("ping", n=1)
    await client.serving

    assert client.closed_with == 1011


@in_virtual_time
async def test_a_client_that_is_gone_when_it_is_written_to_is_not_closed_again(scene: Scene) -> None:
    client = await scene.client()
    client.breaks_with = OSError("gone")

    client.send("ping", n=1)
    client.disconnect()
    await client.serving

    assert client.closed_with is None


@in_virtual_time
async def test_a_binary_frame_ends_its_connection(scene: Scene) -> None:
    client, bystander = await scene.client(), await scene.client()

    client.send_bytes(b"{}")
    await client.serving
    bystander.send("ping", n=1)
    await settled()
    bystander.disconnect()
    await bystander.serving

    assert client.closed_with == 1003
    assert bystander.kinds() == ["welcome", "pong"]


@in_virtual_time
async def test_a_client_that_misses_three_heartbeats_is_closed(scene: Scene) -> None:
    client, now = await scene.client(), time.monotonic()

    scene.sockets.look(now + MISSED_HEARTBEATS * HEARTBEAT_SECONDS - 1)
    await settled()
    assert not client.serving.done()
    scene.sockets.look(now + MISSED_HEARTBEATS * HEARTBEAT_SECONDS + 1)
    await client.serving

    assert client.closed_with == 1001


@in_virtual_time
async def test_a_reader_that_takes_nothing_for_a_minute_is_closed(scene: Scene) -> None:
    client = await scene.client()
    client.reads.clear()
    client.send("ping", n=1)
    await settled()

    scene.sockets.look(time.monotonic() + STALL_SECONDS + 1)
    await client.serving

    assert client.closed_with == 4413


@in_virtual_time
async def test_a_drain_says_goodbye_after_what_waits(scene: Scene) -> None:
    client = await scene.client()
    client.send("ping", n=1)
    await settled()

    await scene.sockets.drain()
    late = await scene.client()
    await asyncio.gather(client.serving, late.serving)

    assert client.kinds() == ["welcome", "pong", "bye"]
    assert late.kinds() == ["welcome", "bye"]
    assert client.got[-1].keys() == {"type", "code", "retry_after"}
    assert client.closed_with == late.closed_with == 1012


@in_virtual_time
async def test_a_drain_does_not_wait_for_who_does_not_read(scene: Scene) -> None:
    client = await scene.client()
    client.reads.clear()
    client.send("ping", n=1)
    await settled()
    began = asyncio.get_running_loop().time()

    await scene.sockets.drain()
    await client.serving

    assert asyncio.get_running_loop().time() - began < 2 * CLOSE_SECONDS
    assert client.closed_with == 1012


@in_virtual_time
async def test_pong_shows_how_far_the_frames_before_it_go(scene: Scene) -> None:
    client = await scene.client()
    reply = scene.world.say()
    scene.world.begin(reply)
    scene.world.write(reply, "Once upon")
    client.send("session:join", session_id=str(scene.world.key.session_id))
    await settled()

    client.send("ping", n=41)
    await settled()
    client.disconnect()
    await client.serving

    pong = client.got[-1]
    assert pong == {
        "type": "pong",
        "n": 41,
        "heads": [
            {
                "session_id": str(scene.world.key.session_id),
                "seq": scene.world.head,
                "live": [{"message_id": str(reply), "attempt": 1, "offset": 9}],
            }
        ],
    }


@in_virtual_time
async def test_pong_tells_that_text_is_delayed_while_the_bus_is_away(scene: Scene) -> None:
    client = await scene.client()
    following = asyncio.create_task(scene.following.run())
    await settled()

    scene.world.bus.leave()
    client.send("ping", n=1)
    await settled()
    scene.world.bus.away = False
    client.send("ping", n=2)
    await settled()
    client.disconnect()
    following.cancel()
    await asyncio.gather(client.serving, following, return_exceptions=True)

    assert client.got[1:] == [
        {"type": "pong", "n": 1, "heads": [], "delayed": True},
        {"type": "pong", "n": 2, "heads": []},
    ]


@pytest.mark.req("I15")
@in_virtual_time
async def test_after_a_sleep_who_is_still_there_stays_and_who_is_not_is_closed_soon(scene: Scene) -> None:
    here, gone = await scene.client(), await scene.client()
    awake = time.monotonic() + 600  # what this clock says at the end of a long freeze

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "monotonic", lambda: awake)
        await scene.sockets.woke()
        here.send("ping", n=1)
        await settled()
    for passed in (0, HEARTBEAT_SECONDS + 1):
        scene.sockets.look(awake + passed)
        await settled()
        assert not here.serving.done()
        assert gone.serving.done() == bool(passed)
    here.disconnect()
    await here.serving

    assert gone.closed_with == 1001
    assert here.kinds() == ["welcome", "pong"]


@pytest.mark.req("I15")
@in_virtual_time
async def test_a_node_that_was_frozen_reads_what_waits_before_it_closes_anybody(scene: Scene) -> None:
    loop, frozen = asyncio.get_running_loop(), 0.0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "monotonic", lambda: loop.time() + frozen)
        client = await scene.client()
        looking = asyncio.create_task(scene.sockets.look_after())
        await asyncio.sleep(LOOK_SECONDS + 1)
        frozen = 600

        await asyncio.sleep(LOOK_SECONDS)
        client.send("ping", n=1)
        await asyncio.sleep(HEARTBEAT_SECONDS + LOOK_SECONDS)
        assert client.kinds() == ["welcome", "pong"]
        client.disconnect()
        looking.cancel()
        await asyncio.gather(client.serving, looking, return_exceptions=True)

    assert client.closed_with is None


@in_virtual_time
async def test_typing_reaches_who_has_joined_and_not_its_sender(scene: Scene) -> None:
    typist, reader = await scene.client(), await scene.client()
    session_id = str(scene.world.key.session_id)
    for client in (typist, reader):
        client.send("session:join", session_id=session_id)
    await settled()

    typist.send("typing", session_id=session_id, active=True)
    await settled()
    for client in (typist, reader):
        client.disconnect()
        await client.serving

    assert "typing" not in typist.kinds()
    frame = reader.got[-1]
    assert (frame["type"], frame["session_id"], frame["active"]) == ("typing", session_id, True)
