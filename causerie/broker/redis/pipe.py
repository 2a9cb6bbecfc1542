"""One connection for many: what is asked while a pipeline is on its way makes up the next one."""

import asyncio
import time
from collections import deque
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Protocol

import structlog
from redis.exceptions import ResponseError

from causerie.broker.redis.connections import (
    ANSWER_SECONDS,
    FAILURES,
    Answer,
    Command,
    Connections,
    Line,
    Node,
    Pauses,
    reason_of,
)
from causerie.failpoints import failpoint, is_armed

PARCELS_AT_ONCE = 256
BYTES_AT_ONCE = 1 << 20
WAITING_PARCELS = 10_000
WAITING_BYTES = 8 << 20
BEFORE_PUBLISH = "after_xadd_before_publish"

log = structlog.get_logger(__name__)


class Parcel(Protocol):
    """Commands that belong together, on keys of one slot."""

    key: bytes
    size: int

    def commands(self) -> Sequence[Command]:
        """Return the commands to send now."""

    def settle(self, commands: Sequence[Command], answers: Sequence[Answer]) -> None:
        """Take the answers to what `commands` returned."""

    def retry(self) -> None:
        """Take note that nobody knows whether the commands arrived, and that `commands` will be called once more."""

    def lose(self) -> None:
        """Take note that the commands will not be sent."""


Exchange = tuple[Parcel, Sequence[Command], Sequence[Answer]]


class Once:
    """A single command whose answer nobody awaits."""

    def __init__(self, key: bytes, command: Command) -> None:
        self.key = key
        self.size = sum(len(part) for part in command if isinstance(part, bytes))
        self._command = command

    def commands(self) -> Sequence[Command]:
        return [self._command]

    def settle(self, commands: Sequence[Command], answers: Sequence[Answer]) -> None:
        warn_of_refusals(commands, answers)

    def retry(self) -> None:
        """Be sent once more as it is."""

    def lose(self) -> None:
        """Leave it to the database to tell the same, a little later."""


class Question(Once):
    """A single command whose answer somebody awaits; None if there is none."""

    def __init__(self, key: bytes, command: Command) -> None:
        super().__init__(key, command)
        self.answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()

    def settle(self, commands: Sequence[Command], answers: Sequence[Answer]) -> None:
        super().settle(commands, answers)
        self._tell(None if isinstance(answers[0], ResponseError) else answers[0])

    def lose(self) -> None:
        self._tell(None)

    def _tell(self, answer: Answer) -> None:
        if not self.answer.done():
            self.answer.set_result(answer)


