"""All readers of one node: who has joined what, and the repair of what the bus did not bring."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
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

# The bus is asked again after these pauses until a feed is whole; the first is for what comes just now.
MENDING_SECONDS = (0.0, 0.02, 0.1, 0.5, 2.0)
PATIENT_SECONDS = 0.5
"""From this pause on the database is asked for what nobody is known to have: a checkpoint is made each second."""
POLL_SECONDS = 5.0
AWAY_POLL_SECONDS = 1.0
"""While the bus is away nothing else tells what happened, and text grows by its checkpoints."""
JOIN_TEXT_SECONDS = 1.0
"""How long a join waits for the bus; what it does not say by then comes from the checkpoints."""
READS_AT_ONCE = 4
"""Of the repair: a bus that leaves or comes back must not let it take the database from those who talk."""
USERS_A_LOOK = 200
HINTS_A_SECOND = 300
"""Frames of hints that all connections of one user get together; what goes beyond waits."""

log = structlog.get_logger(__name__)


class Head(NamedTuple):
    """How far a connection's frames go in one session that it has joined."""

    session_id: UUID
    seq: int
    live: list[Place]


class Ending:
    """Waits for the end of one reply: `news` is set by its end, or by anything after `head` that was not heard."""

    def __init__(self, message_id: UUID) -> None:
        self.news = asyncio.Event()
        self.head = 0
        self.is_over = False
        self._message_id = message_id

    def on_event(self, notice: EventNotice) -> None:
        """Take the end."""
        if notice.kind == END and notice.message_id == self._message_id:
            self.is_over = True
            self.news.set()

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
        self._endings: dict[SessionKey, set[Ending]] = {}
        self._asked = asyncio.Event()
        self._reads = asyncio.Semaphore(READS_AT_ONCE)
        self._looks = 0
        self._has_been_near = False

    @property
    def open_feeds(self) -> int:
        """How many sessions are followed here."""
        return len(self._feeds)

    @property
    def delayed(self) -> bool:
        """Whether live text comes later than it did: the bus was here and is away now."""
        return self._bus.away and self._has_been_near

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

    async def woke(self) -> None:
        """Look at once for what was missed while the process slept."""
        await self._look()

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
        deadline = asyncio.get_running_loop().time() + seconds
        key, ending = SessionKey(actor.user_id, session_id), Ending(message_id)
        unsubscribe = self._bus.subscribe(key, ending)
        self._endings.setdefault(key, set()).add(ending)
        try:
            await self._bus.listening(key)
            while True:
                state = await self._history.reply(actor, session_id, message_id)
                remaining = deadline - asyncio.get_running_loop().time()
                if state.end is not None or remaining <= 0:
                    return state.end is not None
                ending.head = state.head
                with suppress(TimeoutError):
                    await asyncio.wait_for(ending.news.wait(), remaining)
                if ending.is_over:
                    return True
                ending.news.clear()
        finally:
            unsubscribe()
            self._endings[key].discard(ending)
            if not self._endings[key]:
                del self._endings[key]

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
            texts = await self._texts(feed.key, [run.message_id for run in running])
            if feed.head is None:
                feed.open(head, running, texts, bus_away=self._bus.away)
        while feed.position < head and await self._read_events(feed):
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

    async def _read_events(self, feed: Feed) -> bool:
        """Let a feed take the next events that are stored; return whether there were any."""
        try:
            return bool(await feed.events_after(feed.position))
        except (EventsGone, NotFound):
            self._give_up(feed)
            raise

    def _give_up(self, feed: Feed) -> None:
        """End the connections of a feed's readers: they cannot go on from where they are, but by joining anew."""
        for seat in feed.seats:
            seat.channel.give_up()

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
                if feed.lacks_events or pause >= PATIENT_SECONDS:
                    await self._read_missing(feed)
                if not feed.is_whole():
                    feed.learn(await self._bus.read(feed.key, tuple(feed.replies)))
                if not feed.is_whole() and pause >= PATIENT_SECONDS:
                    await self._read_checkpoints(feed.actor, [feed])
            feed.drop_early()
        except CauserieError as error:
            log.warning("mending_failed", session_id=str(feed.key.session_id), code=error.code)
        except Exception:  # one feed's trouble must not end the others'
            log.exception("mending_failed", session_id=str(feed.key.session_id))
        finally:
            self._mending.discard(feed)

    async def _read_missing(self, feed: Feed) -> None:
        async with self._reads:
            while await self._read_events(feed) and feed.position < feed.newest:
                pass

    async def _read_checkpoints(self, actor: Actor, feeds: Sequence[Feed]) -> None:
        """Let feeds of one user take what is stored of their running replies."""
        async with self._reads:
            running = await self._history.running(actor, [feed.key.session_id for feed in feeds])
        for feed in feeds:
            feed.learn_checkpoints(running.get(feed.key.session_id, ()))

    async def _poll(self) -> None:
        """Look now and then for what the bus lost, and often while it is away; once more when it is back."""
        unlooked = 0.0
        while True:
            was_away = self._bus.away
            self._has_been_near = self._has_been_near or not was_away
            await asyncio.sleep(AWAY_POLL_SECONDS)
            unlooked += AWAY_POLL_SECONDS
            if was_away or self._bus.away or unlooked >= POLL_SECONDS:
                unlooked = 0.0
                await self._look()

    async def _look(self) -> None:
        """Compare what is followed with the database, and let what is behind be mended; never fails."""
        feeds = {key: feed for key, feed in self._feeds.items() if feed.head is not None}
        try:
            if feeds or self._endings:
                heads = await self._history.heads(tuple({*feeds, *self._endings}))
                for key, feed in feeds.items():
                    self._compare(feed, heads.get(key))
                for key, endings in self._endings.items():
                    for ending in endings:
                        if heads.get(key) != ending.head:
                            ending.news.set()
            await self._bring_checkpoints()
        except CauserieError as error:
            log.warning("polling_failed", code=error.code)
        except Exception:  # the net under everything else has to stay
            log.exception("polling_failed")

    def _compare(self, feed: Feed, head: int | None) -> None:
        """Let a feed know its session's newest event; None says that the session is gone."""
        if head is None:
            # Its deletion may just be on its way: that ends a join without ending the connection.
            if feed.vanished:
                self._give_up(feed)
            feed.vanished = True
            return
        feed.vanished = False
        feed.newest = max(feed.newest, head)
        if not feed.is_whole():
            self._ask(feed)

    async def _bring_checkpoints(self) -> None:
        """Bring the stored texts of running replies to those who read them, for so many users at a time.

        While the bus is here that is for replies that fell silent: it may have lost the last thing they said.
        """
        by_user: dict[UUID, list[Feed]] = {}
        for feed in self._feeds.values():
            if feed.seats and (feed.fell_silent() or (self._bus.away and feed.replies)):
                by_user.setdefault(feed.key.user_id, []).append(feed)
        users = list(by_user)
        first = self._looks * USERS_A_LOOK % max(len(users), 1)
        self._looks += 1
        chosen = (users[first:] + users[:first])[:USERS_A_LOOK]
        readings = (self._read_checkpoints(Actor(user), by_user[user]) for user in chosen)
        for outcome in await asyncio.gather(*readings, return_exceptions=True):
            if outcome is not None:
                raise outcome
