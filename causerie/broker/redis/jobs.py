"""Wake-ups for workers: the stream `chat:jobs`, read by the one group `workers`."""

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from uuid import UUID

import structlog
from redis.exceptions import ResponseError

from causerie.broker.ports import WakeUp
from causerie.broker.redis.connections import FAILURES, Answer, Command, Connections, Line, Pauses, reason_of
from causerie.broker.redis.keys import JOBS, WORKERS
from causerie.broker.redis.pipe import Once, Pipe, warn_of_refusals

WAITING_WAKE_UPS = 10_000
TAKEN_AT_ONCE = 1
"""What one worker takes waits for no other one; asking again costs less than a claim."""
BLOCK_SECONDS = 2.0
DEAD_SECONDS = 10.0
"""A wake-up whose taker has not said for so long what became of it goes to another one."""
LOOK_SECONDS = 5.0
GONE_SECONDS = 600.0
"""A consumer that has not asked for so long, and has nothing, is removed; if it lives, asking brings it back."""
CLOSE_SECONDS = 1.0

log = structlog.get_logger(__name__)


class Receipts:
    """A `Parcel` of wake-ups that are done with."""

    key = JOBS
    size = 64

    def __init__(self) -> None:
        self.waiting: list[str] = []
        self._sent: list[str] = []

    def commands(self) -> Sequence[Command]:
        self._sent, self.waiting = self._sent + self.waiting, []
        if not self._sent:
            return []
        return [("XACK", JOBS, WORKERS, *self._sent), ("XDEL", JOBS, *self._sent)]

    def settle(self, commands: Sequence[Command], answers: Sequence[Answer]) -> None:
        warn_of_refusals(commands, answers)
        self._sent = []

    def retry(self) -> None:
        """Send those of before too."""

    def lose(self) -> None:
        self._sent = []
        self.waiting = []


class RedisDispatcher:
    """A `Dispatcher` over Redis.

    Args:
        consumer: the name of this worker; nobody else may have it.
        news: carries wake-ups and receipts.
    """

    def __init__(self, connections: Connections, news: Pipe, consumer: UUID) -> None:
        self._connections = connections
        self._news = news
        self._consumer = str(consumer)
        self._line: Line | None = None
        self._taken: deque[WakeUp] = deque()
        self._receipts = Receipts()
        self._pauses = Pauses()
        self._look_at = 0.0
        self._asked = False

    def wake(self, user_id: UUID, message_id: UUID) -> None:
        fields = ("user", str(user_id), "message", str(message_id))
        self._news.put(Once(JOBS, ("XADD", JOBS, "MAXLEN", "~", WAITING_WAKE_UPS, "*", *fields)))

    async def next(self) -> WakeUp:
        while not self._taken:
            try:
                await self._take_some()
            except FAILURES as error:
                log.debug("redis_jobs_away", reason=reason_of(error))
                await self._hang_up()
                self._connections.forget_nodes()
                await self._pauses.pause()
            except BaseException:
                await self._hang_up()  # an answer may be on its way, which nobody would read
                raise
        return self._taken.popleft()

    def done(self, wake_up: WakeUp) -> None:
        if not self._receipts.waiting:
            self._news.put(self._receipts)
        self._receipts.waiting.append(wake_up.receipt)

    async def close(self) -> None:
        """Take this consumer out of the group, unless something was left undone, which another one then takes over."""
        try:
            if self._asked:
                async with asyncio.timeout(CLOSE_SECONDS):
                    line = await self._connected()
                    pending: Command = ("XPENDING", JOBS, WORKERS, "-", "+", 1, self._consumer)
                    if await line.ask(pending) == [[]]:
                        await line.ask(("XGROUP", "DELCONSUMER", JOBS, WORKERS, self._consumer))
        except FAILURES as error:
            log.debug("redis_jobs_away", reason=reason_of(error))
        finally:
            await self._hang_up()

    async def _take_some(self) -> None:
        line = await self._connected()
        self._asked = True
        if time.monotonic() >= self._look_at:
            self._look_at = time.monotonic() + LOOK_SECONDS
            await self._take_over(line)
            if self._taken:
                return
        group = ("XREADGROUP", "GROUP", WORKERS, self._consumer)
        options = ("COUNT", TAKEN_AT_ONCE, "BLOCK", int(BLOCK_SECONDS * 1000))
        [answer] = await line.ask((*group, *options, "STREAMS", JOBS, ">"), seconds=2 * BLOCK_SECONDS)
        if isinstance(answer, ResponseError):
            await self._found(line, answer)
        else:
            self._pauses.reset()
            for _, entries in answer or ():
                self._keep(entries)

    async def _take_over(self, line: Line) -> None:
        """Take what a dead worker was given, and remove the dead."""
        idle = int(DEAD_SECONDS * 1000)
        claim: Command = ("XAUTOCLAIM", JOBS, WORKERS, self._consumer, idle, "0-0", "COUNT", TAKEN_AT_ONCE)
        claimed, consumers = await line.ask(claim, ("XINFO", "CONSUMERS", JOBS, WORKERS))
        if isinstance(claimed, ResponseError) or isinstance(consumers, ResponseError):
            await self._found(line, claimed)
            return
        self._keep(claimed[1])
        for consumer in consumers:
            facts = dict(zip(consumer[::2], consumer[1::2], strict=True))
            if facts[b"idle"] > GONE_SECONDS * 1000 and not facts[b"pending"]:
                await line.ask(("XGROUP", "DELCONSUMER", JOBS, WORKERS, facts[b"name"]))

    async def _found(self, line: Line, refusal: ResponseError) -> None:
        """Make the group, which is not there at first and after everything was flushed."""
        [answer] = await line.ask(("XGROUP", "CREATE", JOBS, WORKERS, "0", "MKSTREAM"))
        if isinstance(answer, ResponseError):
            if "BUSYGROUP" not in str(answer):  # else another worker was quicker
                log.warning("redis_jobs_refused", reason=str(refusal))
            await self._pauses.pause()

    def _keep(self, entries: Sequence[tuple[bytes, Sequence[bytes] | None]]) -> None:
        for entry_id, fields in entries:
            receipt = entry_id.decode()
            if fields is None:  # trimmed since it was given out
                self.done(WakeUp(UUID(int=0), UUID(int=0), receipt))
                continue
            told = dict(zip(fields[::2], fields[1::2], strict=True))
            try:
                wake_up = WakeUp(UUID(told[b"user"].decode()), UUID(told[b"message"].decode()), receipt)
            except (KeyError, ValueError):  # it would be given to one worker after the other, for ever
                log.warning("wake_up_unreadable", receipt=receipt)
                self.done(WakeUp(UUID(int=0), UUID(int=0), receipt))
            else:
                self._taken.append(wake_up)

    async def _connected(self) -> Line:
        if self._line is None:
            self._line = await self._connections.line_to(await self._connections.node_of(JOBS))
        return self._line

    async def _hang_up(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            await self._connections.hang_up(line)
