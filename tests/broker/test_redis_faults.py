"""The broker over a Redis that is killed, frozen, paused, flushed and full; and over a cluster."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
import uvloop

from causerie import failpoints
from causerie.broker.ports import EventNotice, LiveText, SessionKey, TextPiece
from causerie.broker.redis import RedisBroker, redis_broker
from causerie.broker.redis.connections import FAILURES, Connections, slot_of
from causerie.chaos.proxy import Proxy
from causerie.chaos.servers.valkey import ValkeyServer, valkey_server
from causerie.ids import new_id
from tests.broker.ear import Ear, eventually

pytestmark = pytest.mark.anyio

SESSION = SessionKey(new_id(), new_id())
REPLY = new_id()
KEY = f"chat:{{{SESSION.session_id}}}:{REPLY}:{SESSION.user_id}"
SOON = 10.0
HAPPENINGS = {"say": 40, "wait": 20, "kill": 5, "flush": 3, "pause": 1, "drop": 3, "take over": 2}
"""What may happen next, and how often."""


@dataclass
class Nodes:
    """Two nodes; `ear` follows the session on the other one."""

    here: RedisBroker
    there: RedisBroker
    ear: Ear

    def say(self, text: str, attempt: int = 1, *, by: RedisBroker | None = None, offset: int | None = None) -> None:
        """Publish the next piece of the reply."""
        bus = (by or self.here).bus
        at = len(self.said) if offset is None else offset
        bus.publish_text(TextPiece(SESSION, REPLY, attempt, at, text))
        if by is None:
            self.said += text

    said: str = ""

    async def stored(self, text: str, attempt: int = 1) -> None:
        """Wait until the other node reads this text."""
        await eventually(lambda: reads(self.there, LiveText(REPLY, attempt, text)))


@pytest.fixture
async def nodes(valkey: ValkeyServer) -> AsyncIterator[Nodes]:
    async with (
        redis_broker(valkey.url, consumer=new_id()) as here,
        redis_broker(valkey.url, consumer=new_id()) as there,
    ):
        yield await followed(here, there)


async def followed(here: RedisBroker, there: RedisBroker) -> Nodes:
    ear = Ear()
    there.bus.subscribe(SESSION, ear)
    await there.bus.listening(SESSION)
    here.bus.open(SESSION, REPLY, 1, "")
    return Nodes(here, there, ear)


def event(seq: int, body: str = "{}") -> EventNotice:
    return EventNotice(SESSION, seq, "session:updated", body)


async def reads(broker: RedisBroker, text: LiveText) -> bool:
    return await broker.bus.read(SESSION, [REPLY]) == [text]


async def test_a_server_that_takes_no_writes_is_away_until_it_does(nodes: Nodes, valkey: ValkeyServer) -> None:
    valkey.command("REPLICAOF", "127.0.0.1", 1)
    await eventually(lambda: nodes.here.bus.away and nodes.there.bus.away)
    nodes.say("Once ")
    valkey.command("REPLICAOF", "NO", "ONE")
    await eventually(lambda: not (nodes.here.bus.away or nodes.there.bus.away))

    await nodes.stored("Once ")


async def test_a_killed_server_loses_nothing_that_is_still_being_written(nodes: Nodes, valkey: ValkeyServer) -> None:
    nodes.say("Once ")
    await nodes.ear.hears_text("Once ")
    valkey.kill()
    await eventually(lambda: nodes.here.bus.away and nodes.there.bus.away)
    assert nodes.here.health() == {"kind": "redis", "away": True}
    nodes.say("upon ")
    valkey.start()
    await eventually(lambda: not nodes.there.bus.away)
    nodes.say("a time")

    await nodes.stored("Once upon a time")
    nodes.here.bus.publish_event(event(1))
    await nodes.ear.hears(event(1))


async def test_while_it_is_away_nobody_waits_and_own_listeners_hear(nodes: Nodes, valkey: ValkeyServer) -> None:
    own = Ear()
    nodes.here.bus.subscribe(SESSION, own)
    valkey.kill()
    await eventually(lambda: nodes.here.bus.away)
    began = time.monotonic()
    nodes.say("Tea")
    nodes.here.bus.publish_event(event(1))
    await nodes.here.bus.listening(SESSION)

    assert [type(news) for news in own.heard] == [TextPiece, EventNotice]
    assert await nodes.here.bus.read(SESSION, [REPLY]) == [LiveText(REPLY, 1, "Tea")]
    assert time.monotonic() - began < 0.1
    assert await nodes.there.bus.read(SESSION, [REPLY]) == []


async def test_events_of_an_outage_wait_within_a_limit(nodes: Nodes, valkey: ValkeyServer) -> None:
    valkey.kill()
    await eventually(lambda: nodes.here.bus.away)
    for seq in range(1, 12_001):
        nodes.here.bus.publish_event(event(seq, "x" * 2_000))
    valkey.start()
    await eventually(lambda: not nodes.there.bus.away)
    nodes.here.bus.publish_event(event(12_001))

    heard = await nodes.ear.hears(event(12_001))
    assert len(heard) <= 10_000


async def test_a_broker_starts_without_a_server_and_finds_it_later() -> None:
    with valkey_server() as valkey:
        valkey.kill()
        async with redis_broker(valkey.url, consumer=new_id()) as broker:
            assert broker.bus.away
            ear = Ear()
            broker.bus.subscribe(SESSION, ear)
            valkey.start()
            await eventually(lambda: not broker.bus.away)
            async with redis_broker(valkey.url, consumer=new_id()) as other:
                other.bus.publish_event(event(1))
                await ear.hears(event(1))


async def test_a_server_that_answers_nothing_is_given_up_in_time(nodes: Nodes, valkey: ValkeyServer) -> None:
    valkey.freeze()
    began = time.monotonic()
    assert await nodes.there.bus.read(SESSION, [REPLY]) == []
    assert 3.5 < time.monotonic() - began < 5.0
    await eventually(lambda: nodes.there.bus.away)
    assert time.monotonic() - began < 8.0
    nodes.say("Tea")
    valkey.thaw()

    await nodes.stored("Tea")
    await eventually(lambda: not nodes.there.bus.away)
    nodes.here.bus.publish_event(event(1))
    await nodes.ear.hears(event(1))


async def test_a_node_in_a_black_hole_finds_its_way_out_when_there_is_one(valkey: ValkeyServer) -> None:
    async with (
        Proxy(valkey.port) as proxy,
        redis_broker(f"redis://127.0.0.1:{proxy.port}", consumer=new_id()) as here,
        redis_broker(valkey.url, consumer=new_id()) as there,
    ):
        nodes = await followed(here, there)
        nodes.say("Once ")
        await nodes.stored("Once ")
        waiting = asyncio.create_task(here.dispatcher.next())
        proxy.black_hole()
        nodes.say("upon ")
        await eventually(lambda: here.bus.away)
        assert not there.bus.away
        proxy.heal()
        nodes.say("a time")

        await nodes.stored("Once upon a time")
        await nodes.ear.hears_text("Once upon a time")
        there.dispatcher.wake(SESSION.user_id, REPLY)
        assert (await asyncio.wait_for(waiting, SOON)).message_id == REPLY


async def test_the_end_of_a_process_does_not_wait_for_a_server_in_a_black_hole(valkey: ValkeyServer) -> None:
    async with Proxy(valkey.port) as proxy:
        async with redis_broker(f"redis://127.0.0.1:{proxy.port}", consumer=new_id()) as broker:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(broker.dispatcher.next(), 0.1)
            proxy.black_hole()
            began = time.monotonic()
        assert time.monotonic() - began < 3.0


async def test_after_a_sleep_new_connections_take_the_place_of_dead_ones(nodes: Nodes, valkey: ValkeyServer) -> None:
    waiting = asyncio.create_task(nodes.there.dispatcher.next())
    nodes.say("Tea")
    await nodes.stored("Tea")
    for broker in (nodes.here, nodes.there):
        broker.drop_connections()
    await eventually(lambda: nodes.there.bus.away)
    nodes.say(" and cake")
    nodes.here.dispatcher.wake(SESSION.user_id, REPLY)

    await nodes.stored("Tea and cake")
    assert (await asyncio.wait_for(waiting, SOON)).message_id == REPLY
    await eventually(lambda: not nodes.there.bus.away)
    nodes.here.bus.publish_event(event(1))
    await nodes.ear.hears(event(1))


async def test_a_paused_server_delays_and_loses_nothing(nodes: Nodes, valkey: ValkeyServer) -> None:
    valkey.command("CLIENT", "PAUSE", 500)
    nodes.say("Once ")
    nodes.say("upon a time")
    nodes.here.bus.publish_event(event(1))

    assert [type(news) for news in await nodes.ear.hears(event(1))] == [TextPiece, EventNotice]
    assert nodes.ear.text == "Once upon a time"
    await nodes.stored("Once upon a time")


async def test_a_flushed_server_has_all_text_again_with_the_next_piece(nodes: Nodes, valkey: ValkeyServer) -> None:
    nodes.say("Once ")
    nodes.say("upon ")
    await nodes.stored("Once upon ")
    valkey.command("FLUSHALL")
    nodes.say("a ")
    await nodes.stored("Once upon a ")
    nodes.say("time")

    await nodes.stored("Once upon a time")
    await nodes.ear.hears_text("Once upon a time")


@pytest.mark.parametrize("kind", ["pubsub", "normal"])
async def test_connections_that_the_server_closes_are_made_again(nodes: Nodes, valkey: ValkeyServer, kind: str) -> None:
    for round_ in range(1, 4):
        valkey.command("CLIENT", "KILL", "TYPE", kind)
        nodes.say(f"{round_} ")
        await nodes.stored(nodes.said)
        await eventually(lambda: not nodes.there.bus.away)
        nodes.here.bus.publish_event(event(round_))
        await nodes.ear.hears(event(round_))


async def test_a_newer_attempt_fences_the_older_one_everywhere(nodes: Nodes) -> None:
    nodes.say("old text")
    await nodes.stored("old text")
    nodes.there.bus.open(SESSION, REPLY, 2, "old ")
    nodes.say("wine", 2, by=nodes.there, offset=4)
    await nodes.ear.hears(TextPiece(SESSION, REPLY, 2, 4, "wine"))
    async with redis_broker(nodes.here.connections.url, consumer=new_id()) as third:
        await eventually(lambda: reads(third, LiveText(REPLY, 2, "old wine")))
        nodes.say(" of a worker that woke up")
        await eventually(lambda: reads(nodes.here, LiveText(REPLY, 2, "old wine")))
        nodes.here.bus.close(SESSION, REPLY, 1)
        nodes.here.bus.publish_event(event(1))
        await nodes.ear.hears(event(1))

        assert await reads(third, LiveText(REPLY, 2, "old wine"))


async def test_a_fenced_close_does_not_end_the_newer_attempts_stream(nodes: Nodes, valkey: ValkeyServer) -> None:
    nodes.say("old")
    await nodes.stored("old")
    nodes.there.bus.open(SESSION, REPLY, 2, "new")
    await eventually(lambda: valkey.command("XRANGE", KEY, "2-0", "+") == b"*1")
    nodes.here.bus.close(SESSION, REPLY, 1)
    nodes.here.bus.publish_event(event(1))
    await nodes.ear.hears(event(1))
    assert int(valkey.command("TTL", KEY)[1:]) > 290

    nodes.there.bus.close(SESSION, REPLY, 2)
    await eventually(lambda: int(valkey.command("TTL", KEY)[1:]) <= 10)


async def test_a_long_text_is_kept_in_few_entries_that_expire(nodes: Nodes, valkey: ValkeyServer) -> None:
    for number in range(600):
        nodes.say(f"{number} ")
        await nodes.ear.hears(nodes_piece(nodes, f"{number} "))
        if number % 100 == 0:
            await nodes.stored(nodes.said)

    await nodes.stored(nodes.said)
    assert int(valkey.command("XLEN", KEY)[1:]) <= 256
    assert 290 < int(valkey.command("TTL", KEY)[1:]) <= 330


def nodes_piece(nodes: Nodes, text: str) -> TextPiece:
    return TextPiece(SESSION, REPLY, 1, len(nodes.said) - len(text), text)


async def test_a_full_server_gets_all_text_when_there_is_room(nodes: Nodes, valkey: ValkeyServer) -> None:
    nodes.say("Once ")
    await nodes.stored("Once ")
    valkey.command("CONFIG", "SET", "maxmemory", 1)
    nodes.say("upon ")
    nodes.here.bus.publish_event(event(1))
    await nodes.ear.hears(event(1))
    valkey.command("CONFIG", "SET", "maxmemory", 0)
    nodes.say("a time")

    await nodes.stored("Once upon a time")


async def test_a_failpoint_parts_the_stored_text_from_the_published(
    nodes: Nodes, valkey: ValkeyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    lengths: list[bytes] = []

    def pass_by(name: str) -> None:
        deadline = time.monotonic() + SOON
        while (stored := valkey.command("XLEN", KEY)) != b":1" and time.monotonic() < deadline:
            time.sleep(0.01)
        lengths.append(stored)
        assert nodes.ear.heard == []

    monkeypatch.setattr(failpoints, "_armed", {"after_xadd_before_publish": ("sleep:0", 1)})
    monkeypatch.setattr("causerie.broker.redis.pipe.failpoint", pass_by)
    nodes.say("Tea")

    await nodes.ear.hears_text("Tea")
    assert lengths == [b":1"]


@pytest.mark.parametrize("seed", range(5))
async def test_whatever_happens_the_text_is_whole_in_the_end_and_no_piece_was_wrong(
    nodes: Nodes, valkey: ValkeyServer, seed: int
) -> None:
    chance = random.Random(seed)
    attempt, writer = 1, nodes.here
    for _ in range(60):
        (happening,) = chance.choices(list(HAPPENINGS), list(HAPPENINGS.values()))
        match happening:
            case "say":
                text = chance.choice(["a", "é" * chance.randint(1, 300), "漢字 "])
                writer.bus.publish_text(TextPiece(SESSION, REPLY, attempt, len(nodes.said), text))
                nodes.said += text
            case "wait":
                await asyncio.sleep(chance.random() * 0.02)
            case "kill":
                valkey.command("CLIENT", "KILL", "TYPE", chance.choice(["normal", "pubsub"]))
            case "flush":
                valkey.command("FLUSHALL")
            case "pause":
                valkey.command("CLIENT", "PAUSE", 50)
            case "drop":
                chance.choice([nodes.here, nodes.there]).drop_connections()
            case "take over":
                attempt += 1
                nodes.said = nodes.said[: chance.randint(0, len(nodes.said))]
                writer = nodes.there if writer is nodes.here else nodes.here
                writer.bus.open(SESSION, REPLY, attempt, nodes.said)
    await eventually(lambda: not nodes.here.bus.away and not nodes.there.bus.away)
    writer.bus.publish_text(TextPiece(SESSION, REPLY, attempt, len(nodes.said), "."))
    nodes.said += "."

    async with redis_broker(valkey.url, consumer=new_id()) as third:
        await eventually(lambda: reads(third, LiveText(REPLY, attempt, nodes.said)))
    for piece in nodes.ear.heard:
        if isinstance(piece, TextPiece) and piece.attempt == attempt:
            assert nodes.said[piece.offset :].startswith(piece.text)


@pytest.fixture(scope="module")
def cluster() -> Iterator[list[ValkeyServer]]:
    """Two nodes that share the slots."""
    with ExitStack() as stack:
        nodes = [stack.enter_context(valkey_server("--cluster-enabled", "yes")) for _ in range(2)]
        for node, slots in zip(nodes, [(0, 8191), (8192, 16383)], strict=True):
            node.command("CLUSTER", "ADDSLOTSRANGE", *slots)
        nodes[0].command("CLUSTER", "MEET", "127.0.0.1", nodes[1].port, nodes[1].cluster_port)
        deadline = time.monotonic() + 30
        while not all(_serves_all(node) for node in nodes):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield nodes


def _serves_all(node: ValkeyServer) -> bool:
    if node.command("CLUSTER", "SLOTS") != b"*2":
        return False
    try:
        for key in ("a", "b"):  # on either node one of them is its own
            node.command("EXISTS", key)
    except RuntimeError as refusal:
        return "MOVED" in str(refusal)
    return True


async def test_a_cluster_carries_everything(cluster: list[ValkeyServer]) -> None:
    async with (
        redis_broker(cluster[0].url, consumer=new_id()) as here,
        redis_broker(cluster[1].url, consumer=new_id()) as there,
    ):
        for _ in range(8):  # sessions of both nodes' slots
            session, reply, ear = SessionKey(new_id(), new_id()), new_id(), Ear()
            there.bus.subscribe(session, ear)
            await there.bus.listening(session)
            here.bus.open(session, reply, 2, "Once ")
            here.bus.publish_text(TextPiece(session, reply, 2, 5, "upon"))
            here.bus.publish_event(EventNotice(session, 1, "session:updated", "{}"))
            await ear.hears(EventNotice(session, 1, "session:updated", "{}"))
            assert ear.heard[0] == TextPiece(session, reply, 2, 5, "upon")
            assert await there.bus.read(session, [reply]) == [LiveText(reply, 2, "Once upon")]
            here.bus.close(session, reply, 2)
            here.dispatcher.wake(session.user_id, reply)
            wake_up = await asyncio.wait_for(there.dispatcher.next(), SOON)
            assert wake_up.message_id == reply
            there.dispatcher.done(wake_up)


async def test_a_text_follows_its_slot_to_another_node(cluster: list[ValkeyServer]) -> None:
    slot = slot_of(KEY.encode())
    old, new = cluster if slot < 8192 else reversed(cluster)
    async with (
        redis_broker(cluster[0].url, consumer=new_id()) as here,
        redis_broker(cluster[1].url, consumer=new_id()) as there,
    ):
        nodes = await followed(here, there)
        nodes.say("Once ")
        await nodes.stored("Once ")
        old.command("DEL", KEY)
        owner = new.command("CLUSTER", "MYID").decode()
        for node in (new, old):
            node.command("CLUSTER", "SETSLOT", slot, "NODE", owner)
        nodes.say("upon a time")

        await nodes.stored("Once upon a time")
        await nodes.ear.hears_text("Once upon a time")


def test_what_is_sent_over_a_broken_line_fails_as_a_lost_connection_does(valkey: ValkeyServer) -> None:
    async def send_late() -> None:
        connections = Connections(valkey.url)
        line = await connections.line_to(await connections.some_node())
        line.abort()
        await asyncio.sleep(0.01)  # the loop closes the socket
        try:
            with pytest.raises(FAILURES):
                await line.send([("PING",)])
        finally:
            await connections.hang_up(line)

    uvloop.run(send_late())  # it has words of its own for a closed transport