class Pipe:
    """Sends parcels in their order, one pipeline at a time (in a cluster: one a node).

    Args:
        patient: while Redis is away parcels wait, and they are sent again when it is not known whether they arrived;
            beyond a limit the oldest are lost. Without patience they are lost at once.
    """

    def __init__(self, connections: Connections, *, patient: bool) -> None:
        self._connections = connections
        self._patient = patient
        self._lines: dict[Node, Line] = {}
        self._waiting: deque[Parcel] = deque()
        self._bytes = 0
        self._lost = 0
        self._some = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._pauses = Pauses()
        self._pausing = False
        self._away_since: float | None = None

    @property
    def away(self) -> bool:
        """Whether what was sent last failed: out of reach, or no writes are taken there."""
        return self._away_since is not None

    def put(self, parcel: Parcel) -> None:
        """Send a parcel soon; returns at once."""
        if self._pausing and not self._patient:
            parcel.lose()
            return
        self._waiting.append(parcel)
        self._bytes += parcel.size
        while len(self._waiting) > WAITING_PARCELS or self._bytes > WAITING_BYTES:
            self._lose_oldest()
        self._idle.clear()
        self._some.set()

    async def run(self) -> None:
        """Send what there is until cancelled."""
        try:
            while True:
                await self._some.wait()
                await self._send(self._take())
                if not self._waiting:
                    self._some.clear()
                    self._idle.set()
        finally:
            await self._hang_up()

    async def flushed(self) -> None:
        """Wait until everything is sent."""
        await self._idle.wait()

    def _take(self) -> list[Parcel]:
        batch: list[Parcel] = []
        size = 0
        while self._waiting and len(batch) < PARCELS_AT_ONCE and size < BYTES_AT_ONCE:
            parcel = self._waiting.popleft()
            batch.append(parcel)
            size += parcel.size
        self._bytes -= size
        return batch

    async def _send(self, batch: list[Parcel]) -> None:
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await self._exchange(batch)
        except FAILURES as error:
            await self._hang_up()
            self._connections.forget_nodes()
            self._give_back(batch)
            if self._away_since is None:
                self._away_since = time.monotonic()
                log.warning("redis_away", reason=reason_of(error))
            self._pausing = True
            await self._pauses.pause()
            self._pausing = False
        except Exception:
            # One parcel's fault must not silence all that come after it.
            log.exception("redis_parcels_lost", parcels=len(batch))
            await self._hang_up()
            for parcel in batch:
                parcel.lose()
        else:
            self._pauses.reset()
            if self._away_since is not None:
                log.info("redis_back", seconds=round(time.monotonic() - self._away_since, 1), lost=self._lost)
                self._away_since, self._lost = None, 0

    def _give_back(self, batch: list[Parcel]) -> None:
        for parcel in reversed(batch):
            parcel.retry()
            self._waiting.appendleft(parcel)
            self._bytes += parcel.size
        while self._waiting and not self._patient:
            self._lose_oldest()

    def _lose_oldest(self) -> None:
        parcel = self._waiting.popleft()
        self._bytes -= parcel.size
        self._lost += 1
        parcel.lose()

    async def _exchange(self, batch: list[Parcel]) -> None:
        parcels_of: dict[Node, list[Parcel]] = {}
        for parcel in batch:
            parcels_of.setdefault(await self._connections.node_of(parcel.key), []).append(parcel)
        for parcel, commands, answers in chain.from_iterable(await self._exchange_with_each(parcels_of)):
            parcel.settle(commands, answers)

    async def _exchange_with_each(self, parcels_of: Mapping[Node, list[Parcel]]) -> list[list[Exchange]]:
        """Exchange with all nodes at once. When one fails, none goes on: all parcels are given back."""
        if len(parcels_of) == 1:
            return [await self._exchange_with(node, parcels) for node, parcels in parcels_of.items()]
        exchanges = [asyncio.create_task(self._exchange_with(*part)) for part in parcels_of.items()]
        try:
            return await asyncio.gather(*exchanges)
        finally:
            for exchange in exchanges:
                exchange.cancel()
            await asyncio.gather(*exchanges, return_exceptions=True)

    async def _exchange_with(self, node: Node, parcels: list[Parcel]) -> list[Exchange]:
        line = self._lines.get(node)
        if line is None:
            line = self._lines[node] = await self._connections.line_to(node)
        commands = [parcel.commands() for parcel in parcels]
        if is_armed(BEFORE_PUBLISH):
            await _send_with_failpoint(line, commands)
        else:
            await line.send([command for of_parcel in commands for command in of_parcel])
        return [
            (parcel, of_parcel, [await line.receive() for _ in of_parcel])
            for parcel, of_parcel in zip(parcels, commands, strict=True)
        ]

    async def _hang_up(self) -> None:
        lines, self._lines = self._lines, {}
        for line in lines.values():
            await self._connections.hang_up(line)


def warn_of_refusals(commands: Sequence[Command], answers: Sequence[Answer]) -> None:
    """Log what Redis did not do, and why."""
    for command, answer in zip(commands, answers, strict=True):
        if isinstance(answer, ResponseError):
            log.warning("redis_refused", command=command[0], reason=str(answer))


async def _send_with_failpoint(line: Line, commands: Sequence[Sequence[Command]]) -> None:
    """Send one command at a time, so that a text can be in its stream and not yet published."""
    for of_parcel in commands:
        stored = False
        for command in of_parcel:
            if stored and command[0] == "PUBLISH":
                failpoint(BEFORE_PUBLISH)
            stored = stored or command[0] == "XADD"
            await line.send([command])
