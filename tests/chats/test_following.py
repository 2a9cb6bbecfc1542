"""Following a session: what a reader is sent, in which order, and what a lost or late notice costs."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest

from causerie.broker.memory import MemoryBus
from causerie.broker.ports import EventNotice, SessionHint, SessionKey, TextPiece
from causerie.chats import encoding
from causerie.chats.following import Channel, Following, Frame, Place
from causerie.chats.following.channel import FULL_CHARACTERS, MOST_CHARACTERS, MOST_FRAMES
from causerie.chats.following.node import AWAY_POLL_SECONDS, HINTS_A_SECOND, POLL_SECONDS
from causerie.db.work import Actor
from causerie.errors import NotFound
from causerie.ids import new_id
from tests.chats.following_world import EPOCH, Reader, World, run

TOKEN = "chat:stream:token"


@dataclass
class Scene:
    """A world that is followed."""

    world: World
    following: Following

    async def reader(self) -> Reader:
        """Return a reader that has joined and read what there was."""
        reader = Reader(self.world, self.following)
        await reader.join()
        await reader.read_all()
        return reader

    def told(self) -> None:
        """Let everything that was published arrive."""
        self.world.bus.deliver_all()


@asynccontextmanager
async def followed(**options: Any) -> AsyncIterator[Scene]:
    world = World(**options)
    following = Following(world, world.bus, EPOCH)
    running = asyncio.create_task(following.run())
    try:
        yield Scene(world, following)
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


def in_virtual_time(test: Callable[[Scene], Awaitable[None]]) -> Callable[[], None]:
    """Let the test run in a scene of its own, where waiting takes no time."""

    async def play() -> None:
        async with followed() as scene:
            await test(scene)

    def test_in_virtual_time() -> None:
        run(play())

    test_in_virtual_time.__doc__ = test.__doc__
    return test_in_virtual_time


async def within(seconds: float, reader: Reader, seen: Callable[[], bool]) -> None:
    """Let the reader read until it has seen this; it must not take longer."""
    async with asyncio.timeout(seconds):
        while not seen():
            await reader.read(seconds)


def shows(reader: Reader, reply: UUID, text: str) -> Callable[[], bool]:
    return lambda: reader.text(reply) == text


def ended(reader: Reader) -> Callable[[], bool]:
    return lambda: reader.kinds()[-1] == encoding.END


def begun(scene: Scene, text: str = "") -> UUID:
    """Let a reply begin, with this text, and tell everybody."""
    reply = scene.world.say()
    scene.world.begin(reply)
    if text:
        scene.world.write(reply, text)
    scene.told()
    return reply


def joined_of(reader: Reader) -> dict[str, Any]:
    return next(got for got in reversed(reader.got) if got["type"] == "session:joined")


def tokens(reader: Reader) -> list[tuple[int, str]]:
    return [(got["offset"], got["token"]) for got in reader.got if got["type"] == TOKEN]


# The two order traps.


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


# Text.


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


# What the bus does not bring.


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


# Joining.


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


# Limits.


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


# Heads, hints, single replies.


@in_virtual_time
async def test_heads_say_how_far_the_frames_go(scene: Scene) -> None:
    reader = await scene.reader()
    reply = begun(scene, "Once upon")
    await reader.read_all()

    (head,) = scene.following.heads(reader.channel)

    assert (head.session_id, head.seq) == (scene.world.key.session_id, reader.seq)
    assert head.live == [Place(reply, 1, 9)]


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
