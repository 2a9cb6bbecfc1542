"""The one pub/sub connection of a node, and what it is subscribed to."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import islice

import structlog
from redis.exceptions import ResponseError

from causerie.broker.redis.connections import ANSWER_SECONDS, FAILURES, Connections, Line, Pauses, reason_of

SILENT_SECONDS = 2.0
"""After this long without a word the server is asked whether it is still there."""
LOOK_SECONDS = 1.0
CONFIRMED_SECONDS = 2.0
CHANNELS_AT_ONCE = 500

log = structlog.get_logger(__name__)


class Subscription:
    """A channel that is wanted. `confirmed` is set while Redis is known to send what is published there."""

    __slots__ = ("confirmed", "hear")

    def __init__(self, hear: Callable[[bytes], None]) -> None:
        self.hear = hear
        self.confirmed = asyncio.Event()

    def wake(self) -> None:
        """Let go who waits for a confirmation that does not come."""
        self.confirmed.set()
        self.confirmed.clear()


class Hearing:
    """Brings what is published in the wanted channels, in the order in which it arrives.

    `away` is False while everything that was wanted when the connection was made is known to be heard.
    """

    def __init__(self, connections: Connections) -> None:
        self.away = True
        self._connections = connections
        self._wanted: dict[bytes, Subscription] = {}
        self._needed: set[bytes] = set()  # wanted when the connection was made, and not confirmed yet
        self._told: set[bytes] = set()
        self._unconfirmed: Counter[bytes] = Counter()
        self._changed = asyncio.Event()
        self._back = asyncio.Event()
        self._heard_at = 0.0
        self._complained = False

    def want(self, channel: bytes, hear: Callable[[bytes], None]) -> None:
        """Call `hear` with what is published there; a channel that is wanted already stays as it is."""
        if channel in self._wanted:
            return
        subscription = self._wanted[channel] = Subscription(hear)
        if channel in self._told and channel not in self._unconfirmed:  # nobody has told Redis yet that it was unwanted
            subscription.confirmed.set()
        self._changed.set()

    def unwant(self, channel: bytes) -> None:
        """Hear no more of a channel."""
        subscription = self._wanted.pop(channel, None)
        if subscription is not None:
            subscription.wake()
            self._needed.discard(channel)
            self._changed.set()

    async def confirmed(self, channel: bytes) -> None:
        """Wait until a wanted channel is heard: at most 2 s, and not while away."""
        subscription = self._wanted.get(channel)
        if subscription is not None and not self.away:
            with suppress(TimeoutError):
                async with asyncio.timeout(CONFIRMED_SECONDS):
                    await subscription.confirmed.wait()

    async def back(self) -> None:
        """Wait until it is not away."""
        await self._back.wait()

    async def run(self) -> None:
        """Connect, and connect again whenever the connection is lost, until cancelled."""
        pauses = Pauses()
        while True:
            try:
                line = await self._connections.line_to(await self._connections.some_node())
                try:
                    await self._hear(line)
                finally:
                    if not self.away:
                        pauses.reset()
                    self._lose()
                    await self._connections.hang_up(line)
            except FAILURES as error:
                self._complain(reason_of(error))
            except Exception:  # without this loop the node hears nothing more, ever
                log.exception("redis_hearing_failed")
            self._connections.forget_nodes()
            await pauses.pause()

    async def _hear(self, line: Line) -> None:
        self._heard_at = time.monotonic()
        self._needed = set(self._wanted)
        self._changed.set()
        talking = asyncio.create_task(self._talk(line), name="redis subscriptions")
        try:
            while True:
                message = await line.receive()
                self._heard_at = time.monotonic()
                if isinstance(message, list):
                    self._take(message)
                elif isinstance(message, ResponseError):  # else it answers a ping
                    self._complain(str(message))
        finally:
            talking.cancel()
            await asyncio.gather(talking, return_exceptions=True)

    def _take(self, message: list[bytes]) -> None:
        kind, channel = message[0], message[1]
        if kind == b"message":
            subscription = self._wanted.get(channel)
            if subscription is not None:
                try:
                    subscription.hear(message[2])
                except Exception:  # a damaged message must not end the others'
                    log.exception("redis_message_lost", channel=channel.decode(errors="replace"))
        elif kind == b"subscribe":
            self._unconfirmed[channel] -= 1
            if self._unconfirmed[channel] <= 0:
                del self._unconfirmed[channel]
                if channel in self._wanted and channel in self._told:
                    self._wanted[channel].confirmed.set()
                    self._needed.discard(channel)
            self._look_around()

    async def _talk(self, line: Line) -> None:
        """Tell what is wanted and what no longer is; ask whether the server lives when it says nothing."""
        try:
            while True:
                with suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_SECONDS):
                        await self._changed.wait()
                self._changed.clear()
                await self._tell(line)
                self._look_around()
                silent = time.monotonic() - self._heard_at
                if silent > SILENT_SECONDS + ANSWER_SECONDS:
                    raise TimeoutError("Redis says nothing.")
                if silent > SILENT_SECONDS:
                    await line.send([("PING",)])
        except FAILURES:
            line.abort()  # who listens to it finds out
        except Exception:
            log.exception("redis_subscribing_failed")
            line.abort()

    async def _tell(self, line: Line) -> None:
        gone = self._told - self._wanted.keys()
        new = self._wanted.keys() - self._told
        self._told = self._told - gone | new
        self._unconfirmed.update(new)
        for channels in _batches(gone):
            await line.send([("UNSUBSCRIBE", *channels)])
        for channels in _batches(new):
            await line.send([("SUBSCRIBE", *channels)])

    def _complain(self, reason: str) -> None:
        """Log why nothing is heard: once, until it is heard again."""
        if not self._complained:
            self._complained = True
            log.warning("redis_unheard", reason=reason)

    def _look_around(self) -> None:
        if self.away and not self._needed:
            self.away = False
            self._back.set()
            if self._complained:
                self._complained = False
                log.info("redis_heard")

    def _lose(self) -> None:
        self.away = True
        self._back.clear()
        self._told.clear()
        self._unconfirmed.clear()
        for subscription in self._wanted.values():
            subscription.wake()


def _batches(channels: set[bytes]) -> Iterator[list[bytes]]:
    rest = iter(channels)
    while batch := list(islice(rest, CHANNELS_AT_ONCE)):
        yield batch
