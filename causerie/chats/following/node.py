"""All readers of one node, and what each has joined."""

import asyncio
from collections.abc import Callable, Sequence
from typing import NamedTuple
from uuid import UUID

from causerie.broker.ports import LiveText, SessionKey, TokenBus
from causerie.chats.encoding import session_joined
from causerie.chats.following.audience import Audiences
from causerie.chats.following.channel import Channel, Frame
from causerie.chats.following.ending import Endings
from causerie.chats.following.feed import Feed
from causerie.chats.following.history import History, Place, Running, Snapshot
from causerie.chats.following.mending import Mender
from causerie.chats.following.seat import Seat
from causerie.chats.following.texts import Cursor
from causerie.db.work import Actor

JOIN_TEXT_SECONDS = 1.0
"""How long a join waits for the bus; what it does not say by then comes from the checkpoints."""


class Head(NamedTuple):
    """How far a connection's frames go in one session that it has joined."""

    session_id: UUID
    seq: int
    live: list[Place]


class Following:
    """Lets the connections of this node follow sessions.

    Args:
        epoch: changes when the database was replaced by a backup: what a client knows of another epoch is worthless.
    """

    def __init__(self, history: History, bus: TokenBus, epoch: str) -> None:
        self.epoch = epoch
        self._history = history
        self._bus = bus
        self._feeds: dict[SessionKey, Feed] = {}
        self._unsubscribers: dict[SessionKey, Callable[[], None]] = {}
        self._seats: dict[Channel, dict[UUID, Seat]] = {}
        self._audiences = Audiences(bus, self)
        self._endings = Endings(history, bus)
        self._mender = Mender(history, bus, self._feeds, self._endings)

    @property
    def open_feeds(self) -> int:
        """How many sessions are followed here."""
        return len(self._feeds)

    @property
    def delayed(self) -> bool:
        """Whether live text comes later than it did: the bus was here and is away now."""
        return self._mender.delayed

    async def run(self) -> None:
        """Repair feeds whenever something is missing, and look for what was lost unnoticed. Runs until cancelled."""
        await self._mender.run()

    async def woke(self) -> None:
        """Look at once for what was missed while the process slept."""
        await self._mender.look()

    def register(self, channel: Channel, actor: Actor, *, curious: bool) -> None:
        """Say whose connection this is, so that a deleted session ends its join.

        Args:
            curious: it also hears of the sessions that it has not joined.
        """
        self._audiences.enter(channel, actor.user_id, curious=curious)

    def has_joined(self, channel: Channel, session_id: UUID) -> bool:
        """Return whether the connection gets the events of this session."""
        return session_id in self._seats.get(channel, ())

    async def join(
        self,
        actor: Actor,
        channel: Channel,
        session_id: UUID,
        *,
        epoch: str | None = None,
        after: int | None = None,
        live: Sequence[Place] = (),
    ) -> None:
        """Send `session:joined`, then the events that the reader missed, then the new ones. Joining again starts over.

        Args:
            epoch: where `after` and `live` are from; without it they are taken to be from this one.
            after: the last event that the reader has.
            live: how far it has the texts of running replies.

        Raises:
            NotFound: the actor has no such session.
        """
        if epoch is not None and epoch != self.epoch:
            after, live = None, ()
        self.leave(channel, session_id)
        feed = self._hold(SessionKey(actor.user_id, session_id))
        try:
            await self._bus.listening(feed.key)
            snapshot = await self._history.snapshot(actor, session_id, after)
            await self._bring(feed, snapshot.head, snapshot.running)
            if not channel.closed:
                self._sit_down(feed, channel, snapshot, after, live)
        finally:
            self._release(feed)

    async def join_new(self, actor: Actor, channel: Channel, session_id: UUID) -> None:
        """Join a session that was just made, from its very beginning, without reading its page.

        Raises:
            NotFound: the actor has no such session any more.
        """
        self.leave(channel, session_id)
        feed = self._hold(SessionKey(actor.user_id, session_id))
        try:
            await self._bus.listening(feed.key)
            beginning = await self._history.beginning(actor, session_id)
            if feed.head is None:
                feed.open(0, (), (), text_unknown=True)
            for notice in beginning.events:
                feed.on_event(notice)
            if not channel.closed:
                channel.push(Frame(session_joined(session_id, self.epoch, 0, beginning.session, "[]", ())))
                self._seat(channel, Seat(feed, channel, 0, {}))
        finally:
            self._release(feed)

    async def follow(self, actor: Actor, channel: Channel, session_id: UUID, message_id: UUID) -> None:
        """Send the frames of one reply from its beginning to its end, and finish; of one that is final, its end.

        Raises:
            NotFound: the actor has no such reply.
        """
        feed = self._hold(SessionKey(actor.user_id, session_id))
        try:
            await self._bus.listening(feed.key)
            state = await self._history.reply(actor, session_id, message_id)
            if state.end is not None:
                channel.push(Frame(state.end.body, state.end.seq))
                channel.finish()
                return
            await self._bring(feed, state.head, state.running)
            for notice in state.begun:
                channel.push(Frame(notice.body, notice.seq))
            cursors = {message_id: Cursor(state.begun[-1].attempt, 0)} if state.begun else {}
            self._seat(channel, Seat(feed, channel, state.head, cursors, only=message_id))
        finally:
            self._release(feed)

    async def final(self, actor: Actor, session_id: UUID, message_id: UUID, seconds: float) -> bool:
        """Wait until a reply is final, however it ends; return whether it is by then.

        Raises:
            NotFound: the actor has no such reply.
        """
        return await self._endings.wait(actor, session_id, message_id, seconds)

    def leave(self, channel: Channel, session_id: UUID) -> None:
        """Send nothing more of a session; without a join this changes nothing."""
        seat = self._seats.get(channel, {}).pop(session_id, None)
        if seat is not None:
            seat.leave()
            self._drop_unused(seat.feed)

    def close(self, channel: Channel) -> None:
        """End all that a connection follows."""
        channel.close()
        for session_id in list(self._seats.get(channel, ())):
            self.leave(channel, session_id)
        self._seats.pop(channel, None)
        self._audiences.go(channel)

    def heads(self, channel: Channel) -> list[Head]:
        """Return how far the frames go that the connection was given."""
        return [
            Head(
                session_id,
                seat.seq,
                [
                    Place(message_id, cursor.attempt, cursor.offset)
                    for message_id, cursor in seat.cursors.items()
                    if message_id in seat.feed.replies
                ],
            )
            for session_id, seat in self._seats.get(channel, {}).items()
        ]

    def tell_others(self, actor: Actor, channel: Channel, session_id: UUID, body: str) -> None:
        """Send a frame that may be lost to the other connections of this node that have joined the session."""
        feed = self._feeds.get(SessionKey(actor.user_id, session_id))
        for seat in feed.seats if feed else ():
            if seat.channel is not channel and not seat.selective and not seat.channel.busy:
                seat.channel.push(Frame(body))

    async def _bring(self, feed: Feed, head: int, running: Sequence[Running]) -> None:
        """Open the feed at `head`, or bring it there if what happened until then has not been heard."""
        if feed.head is None:
            texts = await self._texts(feed.key, [run.message_id for run in running])
            if feed.head is None:
                feed.open(head, running, texts, bus_away=self._bus.away)
        while feed.position < head and await feed.read_on():
            pass

    async def _texts(self, key: SessionKey, message_ids: Sequence[UUID]) -> Sequence[LiveText]:
        """Return what the bus has of those texts; nothing if it does not say so soon."""
        if not message_ids:
            return ()
        try:
            async with asyncio.timeout(JOIN_TEXT_SECONDS):
                return await self._bus.read(key, message_ids)
        except TimeoutError:
            return ()

    def _sit_down(
        self, feed: Feed, channel: Channel, snapshot: Snapshot, after: int | None, live: Sequence[Place]
    ) -> None:
        """Send `session:joined`; the events between it and the feed's head follow from the seat."""
        seq = snapshot.head if after is None or snapshot.messages is not None else after
        places = {place.message_id: place for place in live}
        cursors: dict[UUID, Cursor] = {}
        entries: list[tuple[int, LiveText]] = []
        for run in snapshot.running:
            reply = feed.replies.get(run.message_id)
            if reply is not None and reply.attempt >= run.attempt:
                attempt, text, length = reply.attempt, reply.text, reply.length
            else:
                # It has ended since the snapshot: the events tell, with all of its text.
                attempt, text, length = run.attempt, "", 0
            place = places.pop(run.message_id, None)
            offset = min(place.offset, length) if place is not None and place.attempt == attempt else 0
            entries.append((offset, LiveText(run.message_id, attempt, text[offset:])))
            cursors[run.message_id] = Cursor(attempt, length)
        if seq == after:
            for place in places.values():
                cursors[place.message_id] = Cursor(place.attempt, place.offset)
        body = session_joined(feed.key.session_id, self.epoch, seq, snapshot.session, snapshot.messages, entries)
        channel.push(Frame(body))
        self._seat(channel, Seat(feed, channel, seq, cursors))

    def _seat(self, channel: Channel, seat: Seat) -> None:
        self._seats.setdefault(channel, {})[seat.key.session_id] = seat

    def _hold(self, key: SessionKey) -> Feed:
        """Return the session's feed, which listens from now on; it stays until `_release`."""
        feed = self._feeds.get(key)
        if feed is None:
            feed = self._feeds[key] = Feed(key, self._history, self._mender.ask)
            self._unsubscribers[key] = self._bus.subscribe(key, feed)
        feed.holders += 1
        return feed

    def _release(self, feed: Feed) -> None:
        feed.holders -= 1
        self._drop_unused(feed)

    def _drop_unused(self, feed: Feed) -> None:
        if not feed.seats and not feed.holders and self._feeds.get(feed.key) is feed:
            del self._feeds[feed.key]
            self._unsubscribers.pop(feed.key)()
            self._mender.forget(feed)
