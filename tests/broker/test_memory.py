"""The broker of one process: live text that can be read whole, events and hints to those who listen, wake-ups."""

import asyncio
from dataclasses import dataclass, field

import pytest

from causerie.broker.memory import MemoryBus, MemoryDispatcher
from causerie.broker.ports import (
    Dispatcher,
    EventNotice,
    LiveText,
    SessionHint,
    SessionKey,
    TextPiece,
    TokenBus,
    WakeUp,
)
from causerie.ids import new_id

pytestmark = pytest.mark.anyio

SESSION = SessionKey(new_id(), new_id())
REPLY = new_id()


@dataclass
class Ear:
    """Remembers what it heard."""

    heard: list[object] = field(default_factory=list)

    def on_event(self, notice: EventNotice) -> None:
        self.heard.append(notice)

    def on_text(self, piece: TextPiece) -> None:
        self.heard.append(piece)

    def on_hint(self, hint: SessionHint) -> None:
        self.heard.append(hint)


@pytest.fixture
def bus() -> TokenBus:
    return MemoryBus()


@pytest.fixture
def ear(bus: TokenBus) -> Ear:
    ear = Ear()
    bus.subscribe(SESSION, ear)
    return ear


def piece(offset: int, text: str, attempt: int = 1) -> TextPiece:
    return TextPiece(SESSION, REPLY, attempt, offset, text)


async def test_text_is_heard_in_pieces_and_read_whole(bus: TokenBus, ear: Ear) -> None:
    bus.open(SESSION, REPLY, 2, "Once ")
    bus.publish_text(piece(5, "upon ", attempt=2))
    bus.publish_text(piece(10, "a time", attempt=2))

    assert ear.heard == [piece(5, "upon ", attempt=2), piece(10, "a time", attempt=2)]
    assert await bus.read(SESSION, [REPLY]) == [LiveText(REPLY, 2, "Once upon a time")]


async def test_repeats_holes_and_fenced_workers_are_not_heard(bus: TokenBus, ear: Ear) -> None:
    bus.open(SESSION, REPLY, 2, "")
    bus.publish_text(piece(0, "Tea", attempt=2))
    bus.publish_text(piece(0, "Tea", attempt=2))
    bus.publish_text(piece(9, "hole", attempt=2))
    bus.publish_text(piece(3, " from a fenced worker", attempt=1))

    assert ear.heard == [piece(0, "Tea", attempt=2)]


async def test_an_older_attempt_neither_opens_nor_closes_a_newer_one(bus: TokenBus) -> None:
    bus.open(SESSION, REPLY, 2, "new")
    bus.open(SESSION, REPLY, 1, "old")
    bus.close(SESSION, REPLY, 1)

    assert await bus.read(SESSION, [REPLY]) == [LiveText(REPLY, 2, "new")]


async def test_a_closed_attempt_is_forgotten(bus: TokenBus, ear: Ear) -> None:
    bus.open(SESSION, REPLY, 1, "")
    bus.close(SESSION, REPLY, 1)
    bus.publish_text(piece(0, "late"))

    assert await bus.read(SESSION, [REPLY]) == []
    assert ear.heard == []


async def test_only_its_own_session_is_heard_and_only_until_unsubscribed(bus: TokenBus) -> None:
    ear = Ear()
    unsubscribe = bus.subscribe(SESSION, ear)
    here = EventNotice(SESSION, 1, "session:updated", "{}")

    bus.publish_event(here)
    bus.publish_event(EventNotice(SessionKey(new_id(), SESSION.session_id), 1, "session:updated", "{}"))
    unsubscribe()
    bus.publish_event(EventNotice(SESSION, 2, "session:updated", "{}"))

    assert ear.heard == [here]


async def test_hints_reach_every_listener_of_their_user(bus: TokenBus) -> None:
    phone, laptop, stranger = Ear(), Ear(), Ear()
    bus.subscribe_user(SESSION.user_id, phone)
    bus.subscribe_user(SESSION.user_id, laptop)
    bus.subscribe_user(new_id(), stranger)
    hint = SessionHint(SESSION, "session:created", "{}")

    bus.publish_hint(hint)

    assert (phone.heard, laptop.heard, stranger.heard) == ([hint], [hint], [])


async def test_wake_ups_arrive_in_order_and_the_surplus_is_dropped() -> None:
    dispatcher: Dispatcher = MemoryDispatcher(limit=2)
    first, second, third = ((new_id(), new_id()) for _ in range(3))

    for wake_up in (first, second, third):
        dispatcher.wake(*wake_up)

    assert [await dispatcher.next(), await dispatcher.next()] == [WakeUp(*first), WakeUp(*second)]
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(dispatcher.next(), 0.01)
