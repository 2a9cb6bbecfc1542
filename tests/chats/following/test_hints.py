"""What connections hear of sessions that they have not joined."""

import asyncio

from causerie.broker.ports import SessionHint, SessionKey
from causerie.chats.following import Channel, Frame
from causerie.chats.following.audience import HINTS_A_SECOND
from causerie.ids import new_id
from tests.chats.following.scene import Scene, in_virtual_time


@in_virtual_time
async def test_hints_go_to_who_has_not_joined_and_deleting_ends_a_join(scene: Scene) -> None:
    joined, elsewhere = await scene.reader(), Channel()
    stream = await scene.reader()
    scene.following.register(joined.channel, scene.world.actor, curious=True)
    scene.following.register(elsewhere, scene.world.actor, curious=True)
    scene.following.register(stream.channel, scene.world.actor, curious=False)

    for kind in ("session:updated", "session:deleted"):
        scene.world.bus.publish_hint(SessionHint(scene.world.key, kind, f'{{"type":"{kind}"}}'))

    deleted = [Frame('{"type":"session:deleted"}')]
    assert await elsewhere.frames() == [Frame('{"type":"session:updated"}'), *deleted]
    assert await joined.channel.frames() == deleted
    assert await stream.channel.frames() == deleted
    assert await stream.channel.frames() == []
    assert not scene.following.has_joined(joined.channel, scene.world.key.session_id)
    for channel in (joined.channel, elsewhere, stream.channel):
        scene.following.close(channel)
    assert scene.world.bus.listeners == 0


@in_virtual_time
async def test_where_changes_and_connections_are_many_only_the_newest_change_is_told(scene: Scene) -> None:
    channels = [Channel() for _ in range(100)]
    for channel in channels:
        scene.following.register(channel, scene.world.actor, curious=True)
    keys = [SessionKey(scene.world.key.user_id, new_id()) for _ in range(5)]

    for round_ in range(3):
        for number, key in enumerate(keys):
            scene.world.bus.publish_hint(SessionHint(key, "session:updated", f"{number}.{round_}"))
    at_once = [frame.body for frame in await channels[0].frames()]
    await asyncio.sleep(5)
    later = [frame.body for frame in await channels[0].frames()]

    assert 3 * len(channels) == HINTS_A_SECOND
    assert at_once == ["0.0", "1.0", "2.0"]
    assert sorted(later) == ["0.2", "1.2", "2.2", "3.2", "4.2"]


@in_virtual_time
async def test_nobody_hears_of_a_change_after_its_session_was_deleted(scene: Scene) -> None:
    channels = [Channel() for _ in range(HINTS_A_SECOND)]
    for channel in channels:
        scene.following.register(channel, scene.world.actor, curious=True)
    told, deleted, kept = (SessionKey(scene.world.key.user_id, new_id()) for _ in range(3))

    for key, body in ((told, "at once"), (deleted, "too late"), (kept, "later")):
        scene.world.bus.publish_hint(SessionHint(key, "session:updated", body))
    scene.world.bus.publish_hint(SessionHint(deleted, "session:deleted", "gone"))
    await asyncio.sleep(5)

    assert [frame.body for frame in await channels[0].frames()] == ["at once", "gone", "later"]
