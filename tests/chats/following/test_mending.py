"""What a notice costs that the bus loses, brings late or cannot bring."""

import asyncio

import pytest

from causerie.broker.memory import MemoryBus
from causerie.broker.ports import TextPiece
from causerie.chats import encoding
from causerie.chats.following import Following
from causerie.chats.following.mending import AWAY_POLL_SECONDS, POLL_SECONDS
from tests.chats.following.scene import TOKEN, Scene, begun, ended, in_virtual_time, joined_of, shows, tokens, within
from tests.chats.following.world import EPOCH, Reader


@in_virtual_time
async def test_text_that_comes_before_its_start_waits_for_it(scene: Scene) -> None:
    reader = await scene.reader()
    reply = scene.world.say()
    scene.world.begin(reply)
    scene.world.write(reply, "Once")
    scene.world.bus.deliver(2)
    scene.told()
    await reader.read_all()

    assert reader.kinds()[-3:] == ["message:created", encoding.START, TOKEN]


@in_virtual_time
async def test_a_lost_start_is_read_from_the_database_when_text_comes(scene: Scene) -> None:
    reader = await scene.reader()
    reply = scene.world.say()
    scene.world.begin(reply)
    scene.world.bus.wire.clear()

    scene.world.write(reply, "Once")
    scene.told()

    await within(0.2, reader, shows(reader, reply, "Once"))


@in_virtual_time
async def test_lost_text_is_read_from_the_bus_when_the_next_piece_comes(scene: Scene) -> None:
    reader = await scene.reader()
    reply = begun(scene)
    scene.world.write(reply, "Once ")
    scene.world.bus.wire.clear()

    scene.world.write(reply, "upon")
    scene.told()

    await within(0.2, reader, shows(reader, reply, "Once upon"))


@in_virtual_time
async def test_text_that_the_bus_has_forgotten_is_read_from_the_last_checkpoint(scene: Scene) -> None:
    reader = await scene.reader()
    reply = begun(scene)
    scene.world.write(reply, "Once ")
    scene.world.checkpoint(reply)
    scene.world.bus.wire.clear()
    piece = TextPiece(scene.world.key, reply, 1, 5, "upon")
    scene.world.bus.forget_texts()

    scene.world.bus.wire.append(lambda listener: listener.on_text(piece))
    scene.told()

    await within(1, reader, shows(reader, reply, "Once upon"))


@in_virtual_time
async def test_a_notice_that_is_lost_costs_one_poll_at_most(scene: Scene) -> None:
    reader = await scene.reader()
    scene.world.rename()
    scene.world.bus.wire.clear()

    await within(POLL_SECONDS + 0.1, reader, lambda: reader.kinds()[-1] == "session:updated")


@in_virtual_time
async def test_a_lost_end_brings_the_text_that_was_lost_with_it(scene: Scene) -> None:
    reader = await scene.reader()
    reply = begun(scene, "Once")
    await reader.read_all()
    scene.world.write(reply, " upon")
    scene.world.end(reply)
    scene.world.bus.wire.clear()

    await within(POLL_SECONDS + 0.1, reader, ended(reader))
    assert tokens(reader) == [(0, "Once"), (4, " upon")]


# A bus between processes: it needs time, goes away, comes back and forgets.


@in_virtual_time
async def test_what_happens_before_a_new_listener_hears_is_read_from_the_database(scene: Scene) -> None:
    scene.world.bus.listening_seconds = 1.5
    reader = Reader(scene.world, scene.following)
    joining = asyncio.create_task(reader.join())
    await asyncio.sleep(1)
    reply = begun(scene, "Once")  # on the wire before this node hears it

    await joining
    await reader.read_all()

    assert joined_of(reader)["seq"] == scene.world.head
    assert reader.text(reply) == "Once"


@pytest.mark.req("I11")
@in_virtual_time
async def test_while_the_bus_is_away_text_grows_by_its_checkpoints_and_ends_are_seen(scene: Scene) -> None:
    reader, late = await scene.reader(), Reader(scene.world, scene.following)
    reply = begun(scene, "Once")
    await reader.read_all()
    scene.world.bus.leave()

    for word in (" upon", " a", " time"):
        scene.world.write(reply, word)
        scene.world.checkpoint(reply)
        await within(AWAY_POLL_SECONDS + 0.1, reader, shows(reader, reply, scene.world.replies[reply].text))
    await late.join()
    await within(0.1, late, shows(late, reply, "Once upon a time"))
    scene.world.end(reply)

    for client in (reader, late):
        await within(AWAY_POLL_SECONDS + 0.1, client, ended(client))
        client.check_is_current()


@in_virtual_time
async def test_a_bus_that_is_away_costs_two_reads_a_second_however_many_read(scene: Scene) -> None:
    readers = [await scene.reader() for _ in range(20)]
    reply = begun(scene, "Once")
    scene.world.bus.leave()
    reads = scene.world.reads

    await asyncio.sleep(10.5 * AWAY_POLL_SECONDS)

    assert scene.world.reads - reads == 10  # beside as many of the heads
    assert {reader.text(reply) for reader in readers} == {""}


