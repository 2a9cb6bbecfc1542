"""Event streams: frames as server-sent events, and every way in which a stream ends."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from causerie.chats.following import Channel, Following, Frame
from causerie.realtime import sse
from causerie.realtime.sse import HEARTBEAT_SECONDS, EventStream, ReplyStream
from tests.chats.following.world import EPOCH, World, run


@dataclass
class Listener:
    """The far end of a stream."""

    text: str = ""
    status: int | None = None
    complete: bool = False
    reads: asyncio.Event = field(default_factory=asyncio.Event)
    gone: asyncio.Event = field(default_factory=asyncio.Event)

    async def receive(self) -> dict[str, Any]:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def take(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            return
        await self.reads.wait()
        self.text += message["body"].decode()
        self.complete = not message.get("more_body", False)


class Scene:
    """A channel that is streamed to a listener."""

    def __init__(self) -> None:
        self.world = World()
        self.following = Following(self.world, self.world.bus, EPOCH)
        self.draining = asyncio.Event()
        self.channel = Channel()
        self.listener = Listener()
        self.listener.reads.set()

    def stream(self) -> asyncio.Task[None]:
        response = EventStream(self.following, self.channel, self.draining)
        return asyncio.create_task(response({"type": "http"}, self.listener.receive, self.listener.take))


def in_virtual_time(test: Callable[[Scene], Awaitable[None]]) -> Callable[[], None]:
    """Let the test run in a scene of its own, where waiting takes no time; it must leave no task behind."""

    async def play() -> None:
        scene = Scene()
        await test(scene)
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert scene.channel.closed
        assert scene.world.bus.listeners == 0

    def test_in_virtual_time() -> None:
        run(play())

    test_in_virtual_time.__doc__ = test.__doc__
    return test_in_virtual_time


@in_virtual_time
async def test_numbered_events_carry_their_id_and_text_carries_none(scene: Scene) -> None:
    for frame in (Frame('{"type":"a"}', 7), Frame('{"type":"b"}')):
        scene.channel.push(frame)
    scene.channel.finish()

    await scene.stream()

    assert scene.listener.status == 200
    assert scene.listener.text == 'id: e1.7\ndata: {"type":"a"}\n\ndata: {"type":"b"}\n\n'
    assert scene.listener.complete


@in_virtual_time
async def test_a_quiet_stream_gives_a_sign_of_life(scene: Scene) -> None:
    streaming = scene.stream()
    await asyncio.sleep(HEARTBEAT_SECONDS * 2 + 1)
    scene.channel.finish()
    await streaming

    assert scene.listener.text == ": nothing new\n\n" * 2


@in_virtual_time
async def test_a_drain_ends_the_stream_as_a_whole_answer(scene: Scene) -> None:
    streaming = scene.stream()
    await asyncio.sleep(1)
    scene.draining.set()
    await asyncio.wait_for(streaming, 1)

    assert scene.listener.complete


@in_virtual_time
async def test_a_listener_that_is_gone_leaves_nothing(scene: Scene) -> None:
    await scene.following.join(scene.world.actor, scene.channel, scene.world.key.session_id)
    streaming = scene.stream()
    await asyncio.sleep(1)
    scene.listener.gone.set()

    await asyncio.wait_for(streaming, 1)


@in_virtual_time
async def test_a_reply_as_the_answer_to_saying_ends_with_its_end(scene: Scene) -> None:
    world = scene.world
    reply = world.say()
    world.begin(reply)
    answer = await ReplyStream(scene.following, scene.draining)(
        world.actor, world.key.session_id, reply, '{"type":"ack"}'
    )
    streaming = asyncio.create_task(answer({"type": "http"}, scene.listener.receive, scene.listener.take))
    world.write(reply, "Once")
    world.end(reply)
    world.bus.deliver_all()
    await asyncio.wait_for(streaming, 1)
    scene.channel.close()

    kinds = [line.split('"')[3] for line in scene.listener.text.splitlines() if line.startswith("data: ")]
    assert kinds == ["ack", "chat:stream:start", "chat:stream:token", "chat:stream:end"]


@pytest.mark.parametrize(
    ("last_event_id", "place"),
    [
        ("e1.7", ("e1", 7)),
        ("with.a.dot.12", ("with.a.dot", 12)),
        ("e1.", (None, 3)),
        (".7", (None, 3)),
        ("e1." + "7" * 5_000, (None, 3)),
        ("e1.-7", (None, 3)),
        ("e1.٧", (None, 3)),
        ("nonsense", (None, 3)),
    ],
)
def test_last_event_id(last_event_id: str, place: tuple[str | None, int]) -> None:
    assert sse.place_of(last_event_id, 3) == place
