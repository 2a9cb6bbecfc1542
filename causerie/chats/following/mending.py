"""The repair of what the bus did not bring."""

import asyncio
from collections.abc import Mapping, Sequence
from uuid import UUID

import structlog

from causerie.broker.ports import SessionKey, TokenBus
from causerie.chats.following.ending import Endings
from causerie.chats.following.feed import Feed
from causerie.chats.following.history import History
from causerie.db.work import Actor
from causerie.errors import CauserieError

# The bus is asked again after these pauses until a feed is whole; the first is for what comes just now.
MENDING_SECONDS = (0.0, 0.02, 0.1, 0.5, 2.0)
PATIENT_SECONDS = 0.5
"""From this pause on the database is asked for what nobody is known to have: a checkpoint is made each second."""
POLL_SECONDS = 5.0
AWAY_POLL_SECONDS = 1.0
"""While the bus is away nothing else tells what happened, and text grows by its checkpoints."""
READS_AT_ONCE = 4
"""A bus that leaves or comes back must not let the repair take the database from those who talk."""
USERS_A_LOOK = 200

log = structlog.get_logger(__name__)


class Mender:
    """Makes feeds whole that lack something, and looks for what was lost unnoticed.

    Args:
        feeds: all that are followed, as they come and go.
        endings: who waits for an end that may get lost, too.
    """

    def __init__(self, history: History, bus: TokenBus, feeds: Mapping[SessionKey, Feed], endings: Endings) -> None:
        self._history = history
        self._bus = bus
        self._feeds = feeds
        self._endings = endings
        self._ailing: dict[Feed, None] = {}
        self._mending: set[Feed] = set()
        self._asked = asyncio.Event()
        self._reads = asyncio.Semaphore(READS_AT_ONCE)
        self._looks = 0
        self._has_been_near = False

    @property
    def delayed(self) -> bool:
        """Whether live text comes later than it did: the bus was here and is away now."""
        return self._bus.away and self._has_been_near

    async def run(self) -> None:
        """Repair feeds whenever something is missing, and look now and then. Runs until cancelled."""
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

    def ask(self, feed: Feed) -> None:
        """Let a feed be made whole."""
        self._ailing[feed] = None
        self._asked.set()

    def forget(self, feed: Feed) -> None:
        """A feed is followed no more."""
        self._ailing.pop(feed, None)

    async def look(self) -> None:
        """Compare what is followed with the database, and let what is behind be mended; never fails."""
        feeds = {key: feed for key, feed in self._feeds.items() if feed.head is not None}
        try:
            if feeds or self._endings.sessions:
                heads = await self._history.heads(tuple({*feeds, *self._endings.sessions}))
                for key, feed in feeds.items():
                    self._compare(feed, heads.get(key))
                self._endings.compare(heads)
            await self._bring_checkpoints()
        except CauserieError as error:
            log.warning("polling_failed", code=error.code)
        except Exception:  # the net under everything else has to stay
            log.exception("polling_failed")

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
            while await feed.read_on() and feed.position < feed.newest:
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
                await self.look()

    def _compare(self, feed: Feed, head: int | None) -> None:
        """Let a feed know its session's newest event; None says that the session is gone."""
        if head is None:
            # Its deletion may just be on its way: that ends a join without ending the connection.
            if feed.vanished:
                feed.give_up()
            feed.vanished = True
            return
        feed.vanished = False
        feed.newest = max(feed.newest, head)
        if not feed.is_whole():
            self.ask(feed)

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
