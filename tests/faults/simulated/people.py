"""People who talk: each tab is the real client over simulated connections, and remembers what it was promised."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import UUID

from causerie.client.reducer import Effect, Frame, Send, SessionState
from causerie.client.socket import Ack, Client, Refused, SessionLeft, connect
from causerie.ids import new_id
from tests.faults.simulated.clockwork import Process, Trace
from tests.faults.simulated.storage import short

AGAIN_SECONDS = 1.0
TROUBLE = 500


@dataclass
class Saying:
    """Something said. `acks`: what was promised for it."""

    message_id: UUID
    session_id: str | None
    content: str
    acks: list[Ack] = field(default_factory=list)
    began: float = 0.0
    acked_at: float | None = None


@dataclass(frozen=True)
class Stopped:
    """A stop that was acknowledged at `at`."""

    message_id: UUID
    at: float


@dataclass
class Memory:
    """What all people together said and were told."""

    sayings: dict[UUID, Saying] = field(default_factory=dict)
    stops: list[Stopped] = field(default_factory=list)
    asked_again: list[tuple[UUID, float]] = field(default_factory=list)
    edited: set[UUID] = field(default_factory=set)
    deleted: set[UUID] = field(default_factory=set)
    conflicts: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    questions: int = 0

    def question(self) -> str:
        """Return something that nobody has said yet."""
        self.questions += 1
        return f"Question {self.questions}."


class Tab:
    """One client in a process of its own."""

    client: Client

    def __init__(self, name: str, memory: Memory, trace: Trace, chance: Random) -> None:
        self.process = Process(name)
        self.memory = memory
        self.ready = asyncio.Event()
        self.frames: list[Frame] = []
        self.paged_at: dict[str, int] = {}
        self._trace = trace
        self._chance = chance
        self._applied: dict[str, int] = {}
        self._texts: dict[str, tuple[int, int]] = {}
        self._life = self.process.spawn(self._live(), name=name)

    @property
    def name(self) -> str:
        """The process's name."""
        return self.process.name

    async def join(self, session_id: str) -> None:
        """Follow a session, whatever is in the way."""
        await self._persist(lambda: self.client.join(session_id))

    async def say(self, session_id: str | None, saying: Saying, **facts: Any) -> None:
        """Say something until it is acknowledged."""
        loop = asyncio.get_running_loop()
        self.memory.sayings[saying.message_id] = saying
        saying.began = loop.time()
        self._trace(self.name, f"says {short(saying.message_id)} {saying.content}")
        ack = await self._persist(
            lambda: self.client.say(session_id, saying.content, message_id=saying.message_id, **facts)
        )
        if ack is not None:
            saying.acks.append(ack)
            saying.acked_at = saying.acked_at or loop.time()
            self._trace(self.name, f"ack {short(saying.message_id)} reply {short(ack.reply_id or '')}")

    async def contradict(self, saying: Saying) -> None:
        """Say something else under an id that is stored."""
        session_id = saying.acks[0].session_id
        try:
            while True:
                try:
                    await self.client.say(session_id, saying.content + " Or not?", message_id=saying.message_id)
                except Refused as refusal:
                    if refusal.problem["status"] < TROUBLE:
                        raise
                    await asyncio.sleep(AGAIN_SECONDS)
                else:
                    self.memory.conflicts.append("acknowledged")
                    return
        except Refused as refusal:
            self.memory.conflicts.append(refusal.problem["code"])

    async def ask(self, verb: str, message_id: UUID) -> None:
        """Stop, retry, continue or swipe a reply."""
        loop, attempt = asyncio.get_running_loop(), self._attempt(message_id)
        sibling = new_id()
        self._trace(self.name, f"asks to {verb} {short(message_id)}")
        match verb:
            case "stop":
                asked = await self._persist(lambda: self.client.stop(message_id))
                if asked is not None:
                    self.memory.stops.append(Stopped(message_id, loop.time()))
            case "retry":
                self.memory.asked_again.append((message_id, loop.time()))
                asked = await self._persist(lambda: self.client.retry(message_id, attempt=attempt))
            case "continue":
                self.memory.asked_again.append((message_id, loop.time()))
                asked = await self._persist(lambda: self.client.carry_on(message_id, attempt=attempt))
            case _:
                asked = await self._persist(lambda: self.client.swipe(message_id, new=sibling))
        self._trace(self.name, f"{verb} {short(message_id)}: {'done' if asked else 'refused'}")

    def replies(self, *, ended: bool) -> list[UUID]:
        """Return the replies that this tab knows."""
        found = [
            UUID(row["id"])
            for state in self.client.sessions.values()
            for row in state.messages.values()
            if row["role"] == "assistant" and (row["status"] not in ("queued", "streaming")) is ended
        ]
        return sorted(found)

    async def _persist(self, ask: Callable[[], Awaitable[Ack | SessionState]]) -> Ack | None:
        """Ask until the server is able to answer; None for a refusal."""
        while True:
            try:
                answer = await ask()
            except SessionLeft:
                return None
            except Refused as refusal:
                if refusal.problem["status"] < TROUBLE:
                    self.memory.refusals.append(refusal.problem["code"])
                    return None
                await asyncio.sleep(AGAIN_SECONDS * self._chance.uniform(0.5, 1.5))
            else:
                return answer if isinstance(answer, Ack) else None

    def _attempt(self, message_id: UUID) -> int:
        return max((state.known(str(message_id)).attempt for state in self.client.sessions.values()), default=0)

    async def _live(self) -> None:
        async with connect(f"ws://{self.name}", observe=self._observe) as client:
            self.client = client
            self.ready.set()
            await asyncio.get_running_loop().create_future()

    def _observe(self, frame: Frame, effects: list[Effect]) -> None:
        """Check what one connection promises: nothing is missing in it, so nothing is asked for again."""
        self.frames.append(frame)
        if any(isinstance(effect, Send) for effect in effects):
            self.memory.violations.append(f"I3: {frame} left {self.name} with a hole")
        session_id = frame.get("session_id")
        state = self.client.sessions.get(session_id or "")
        if session_id is None:
            return
        if state is None or state.seq is None:
            self._applied.pop(session_id, None)
            return
        before = self._applied.get(session_id)
        if before is not None and frame["type"] != "session:joined" and state.seq not in (before, before + 1):
            self.memory.violations.append(f"I3: {self.name} went from event {before} to {state.seq}")
        self._applied[session_id] = state.seq
        self._check_order(frame, state)
        if frame["type"] == "session:joined" and frame.get("messages") is not None:
            self.paged_at[session_id] = state.seq

    def _check_order(self, frame: Frame, state: SessionState) -> None:
        """All text comes before the end that tells it again, and none after it."""
        kind = frame["type"]
        if kind == "chat:stream:token":
            known = state.known(frame["message_id"])
            if known.closed and frame["offset"] + len(frame["token"]) > len(known.text):
                self.memory.violations.append(f"I4: {frame} extends a text that has ended")
        if kind == "chat:stream:end":
            attempt, length = self._texts.get(frame["message_id"], (0, 0))
            if attempt == frame["attempt"] > 0 and length < frame["length"]:
                self.memory.violations.append(f"I4: {self.name} had {length} of {frame['length']} at {frame}")
        self._texts = {key: (reply.attempt, len(reply.text)) for key, reply in state.replies.items()}
