"""What every bus promises, on one node and on two that are joined by Redis."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from causerie.broker.memory import MemoryBus
from causerie.broker.ports import EventNotice, LiveText, SessionHint, SessionKey, TextPiece, TokenBus
from causerie.broker.redis import redis_broker
from causerie.ids import new_id
from tests.broker.ear import Ear

pytestmark = pytest.mark.anyio

SESSION = SessionKey(new_id(), new_id())
REPLY = new_id()


@dataclass
class Nodes:
    """Where something happens, and where it is followed."""

    here: TokenBus
    there: TokenBus


@pytest.fixture(params=["memory", "redis"])
async def nodes(request: pytest.FixtureRequest) -> AsyncIterator[Nodes]:
    if request.param == "memory":
        bus = MemoryBus()
        yield Nodes(bus, bus)
    else:
        url = request.getfixturevalue("redis_url")
        async with redis_broker(url, consumer=new_id()) as here, redis_broker(url, consumer=new_id()) as there:
            yield Nodes(here.bus, there.bus)


@pytest.fixture
async def ear(nodes: Nodes) -> Ear:
    return await following(nodes.there)


async def following(bus: TokenBus, session: SessionKey = SESSION) -> Ear:
    ear = Ear()
    bus.subscribe(session, ear)
    await bus.listening(session)
    return ear


def piece(offset: int, text: str, attempt: int = 1, session: SessionKey = SESSION) -> TextPiece:
    return TextPiece(session, REPLY, attempt, offset, text)


def event(seq: int, session: SessionKey = SESSION) -> EventNotice:
    return EventNotice(session, seq, "session:updated", f'{{"seq":{seq}}}')


async def test_nothing_is_away_while_all_can_be_heard(nodes: Nodes) -> None:
    assert not nodes.here.away
    assert not nodes.there.away


async def test_text_is_heard_in_pieces_and_read_whole(nodes: Nodes, ear: Ear) -> None:
    nodes.here.open(SESSION, REPLY, 2, "Once ")
    nodes.here.publish_text(piece(5, "upon ", attempt=2))
    await ear.hears(piece(5, "upon ", attempt=2))
    nodes.here.publish_text(piece(10, "a time", attempt=2))

    assert await ear.hears(piece(10, "a time", attempt=2)) == [
        piece(5, "upon ", attempt=2),
        piece(10, "a time", attempt=2),
    ]
    for bus in (nodes.here, nodes.there):
        assert await bus.read(SESSION, [REPLY]) == [LiveText(REPLY, 2, "Once upon a time")]


async def test_a_text_keeps_every_character(nodes: Nodes, ear: Ear) -> None:
    text = "naïve 漢字 👩‍🚀 \ud83d half a pair\n\0"
    nodes.here.open(SESSION, REPLY, 1, "")
    nodes.here.publish_text(piece(0, text))

    await ear.hears(piece(0, text))
    assert await nodes.there.read(SESSION, [REPLY]) == [LiveText(REPLY, 1, text)]


async def test_repeats_holes_and_fenced_workers_are_not_heard(nodes: Nodes, ear: Ear) -> None:
    nodes.here.open(SESSION, REPLY, 2, "")
    nodes.here.publish_text(piece(0, "Tea", attempt=2))
    nodes.here.publish_text(piece(0, "Tea", attempt=2))
    nodes.here.publish_text(piece(9, "hole", attempt=2))
    nodes.here.publish_text(piece(3, " from a fenced worker", attempt=1))
    nodes.here.publish_event(event(1))

    assert await ear.hears(event(1)) == [piece(0, "Tea", attempt=2), event(1)]


async def test_an_older_attempt_neither_opens_nor_closes_a_newer_one(nodes: Nodes) -> None:
    nodes.here.open(SESSION, REPLY, 2, "new")
    nodes.here.open(SESSION, REPLY, 1, "old")
    nodes.here.close(SESSION, REPLY, 1)

    assert await nodes.here.read(SESSION, [REPLY]) == [LiveText(REPLY, 2, "new")]


async def test_a_closed_attempt_takes_nothing_more(nodes: Nodes, ear: Ear) -> None:
    nodes.here.open(SESSION, REPLY, 1, "")
    nodes.here.close(SESSION, REPLY, 1)
    nodes.here.publish_text(piece(0, "late"))
    nodes.here.publish_event(event(1))

    assert await ear.hears(event(1)) == [event(1)]
    assert await nodes.there.read(SESSION, [REPLY]) == []


async def test_news_arrive_in_the_order_in_which_they_are_published(nodes: Nodes, ear: Ear) -> None:
    nodes.here.open(SESSION, REPLY, 1, "")
    offset = 0
    for seq in range(1, 200):
        nodes.here.publish_event(event(seq))
        nodes.here.publish_text(piece(offset, f"{seq} "))
        offset += len(f"{seq} ")
    nodes.here.publish_event(event(200))

    heard = await ear.hears(event(200))

    assert [each.seq for each in heard if isinstance(each, EventNotice)] == list(range(1, 201))
    assert ear.text == "".join(f"{seq} " for seq in range(1, 200))


async def test_no_text_follows_the_end_that_was_published_after_it(nodes: Nodes, ear: Ear) -> None:
    for attempt in range(1, 30):
        nodes.here.open(SESSION, REPLY, attempt, "")
        nodes.here.publish_text(piece(0, "first ", attempt))
        nodes.here.publish_text(piece(6, "last", attempt))
        nodes.here.publish_event(event(attempt))
        nodes.here.close(SESSION, REPLY, attempt)
        heard = await ear.hears(event(attempt))
        assert heard[-1] == event(attempt)


async def test_a_node_hears_itself_once(nodes: Nodes, ear: Ear) -> None:
    own = await following(nodes.here)
    nodes.here.publish_event(event(1))
    await ear.hears(event(1))
    nodes.there.publish_event(event(2))

    assert await own.hears(event(2)) == [event(1), event(2)]


async def test_only_its_own_session_is_heard_and_only_until_unsubscribed(nodes: Nodes, ear: Ear) -> None:
    brief = Ear()
    unsubscribe = nodes.there.subscribe(SESSION, brief)
    nodes.here.publish_event(event(1))
    await brief.hears(event(1))
    unsubscribe()
    nodes.here.publish_event(event(2, SessionKey(SESSION.user_id, new_id())))
    nodes.here.publish_event(event(3))

    assert await ear.hears(event(3)) == [event(1), event(3)]
    assert brief.heard == [event(1)]


async def test_who_comes_back_at_once_hears_on(nodes: Nodes) -> None:
    for seq in range(1, 20):
        nodes.there.subscribe(SESSION, Ear())()
        ear = Ear()
        unsubscribe = nodes.there.subscribe(SESSION, ear)
        await nodes.there.listening(SESSION)
        nodes.here.publish_event(event(seq))
        await ear.hears(event(seq))
        unsubscribe()


async def test_two_users_who_minted_one_id_hear_and_read_nothing_of_each_other(nodes: Nodes, ear: Ear) -> None:
    other = SessionKey(new_id(), SESSION.session_id)
    foreign = await following(nodes.there, other)
    nodes.here.open(SESSION, REPLY, 1, "")
    nodes.here.open(other, REPLY, 1, "")

    nodes.here.publish_text(piece(0, "mine"))
    nodes.here.publish_text(piece(0, "yours", session=other))
    nodes.here.publish_event(event(1))
    nodes.here.publish_event(event(1, other))

    assert await ear.hears(event(1)) == [piece(0, "mine"), event(1)]
    assert await foreign.hears(event(1, other)) == [piece(0, "yours", session=other), event(1, other)]
    assert await nodes.there.read(SESSION, [REPLY]) == [LiveText(REPLY, 1, "mine")]
    assert await nodes.there.read(other, [REPLY]) == [LiveText(REPLY, 1, "yours")]


async def test_hints_reach_every_listener_of_their_user(nodes: Nodes) -> None:
    phone, laptop, stranger = Ear(), Ear(), Ear()
    first = SessionHint(SESSION, "session:created", '{"a":"é"}')
    others = SessionHint(SessionKey(new_id(), SESSION.session_id), "session:created", "{}")
    nodes.there.subscribe_user(SESSION.user_id, phone)
    nodes.here.subscribe_user(SESSION.user_id, laptop)
    nodes.there.subscribe_user(others.session.user_id, stranger)
    ear = await following(nodes.there)  # what was asked for earlier is confirmed with it
    nodes.here.publish_hint(first)
    nodes.here.publish_hint(others)
    nodes.here.publish_event(event(1))

    await stranger.hears(others)
    await ear.hears(event(1))
    assert (phone.heard, laptop.heard, stranger.heard) == ([first], [first], [others])


async def test_a_stop_reaches_every_node_until_it_stops_listening(nodes: Nodes, ear: Ear) -> None:
    here, there, gone = Ear(), Ear(), Ear()
    nodes.here.subscribe_stops(here.on_stop)
    nodes.there.subscribe_stops(there.on_stop)
    nodes.there.subscribe_stops(gone.on_stop)()
    await following(nodes.there, SessionKey(new_id(), new_id()))
    nodes.here.publish_stop(SESSION.user_id, REPLY)

    await here.hears((SESSION.user_id, REPLY))
    await there.hears((SESSION.user_id, REPLY))
    assert gone.heard == []