@in_virtual_time
async def test_a_bus_that_came_back_is_believed_again(scene: Scene) -> None:
    reader = await scene.reader()
    reply = begun(scene, "Once")
    scene.world.bus.leave()
    scene.world.write(reply, " upon")
    await asyncio.sleep(1)
    assert scene.following.delayed
    scene.world.bus.away = False
    scene.world.rename()
    scene.world.bus.wire.clear()

    scene.world.write(reply, " a time")
    scene.told()

    await within(0.2, reader, shows(reader, reply, "Once upon a time"))
    await within(AWAY_POLL_SECONDS + 0.1, reader, lambda: reader.seq == scene.world.head)
    assert not scene.following.delayed


@in_virtual_time
async def test_where_no_bus_has_ever_been_nothing_is_later_than_it_was(scene: Scene) -> None:
    following = Following(scene.world, MemoryBus(alone=False), EPOCH)
    running = asyncio.create_task(following.run())
    await asyncio.sleep(10)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)

    assert not following.delayed


@pytest.mark.req("I12")
@in_virtual_time
async def test_who_joins_after_the_bus_forgot_everything_has_all_text_within_six_seconds(scene: Scene) -> None:
    reply = begun(scene, "Once upon")
    scene.world.checkpoint(reply)
    scene.world.write(reply, " a time")
    scene.told()
    scene.world.bus.forget_texts()
    late = Reader(scene.world, scene.following)

    await late.join()
    await asyncio.sleep(0.9)
    scene.world.checkpoint(reply)

    await within(5, late, shows(late, reply, "Once upon a time"))


@pytest.mark.req("I12")
@in_virtual_time
async def test_who_joins_when_the_bus_has_just_forgotten_the_first_words_has_them_within_six_seconds(
    scene: Scene,
) -> None:
    reply = begun(scene, "Once upon")
    scene.world.bus.forget_texts()
    late = Reader(scene.world, scene.following)

    await late.join()
    scene.world.checkpoint(reply)

    await within(6, late, shows(late, reply, "Once upon"))


@in_virtual_time
async def test_a_reply_whose_first_word_is_awaited_is_asked_for_a_few_times_only(scene: Scene) -> None:
    reply = begun(scene)
    scene.world.bus.forget_texts()
    reader = Reader(scene.world, scene.following)

    await reader.join()
    await asyncio.sleep(4)
    assert scene.world.reads <= 5

    scene.world.write(reply, "Once")
    scene.told()
    await within(0.1, reader, shows(reader, reply, "Once"))


@in_virtual_time
async def test_the_last_words_before_a_silence_are_found_when_the_bus_lost_them(scene: Scene) -> None:
    reader = await scene.reader()
    reply = begun(scene, "Once upon")
    await reader.read_all()
    scene.world.write(reply, " a time")
    scene.world.bus.wire.clear()
    scene.world.checkpoint(reply)

    await within(2 * POLL_SECONDS + 0.1, reader, shows(reader, reply, "Once upon a time"))


@in_virtual_time
async def test_a_bus_that_answers_late_holds_a_join_up_for_a_second_at_most(scene: Scene) -> None:
    reply = begun(scene, "Once upon")
    scene.world.checkpoint(reply)
    scene.world.write(reply, " a time")
    scene.world.bus.reading_seconds = 4
    reader = Reader(scene.world, scene.following)

    async with asyncio.timeout(1.1):
        await reader.join()
    await reader.read()

    assert reader.text(reply) == "Once upon"
    await within(5, reader, shows(reader, reply, "Once upon a time"))


@in_virtual_time
async def test_a_node_that_slept_looks_at_once_for_what_it_missed(scene: Scene) -> None:
    reader = await scene.reader()
    scene.world.rename()
    scene.world.bus.wire.clear()

    await scene.following.woke()

    await within(0.1, reader, lambda: reader.kinds()[-1] == "session:updated")


@in_virtual_time
async def test_readers_of_a_session_whose_deletion_was_not_heard_have_to_connect_again(scene: Scene) -> None:
    reader = await scene.reader()
    scene.world.deleted = True

    await asyncio.sleep(2 * POLL_SECONDS + 0.1)

    assert reader.channel.stalled


@pytest.mark.req("I14")
@in_virtual_time
async def test_five_hundred_that_reconnect_at_once_get_one_catching_up_frame_each(scene: Scene) -> None:
    readers = [await scene.reader() for _ in range(500)]
    reply = begun(scene, "Once")
    for reader in readers:
        await reader.read_all()
        scene.following.close(reader.channel)
        reader.got.clear()
    for word in (" upon", " a", " time"):
        scene.world.write(reply, word)
    scene.told()

    await asyncio.gather(*(reader.reconnect() for reader in readers))
    for reader in readers:
        await reader.read_all()

    for reader in readers:
        assert reader.kinds() == ["session:joined"]
        assert [live["text"] for live in joined_of(reader)["live"]] == [" upon a time"]
        reader.check_is_current()
    assert scene.world.bus.listeners == 1
