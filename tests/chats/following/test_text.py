"""What a reader is sent of a session, and in which order."""

import asyncio

from causerie.broker.ports import TextPiece
from causerie.chats import encoding
from causerie.chats.following import Channel, Frame
from causerie.chats.following.channel import FULL_CHARACTERS, MOST_CHARACTERS, MOST_FRAMES
from causerie.chats.following.mending import POLL_SECONDS
from tests.chats.following.scene import TOKEN, Scene, begun, in_virtual_time, shows, tokens, within


@in_virtual_time
async def test_the_end_never_overtakes_the_last_text(scene: Scene) -> None:
    reader = await scene.reader()
    reply = begun(scene)
    await reader.read_all()

    scene.world.write(reply, "Once upon")
    scene.world.write(reply, " a time")  # while "Once upon" still waits, so this is not queued but marked
    scene.world.end(reply)
    scene.told()
    await reader.read_all()

    assert reader.kinds()[-2:] == [TOKEN, encoding.END]
    assert tokens(reader) == [(0, "Once upon"), (9, " a time")]


@in_virtual_time
async def test_text_that_comes_after_the_end_does_not_revive_the_reply(scene: Scene) -> None:
    reader = await scene.reader()
    reply = begun(scene, "Once upon")
    scene.world.end(reply)
    scene.told()
    late = TextPiece(scene.world.key, reply, 1, 0, "Once upon")
    scene.world.bus.wire.append(lambda listener: listener.on_text(late))
    reads = scene.world.reads
    scene.told()
    await asyncio.sleep(10)
    await reader.read_all()

    assert tokens(reader) == [(0, "Once upon")]
    assert reader.kinds()[-1] == encoding.END
    assert scene.world.reads == reads  # nobody looks for an attempt that is known to be closed


@in_virtual_time
async def test_who_keeps_up_gets_each_piece_as_it_comes(scene: Scene) -> None:
    reader = await scene.reader()
    reply = begun(scene)
    await reader.read_all()

    for piece in ("Once ", "upon ", "a time"):
        scene.world.write(reply, piece)
        scene.told()
        await reader.read()

    assert tokens(reader) == [(0, "Once "), (5, "upon "), (10, "a time")]


@in_virtual_time
async def test_a_slow_reader_gets_fewer_and_larger_frames_and_slows_nobody(scene: Scene) -> None:
    slow, quick = await scene.reader(), await scene.reader()
    reply = begun(scene)
    for reader in (slow, quick):
        await reader.read_all()

    for number in range(100):
        scene.world.write(reply, f"{number:02} ")
        scene.told()
        await quick.read()
    await slow.read_all()

    assert len(tokens(quick)) == 100
    assert len(tokens(slow)) == 2
    assert slow.text(reply) == quick.text(reply) == scene.world.replies[reply].text


@in_virtual_time
async def test_one_piece_is_encoded_once_for_all(scene: Scene) -> None:
    channels = [Channel() for _ in range(3)]
    for channel in channels:
        await scene.following.join(scene.world.actor, channel, scene.world.key.session_id)
    reply = begun(scene)
    for channel in channels:
        await channel.frames()
    scene.world.write(reply, "Once")
    scene.told()

    first, *others = [(await channel.frames())[0].body for channel in channels]

    assert all(other is first for other in others)


@in_virtual_time
async def test_positions_count_code_points(scene: Scene) -> None:
    reader = await scene.reader()
    reply = begun(scene, "👩‍🚀é")
    await reader.read_all()
    scene.world.write(reply, "!")
    scene.told()
    await reader.read_all()

    assert tokens(reader)[-1] == (4, "!")


@in_virtual_time
async def test_a_new_attempt_keeps_what_its_reset_says(scene: Scene) -> None:
    reader = await scene.reader()
    reply = begun(scene, "Once upon a tim")

    scene.world.begin(reply, keep=12)
    scene.world.write(reply, "time.")
    scene.told()
    await reader.read_all()

    assert reader.text(reply) == "Once upon a time."
    assert tokens(reader)[-1] == (12, "time.")


@in_virtual_time
async def test_continuing_a_finished_reply_shows_all_of_it_to_who_joined_late(scene: Scene) -> None:
    reply = begun(scene, "Once upon")
    scene.world.end(reply, "failed")
    scene.told()
    reader = await scene.reader()

    scene.world.ask_again(reply, keeps_text=True)
    scene.world.begin(reply, keep=9)
    scene.world.write(reply, " a time")
    scene.told()

    await within(1, reader, shows(reader, reply, "Once upon a time"))


@in_virtual_time
async def test_who_reads_nothing_costs_little_and_gets_everything_later(scene: Scene) -> None:
    reader = await scene.reader()
    reply = begun(scene)
    for _ in range(500):
        scene.world.write(reply, "x" * 100)
        scene.world.rename()
        scene.told()

    waiting = reader.channel.waiting
    await reader.read_all()

    assert waiting < 2 * FULL_CHARACTERS
    assert reader.kinds().count("session:updated") == 500
    assert not reader.channel.stalled
    reader.check_is_current()


async def test_frames_that_cannot_be_read_again_stall_a_channel_that_nobody_drains() -> None:
    many, large = Channel(), Channel()
    for _ in range(MOST_FRAMES):
        many.push(Frame("{}"))
    large.push(Frame("x" * (MOST_CHARACTERS + 1)))
    assert not any(channel.stalled for channel in (many, large))

    many.push(Frame("{}"))
    large.push(Frame("{}"))

    assert many.stalled
    assert large.stalled
    assert await many.frames() == []


@in_virtual_time
async def test_a_reader_whose_next_event_is_gone_has_to_connect_again(scene: Scene) -> None:
    reader = await scene.reader()
    for _ in range(100):
        scene.world.rename()
    scene.world.bus.wire.clear()
    scene.world.kept_from = 50

    await asyncio.sleep(POLL_SECONDS + 3)

    assert reader.channel.stalled
