"""What a reader begins with, also one that comes back, and what is left when it goes."""

import asyncio
import json
from contextlib import suppress

import pytest

from causerie.chats import encoding
from causerie.chats.following import Channel, Place
from causerie.db.work import Actor
from causerie.errors import NotFound
from causerie.ids import new_id
from tests.chats.following.scene import TOKEN, Scene, begun, followed, in_virtual_time, joined_of, shows, tokens, within
from tests.chats.following.world import EPOCH, Reader, run


@in_virtual_time
async def test_joining_while_a_reply_is_written_brings_its_text_so_far(scene: Scene) -> None:
    reply = begun(scene, "Once upon")

    reader = await scene.reader()
    scene.world.write(reply, " a time")
    scene.told()
    await reader.read_all()

    (live,) = joined_of(reader)["live"]
    assert live == {"message_id": str(reply), "attempt": 1, "offset": 0, "text": "Once upon"}
    assert tokens(reader) == [(9, " a time")]


@in_virtual_time
async def test_a_reply_without_text_is_live_too(scene: Scene) -> None:
    reply = begun(scene)

    reader = await scene.reader()

    assert [live["message_id"] for live in joined_of(reader)["live"]] == [str(reply)]


@in_virtual_time
async def test_resuming_brings_exactly_what_is_missing(scene: Scene) -> None:
    reader = await scene.reader()
    reply = begun(scene, "Once upon")
    await reader.read_all()
    scene.following.close(reader.channel)
    scene.world.rename()
    scene.world.write(reply, " a time")
    scene.told()
    reader.got.clear()

    await reader.reconnect()
    await reader.read_all()

    joined, missed = reader.got
    assert "messages" not in joined
    assert joined["live"] == [{"message_id": str(reply), "attempt": 1, "offset": 9, "text": " a time"}]
    assert missed["type"] == "session:updated"


@in_virtual_time
async def test_resuming_after_the_end_brings_the_rest_of_the_text_and_the_end(scene: Scene) -> None:
    reader = await scene.reader()
    reply = begun(scene, "Once upon")
    await reader.read_all()
    scene.following.close(reader.channel)
    scene.world.write(reply, " a time")
    scene.world.end(reply)
    scene.told()
    reader.got.clear()

    await reader.reconnect()
    await reader.read_all()

    assert reader.kinds() == ["session:joined", TOKEN, encoding.END]
    assert tokens(reader) == [(9, " a time")]


@pytest.mark.parametrize(
    ("epoch", "after"), [("another", 1), (EPOCH, 99), (None, None)], ids=["another epoch", "ahead of all", "nothing"]
)
def test_a_place_that_cannot_be_used_brings_the_page(epoch: str | None, after: int | None) -> None:
    async def play() -> None:
        async with followed() as scene:
            begun(scene, "Once")
            scene.world.rename()
            scene.told()
            channel = Channel()
            await scene.following.join(scene.world.actor, channel, scene.world.key.session_id, epoch=epoch, after=after)
            joined = json.loads((await channel.frames())[0].body)
            assert joined["seq"] == scene.world.head
            assert len(joined["messages"]) == 1

    run(play())


@in_virtual_time
async def test_an_offset_of_another_attempt_starts_at_the_beginning(scene: Scene) -> None:
    reply = begun(scene, "Once upon")
    scene.world.begin(reply, keep=4)
    scene.told()
    channel = Channel()

    await scene.following.join(
        scene.world.actor,
        channel,
        scene.world.key.session_id,
        epoch=EPOCH,
        after=2,
        live=[Place(reply, 1, 9)],
    )

    joined = json.loads((await channel.frames())[0].body)
    assert joined["live"] == [{"message_id": str(reply), "attempt": 2, "offset": 0, "text": "Once"}]


@in_virtual_time
async def test_a_session_that_was_just_made_is_followed_from_its_very_beginning(scene: Scene) -> None:
    reply = begun(scene, "Once")
    reader = Reader(scene.world, scene.following)

    await scene.following.join_new(scene.world.actor, reader.channel, scene.world.key.session_id)

    await within(0.1, reader, shows(reader, reply, "Once"))
    assert reader.kinds() == ["session:joined", "message:created", encoding.START, TOKEN]
    assert joined_of(reader)["messages"] == []


@pytest.mark.req("S24")
@in_virtual_time
async def test_a_stranger_joins_nothing_and_nothing_is_left_of_the_attempt(scene: Scene) -> None:
    channel = Channel()

    with pytest.raises(NotFound):
        await scene.following.join(Actor(new_id()), channel, scene.world.key.session_id)

    assert channel.idle
    assert scene.world.bus.listeners == 0


@in_virtual_time
async def test_who_left_gets_nothing_more_and_the_last_one_ends_the_listening(scene: Scene) -> None:
    first, second = await scene.reader(), await scene.reader()
    assert scene.world.bus.listeners == 1

    scene.following.leave(first.channel, scene.world.key.session_id)
    scene.world.rename()
    scene.told()
    await first.read_all()
    await second.read_all()
    scene.following.close(second.channel)

    assert "session:updated" not in first.kinds()
    assert "session:updated" in second.kinds()
    assert scene.world.bus.listeners == 0


@in_virtual_time
async def test_a_join_that_is_cancelled_leaves_nothing(scene: Scene) -> None:
    scene.world.reading_seconds = 10
    joining = asyncio.create_task(scene.following.join(scene.world.actor, Channel(), scene.world.key.session_id))
    await asyncio.sleep(1)

    joining.cancel()
    with suppress(asyncio.CancelledError):
        await joining

    assert scene.world.bus.listeners == 0


@in_virtual_time
async def test_heads_say_how_far_the_frames_go(scene: Scene) -> None:
    reader = await scene.reader()
    reply = begun(scene, "Once upon")
    await reader.read_all()

    (head,) = scene.following.heads(reader.channel)

    assert (head.session_id, head.seq) == (scene.world.key.session_id, reader.seq)
    assert head.live == [Place(reply, 1, 9)]
