"""The measurements, each by whatever asks: straight at the mock, through a proxy, or over Causerie's socket."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from statistics import median, quantiles
from typing import Protocol

from bench.clients import EventStream, Socket, Turn
from bench.mock import WORD
from bench.processes import Measured

RATE = 20
"""Tokens a second of a paced chat."""
WARM_UP = 0.1
"""Share of the first turns that does not count."""
SPREAD_SECONDS = 1.0
"""All chats of a crowd begin within this time."""
PROBE_PAUSE_SECONDS = 0.05


class Asker(Protocol):
    """One chat: asks for a reply, waits for its end, and tells when what came."""

    async def ask(self, model: str) -> Turn:
        """Ask for a reply as `model` orders it (bench/mock.py)."""

    def close(self) -> None: ...


Opener = Callable[[], Awaitable[Asker]]


@dataclass(frozen=True, slots=True)
class Crowd:
    """How a number of paced chats went: the lateness of the last end, the processor time of 1,000 tokens, and the times
    to the first token of a further chat. Seconds."""

    latest: float
    cpu_a_thousand: float
    probed: list[float] = field(default_factory=list)


def streams_to(port: int) -> Opener:
    """Return chats of the mock or a proxy at `port`."""

    async def opened() -> Asker:
        return await EventStream.open(port)

    return opened


class Chat:
    """A session that one socket has joined; a turn's model is set before, and its setting is not measured."""

    def __init__(self, socket: Socket, session_id: str, choose: Callable[[str, str], Awaitable[None]]) -> None:
        self.socket = socket
        self.session_id = session_id
        self._choose = choose
        self._model = ""

    async def prepare(self, model: str) -> None:
        if model != self._model:
            await self._choose(self.session_id, model)
            self._model = model

    async def ask(self, model: str) -> Turn:
        await self.prepare(model)
        return await self.socket.say(self.session_id, "Hello!", characters_a_token=len(WORD))

    def close(self) -> None:
        self.socket.close()


async def first_tokens(opener: Opener, turns: int, *, turns_a_chat: int = 20) -> list[float]:
    """Return the times (seconds) to the first token of one turn after the other."""
    times: list[float] = []
    while len(times) < turns:
        chat = await opener()
        times += [(await chat.ask("flood:4")).to_first for _ in range(turns_a_chat)]
        chat.close()
    return times[int(turns * WARM_UP) :]


async def saturated(opener: Opener, chats: int, tokens: int) -> float:
    """Return how many tokens a second reach `chats` readers together when the provider sends as fast as it can."""
    async with AsyncExitStack() as stack:
        askers = await _open(opener, chats, stack)
        await asyncio.gather(*(asker.ask("paced:500:2") for asker in askers))
        started = time.perf_counter()
        turns = await asyncio.gather(*(asker.ask(f"flood:{tokens}") for asker in askers))
        return sum(turn.tokens for turn in turns) / (time.perf_counter() - started)


async def crowd(opener: Opener, server: Measured, chats: int, seconds: float, *, probe: bool = False) -> Crowd:
    """Let `chats` chats stream for `seconds` at their pace; with `probe` a further one asks again and again."""
    model = f"paced:{RATE}:{round(seconds * RATE)}"
    async with AsyncExitStack() as stack:
        askers = await _open(opener, chats, stack)
        for asker in askers:
            if isinstance(asker, Chat):
                await asker.prepare(model)
        cpu = server.cpu_seconds()
        probing = asyncio.create_task(_probe(opener, seconds)) if probe else None
        turns = await asyncio.gather(
            *(_later(place * SPREAD_SECONDS / chats, asker, model) for place, asker in enumerate(askers))
        )
        used = server.cpu_seconds() - cpu
        return Crowd(
            latest=max(turn.lateness(RATE) for turn in turns),
            cpu_a_thousand=used / sum(turn.tokens for turn in turns) * 1_000,
            probed=await probing if probing else [],
        )


def percentile(values: Sequence[float], percent: int) -> float:
    """Return the value that `percent` of a hundred do not exceed."""
    return quantiles(values, n=100, method="inclusive")[percent - 1] if percent != 50 else median(values)


async def _probe(opener: Opener, seconds: float) -> list[float]:
    """Ask once the crowd streams, until it is about to end."""
    asker = await opener()
    await asker.ask("paced:500:4")
    await asyncio.sleep(SPREAD_SECONDS)
    times: list[float] = []
    until = time.perf_counter() + seconds - SPREAD_SECONDS - 0.5
    while time.perf_counter() < until:
        times.append((await asker.ask("paced:500:4")).to_first)
        await asyncio.sleep(PROBE_PAUSE_SECONDS)
    asker.close()
    return times


async def _later(seconds: float, asker: Asker, model: str) -> Turn:
    await asyncio.sleep(seconds)
    return await asker.ask(model)


async def _open(opener: Opener, count: int, stack: AsyncExitStack) -> list[Asker]:
    askers = []
    for _ in range(count):
        asker = await opener()
        stack.callback(asker.close)
        askers.append(asker)
    return askers
