"""What waits to be sent on one connection."""

import asyncio
from typing import NamedTuple, Protocol

# Beyond this nothing of a session is queued: the reader falls behind and reads on when it has caught up.
FULL_CHARACTERS = 8 * 1024
# What belongs to no session (acks, hints) cannot be read again, so a reader that lets this much pile up is given up.
MOST_FRAMES = 1_000
MOST_CHARACTERS = 2**20
BUSY_FRAMES = 64


class Frame(NamedTuple):
    """A frame's JSON; `seq` is the number of an event of the session's history."""

    body: str
    seq: int | None = None


class Source(Protocol):
    """Something that still has frames for a channel when nothing waits there any more."""

    async def catch_up(self) -> bool:
        """Push what is still to send, as much as fits; return whether that was all. Cancelling it loses nothing."""


class Channel:
    """The frames for one connection, in order, drained by one writer.

    What a slow reader makes wait is bounded: of a session that it follows only its place is kept, and what it missed
    is made into few large frames when it has sent what it has.
    """

    __slots__ = ("_characters", "_finished", "_frames", "_lagging", "_waiter", "closed", "stalled")

    def __init__(self) -> None:
        self.closed = False
        self.stalled = False
        self._frames: list[Frame] = []
        self._characters = 0
        self._finished = False
        self._lagging: dict[Source, None] = {}
        self._waiter: asyncio.Future[None] | None = None

    @property
    def idle(self) -> bool:
        """Whether nothing waits."""
        return not self._frames

    @property
    def waiting(self) -> int:
        """How many characters wait."""
        return self._characters

    @property
    def full(self) -> bool:
        """Whether so much waits that a session's events are better read later."""
        return self._characters > FULL_CHARACTERS

    @property
    def busy(self) -> bool:
        """Whether so much waits that what may be lost is not worth sending."""
        return len(self._frames) > BUSY_FRAMES

    def push(self, frame: Frame) -> None:
        """Queue a frame. Too many of them make the channel `stalled` for good: then it can only be closed."""
        if self.closed or self.stalled or self._finished:
            return
        # One frame may be longer than the limit (a page of long messages), so what already waits is what counts.
        self.stalled = len(self._frames) >= MOST_FRAMES or self._characters > MOST_CHARACTERS
        self._frames.append(frame)
        self._characters += len(frame.body)
        self._wake()

    def lag(self, source: Source) -> None:
        """Let `source` push what it still has as soon as nothing waits any more."""
        self._lagging[source] = None
        self._wake()

    def forget(self, source: Source) -> None:
        """Let `source` push nothing more by itself."""
        self._lagging.pop(source, None)

    def give_up(self) -> None:
        """Make the channel `stalled`: its reader has to connect again."""
        self.stalled = True
        self._wake()

    async def frames(self) -> list[Frame]:
        """Wait for something to send and return all of it; nothing once the channel is finished, closed or stalled.

        Cancelling it loses nothing.
        """
        while not (self.closed or self.stalled):
            if self._frames:
                frames, self._frames, self._characters = self._frames, [], 0
                return frames
            if self._finished:
                return []
            if self._lagging:
                source = next(iter(self._lagging))
                if await source.catch_up():
                    self._lagging.pop(source, None)
                continue
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        return []

    def finish(self) -> None:
        """Take no more frames; the writer ends when it has sent those that wait."""
        self._finished = True
        self._wake()

    def close(self) -> None:
        """Take no more frames, and let the writer end at once."""
        self.closed = True
        self._frames = []
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
