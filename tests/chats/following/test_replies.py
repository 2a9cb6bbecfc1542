"""Following a single reply, and waiting for its end."""

import asyncio
import json
from typing import Any

from causerie.broker.ports import EventNotice
from causerie.chats import encoding
from causerie.chats.following import Channel
from causerie.chats.following.mending import AWAY_POLL_SECONDS
from causerie.ids import new_id
from tests.chats.following.scene import TOKEN, Scene, begun, in_virtual_time
from tests.chats.following.world import World


@in_virtual_time
async def test_one_reply_is_followed_from_its_start_to_its_end_and_nothing_else(scene: Scene) -> None:
    reply, other = begun(scene, "Once"), begun(scene, "Elsewhere")
    channel = Channel()

    await scene.following.follow(scene.world.actor, channel, scene.world.key.session_id, reply)
    scene.world.write(other, " too")
    scene.world.write(reply, " upon")
    scene.world.rename()
    scene.world.end(reply)
    scene.told()
    got: list[dict[str, Any]] = []
    while frames := await channel.frames():
        got += [json.loads(frame.body) for frame in frames]
    scene.following.close(channel)

    assert [frame["type"] for frame in got] == [encoding.START, TOKEN, encoding.END]
    assert got[1]["token"] == "Once upon"
    assert scene.world.bus.listeners == 0


@in_virtual_time
async def test_a_reply_that_is_final_is_followed_to_its_end_at_once(scene: Scene) -> None:
    reply = begun(scene, "Once")
    scene.world.end(reply)
    channel = Channel()

    await scene.following.follow(scene.world.actor, channel, scene.world.key.session_id, reply)

    assert [json.loads(frame.body)["type"] for frame in await channel.frames()] == [encoding.END]
    assert await channel.frames() == []


@in_virtual_time
async def test_waiting_for_a_reply_ends_with_it(scene: Scene) -> None:
    reply = begun(scene, "Once")
    actor, session_id = scene.world.actor, scene.world.key.session_id
    waiting = asyncio.create_task(scene.following.final(actor, session_id, reply, 60))
    lost = asyncio.create_task(scene.following.final(actor, session_id, reply, 60))
    await asyncio.sleep(1)
    assert not waiting.done()

    scene.world.end(reply)
    scene.told()

    assert await waiting
    assert await lost
    assert scene.world.bus.listeners == 0


@in_virtual_time
async def test_waiting_for_a_reply_survives_a_lost_end_and_has_a_limit(scene: Scene) -> None:
    lost, running = begun(scene), begun(scene)
    actor, session_id = scene.world.actor, scene.world.key.session_id
    waits = [asyncio.create_task(scene.following.final(actor, session_id, reply, 20)) for reply in (lost, running)]
    await asyncio.sleep(1)
    scene.world.end(lost)
    scene.world.bus.wire.clear()

    assert await asyncio.gather(*waits) == [True, False]


@in_virtual_time
async def test_waiting_for_replies_while_the_bus_is_away_costs_a_read_for_each_change(scene: Scene) -> None:
    reply = begun(scene, "Once")
    actor, session_id = scene.world.actor, scene.world.key.session_id
    scene.world.bus.leave()
    waiting = [asyncio.create_task(scene.following.final(actor, session_id, reply, 60)) for _ in range(3)]
    await asyncio.sleep(10)
    reads = scene.world.reads
    scene.world.end(reply)

    async with asyncio.timeout(AWAY_POLL_SECONDS + 0.1):
        assert await asyncio.gather(*waiting) == [True] * 3
    assert scene.world.reads - reads == 3
    assert reads <= 6


def test_a_notice_of_an_event_is_the_same_from_its_row() -> None:
    world, reply = World(), new_id()
    body = encoding.stream_reset(7, world.key.session_id, reply, 3, 12)
    notice = EventNotice(world.key, 7, encoding.RESET, body, reply, attempt=3, keep=12)

    assert encoding.stored_notice(world.key, 7, encoding.RESET, reply, body) == notice
