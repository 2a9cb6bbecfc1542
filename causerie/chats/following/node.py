"""All readers of one node: who has joined what, and the repair of what the bus did not bring."""

import asyncio
from collections.abc import Callable, Sequence
from typing import NamedTuple
from uuid import UUID

import structlog

from causerie.broker.ports import EventNotice, LiveText, SessionHint, SessionKey, TextPiece, TokenBus
from causerie.chats.encoding import END, session_joined
from causerie.chats.following.channel import Channel, Frame
from causerie.chats.following.feed import Cursor, EventsGone, Feed, Seat
from causerie.chats.following.history import History, Place, Running, Snapshot
from causerie.db.work import Actor
from causerie.errors import CauserieError, NotFound

# Bus and database are asked again after these pauses until a feed is whole; the first is for what comes just now.
MENDING_SECONDS = (0.0, 0.02, 0.1, 0.5, 2.0)
POLL_SECONDS = 5.0
HINTS_A_SECOND = 300
"""Frames of hints that all connections of one user get together; what goes beyond waits."""

log = structlog.get_logger(__name__)


class Head(NamedTuple):
    """How far a connection's frames go in one session that it has joined."""

    session_id: UUID
    seq: int
    live: list[Place]


class Ending:
    """Waits for the end of one reply."""

    def __init__(self, message_id: UUID) -> None:
        self.heard = asyncio.Event()
        self._message_id = message_id

    def on_event(self, notice: EventNotice) -> None:
        """Take the end."""
        if notice.kind == END and notice.message_id == self._message_id:
            self.heard.set()

    def on_text(self, piece: TextPiece) -> None:
        """Pass over the text."""


class Audience:
    """The connections of one user; True are those that hear of sessions that they have not joined.

    For the others there is nothing left to hear when the session that they follow is deleted.
    """

    def __init__(self, following: "Following") -> None:
        self.channels: dict[Channel, bool] = {}
        self.unsubscribe: Callable[[], None] = lambda: None
        self._following = following
        self._sent = 0
        self._waiting: dict[tuple[UUID, str], SessionHint] = {}
        self._timer: asyncio.TimerHandle | None = None

    def on_hint(self, hint: SessionHint) -> None:
        """Tell those who have not joined; a deleted session ends the joins of the others.

        Each change is told to each connection. Where both are many only a session's newest is told, and a little later.
        """
        if hint.kind != "session:deleted" and (self._waiting or self._sent >= HINTS_A_SECOND):
            self._waiting[hint.session.session_id, hint.kind] = hint
        else:
            self._tell(hint)

    def _tell(self, hint: SessionHint) -> None:
        self._sent += len(self.channels)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(1.0, self._tell_more)
        frame = Frame(hint.body)
        for channel, curious in self.channels.items():
            if not self._following.has_joined(channel, hint.session.session_id):
                if curious:
                    channel.push(frame)
            elif hint.kind == "session:deleted":
                channel.push(frame)
                self._following.leave(channel, hint.session.session_id)
                if not curious:
                    channel.finish()

    def _tell_more(self) -> None:
        self._timer, self._sent = None, 0
        while self._waiting and self._sent < HINTS_A_SECOND:
            self._tell(self._waiting.pop(next(iter(self._waiting))))


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
        self._audiences: dict[UUID, Audience] = {}
        self._users: dict[Channel, UUID] = {}
        self._ailing: dict[Feed, None] = {}
        self._mending: set[Feed] = set()
        self._asked = asyncio.Event()

    async def run(self) -> None:
        """Repair feeds whenever something is missing, and look for what was lost unnoticed. Runs until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._poll())
            while True:
                await self._asked.wait()
                self._asked.clear()
                ailing, self._ailing = self._ailing, {}
                for feed in ailing:
                    if feed not in self._mending:
                        self._mending.add(feed)
                        tasks.create_task(self._mend(feed))

    def register(self, channel: Channel, actor: Actor, *, curious: bool) -> None:
        """Say whose connection this is, so that a deleted session ends its join.

        Args:
            curious: it also hears of the sessions that it has not joined.
        """
        audience = self._audiences.get(actor.user_id)
        if audience is None:
            audience = self._audiences[actor.user_id] = Audience(self)
            audience.unsubscribe = self._bus.subscribe_user(actor.user_id, audience)
        audience.channels[channel] = curious
        self._users[channel] = actor.user_id

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
        deadline = asyncio.get_running_loop().time() + seconds
        ending = Ending(message_id)
        unsubscribe = self._bus.subscribe(SessionKey(actor.user_id, session_id), ending)
        try:
            while (await self._history.reply(actor, session_id, message_id)).end is None:
                remaining = deadline - asyncio.get_running_loop().time()
                if remaining <= 0:
                    return False
                try:
                    await asyncio.wait_for(ending.heard.wait(), min(remaining, POLL_SECONDS))
                except TimeoutError:
                    continue
                return True
            return True
        finally:
            unsubscribe()

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
        user_id = self._users.pop(channel, None)
        if user_id is not None:
            audience = self._audiences[user_id]
            del audience.channels[channel]
            if not audience.channels:
                audience.unsubscribe()
                del self._audiences[user_id]

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
            texts = await self._bus.read(feed.key, [run.message_id for run in running])
            if feed.head is None:
                feed.open(head, running, texts, text_unknown=False)
        while feed.position < head and await self._read_events(feed):
            pass

    async def _read_events(self, feed: Feed) -> bool:
        """Let a feed take the next events that are stored; return whether there were any."""
        try:
            return bool(await feed.events_after(feed.position))
        except (EventsGone, NotFound):
            # Its readers cannot go on from where they are; connecting again brings what there is now.
            for seat in feed.seats:
                seat.channel.give_up()
            raise

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
            feed = self._feeds[key] = Feed(key, self._history, self._ask)
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
            self._ailing.pop(feed, None)

    def _ask(self, feed: Feed) -> None:
        self._ailing[feed] = None
        self._asked.set()

    async def _mend(self, feed: Feed) -> None:
        try:
            for pause in MENDING_SECONDS:
                await asyncio.sleep(pause)
                if feed.is_whole() or self._feeds.get(feed.key) is not feed:
                    return
                feed.learn(await self._bus.read(feed.key, feed.replies))
                if not feed.is_whole():
                    await self._read_events(feed)
                if not feed.is_whole() and pause:
                    snapshot = await self._history.snapshot(feed.actor, feed.key.session_id, feed.position)
                    feed.learn_checkpoints(snapshot.running)
            feed.drop_early()
        except CauserieError as error:
            log.warning("mending_failed", session_id=str(feed.key.session_id), code=error.code)
        except Exception:  # one feed's trouble must not end the others'
            log.exception("mending_failed", session_id=str(feed.key.session_id))
        finally:
            self._mending.discard(feed)

    async def _poll(self) -> None:
        """Compare the feeds with the database, so that a notice that was lost costs no more than this interval."""
        while True:
            await asyncio.sleep(POLL_SECONDS)
            try:
                heads = await self._history.heads(tuple(self._feeds)) if self._feeds else {}
            except CauserieError as error:
                log.warning("polling_failed", code=error.code)
                continue
            except Exception:  # the net under everything else has to stay
                log.exception("polling_failed")
                continue
            for key, head in heads.items():
                feed = self._feeds.get(key)
                if feed is not None and feed.head is not None:
                    feed.newest = max(feed.newest, head)
                    if not feed.is_whole():
                        self._ask(feed)
