"""Language models whose every call is written down: no two calls send the same text, so a text tells its calls."""

import asyncio
import re
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from random import Random

from causerie.aimodels.models import ModelRow
from causerie.providers.protocol import (
    ContentBlocked,
    EmptyReply,
    Finish,
    ModelConfig,
    Piece,
    Profile,
    PromptMessage,
    ProviderCut,
    ProviderError,
    ProviderFailed,
    ProviderRateLimited,
    ProviderSilent,
    Sampling,
    Text,
    Usage,
)
from tests.faults.simulated.clockwork import Process, Trace, here

KINDS = ("continues", "free", "paid")
"""What models there are: one goes on with a cut text, one starts again at no cost, one would bill it twice."""

FIRST_BYTE_SECONDS = 60.0
SILENCE_SECONDS = 30.0
MARKS = 0x4E00
"""A call's words begin with a sign of its own."""
WORD_ENDS = (" ", " ", " ", "\n", "é ", "e\u0301 ", "👩‍🚀 ", "🇦🇹 ", "،\u200d ", '"\\ ')
QUESTION = re.compile(r"Question \d+\.")


@dataclass
class Faults:
    """How likely calls go wrong, and how fast models write."""

    share: float = 0.0
    pace: tuple[float, float] = (0.01, 0.12)
    words: tuple[int, int] = (2, 40)
    next: list[tuple[int, ProviderError]] = field(default_factory=list)
    """What the next calls come to, before anything is left to chance: a failure after so many words."""


@dataclass(eq=False)
class Call:
    """One call of a model, as it went: what it `sent`, and when each piece of it."""

    number: int
    kind: str
    question: str
    kept: str
    process: Process
    began: float
    sent: str = ""
    moments: list[tuple[float, int]] = field(default_factory=list)
    completed: bool = False
    ended: float | None = None

    def sent_by(self, moment: float) -> int:
        """Return how many code points were sent until then."""
        return max((length for at, length in self.moments if at <= moment), default=0)


class SimulatedModels:
    """The `ProviderSource` of all workers."""

    def __init__(self, chance: Random, trace: Trace) -> None:
        self.chance = chance
        self.trace = trace
        self.faults = Faults()
        self.calls: list[Call] = []
        self.quiet: list[tuple[float, float]] = []
        """When some model let somebody wait for long: from, until."""

    def for_model(self, config: ModelConfig) -> "SimulatedModel":
        """Return the model of that name."""
        return SimulatedModel(self, config.model)

    def drop_connections(self) -> None:
        """Do nothing: the models answer whoever still listens."""

    async def wait(self, seconds: float) -> None:
        """Let the caller wait; what is long is written down."""
        if seconds > 1:
            now = asyncio.get_running_loop().time()
            self.quiet.append((now, now + seconds))
        await asyncio.sleep(seconds)


class SimulatedModel:
    """One model, as a `Provider`."""

    def __init__(self, models: SimulatedModels, kind: str) -> None:
        self._models = models
        self._kind = kind

    @property
    def profile(self) -> Profile:
        return "normal"

    async def stream(self, prompt: Sequence[PromptMessage], sampling: Sampling) -> AsyncGenerator[Piece, None]:
        del sampling
        models, loop = self._models, asyncio.get_running_loop()
        chance, faults = models.chance, models.faults
        asked = next(message.text for message in reversed(prompt) if message.role == "user")
        kept = prompt[-1].text if prompt[-1].role == "assistant" else ""
        question = QUESTION.findall(asked)
        call = Call(len(models.calls), self._kind, question[-1] if question else asked, kept, here(), loop.time())
        models.calls.append(call)
        models.trace(here().name, f"call {call.number} of {self._kind}: {call.question} after {len(kept)}")
        words = chance.randint(*faults.words)
        failure = _failure(chance) if chance.random() < faults.share else None
        breaks = 0 if failure is None or chance.random() < 0.5 else chance.randint(1, words)
        if faults.next:
            breaks, failure = faults.next.pop(0)
        try:
            await models.wait(chance.choice((0.01, 0.05, 0.2, 1.0)))
            for word in range(words):
                if failure is not None and word == breaks:
                    await self._fail(failure, began=word > 0)
                text = f"{chr(MARKS + call.number)}{word}{chance.choice(WORD_ENDS)}"
                call.sent += text
                call.moments.append((loop.time(), len(call.sent)))
                yield Text(text)
                await models.wait(chance.uniform(*faults.pace))
            if failure is not None and words == breaks:
                await self._fail(failure, began=True)
            yield Usage(10, words)
            call.completed = True
            yield Finish("stop")
        finally:
            call.ended = loop.time()
            models.trace(call.process.name, f"call {call.number} ended after {len(call.sent)}")

    async def _fail(self, failure: ProviderError, *, began: bool) -> None:
        if isinstance(failure, ProviderSilent):
            await self._models.wait(SILENCE_SECONDS if began else FIRST_BYTE_SECONDS)
        elif failure.retry_after is not None and not began:
            now = asyncio.get_running_loop().time()
            self._models.quiet.append((now, now + failure.retry_after))
        raise failure

    async def count_tokens(self, prompt: Sequence[PromptMessage]) -> int | None:
        del prompt
        return None

    async def close(self) -> None:
        pass


def config_of(model: ModelRow) -> ModelConfig:
    """Return what a model's row says."""
    return ModelConfig(provider="openai", model=model.model, paid=model.paid, continue_prefix=model.continue_prefix)


def calls_in(content: str, calls: Sequence[Call]) -> list[tuple[Call, int]] | None:
    """Return which calls a text is made of, in order, and how much of each; None if it is not made of `calls`."""
    parts: list[tuple[Call, int]] = []
    rest = content
    by_mark = {chr(MARKS + call.number): call for call in calls}
    while rest:
        call = by_mark.get(rest[0])
        if call is None or (parts and parts[-1][0].number >= call.number):
            return None
        length = _common(rest, call.sent)
        parts.append((call, length))
        rest = rest[length:]
    return parts


def _common(one: str, other: str) -> int:
    pairs = zip(one, other, strict=False)
    return next((place for place, (left, right) in enumerate(pairs) if left != right), min(len(one), len(other)))


def _failure(chance: Random) -> ProviderError:
    kinds = (ProviderCut, ProviderCut, ProviderCut, ProviderSilent, ProviderFailed, EmptyReply, ContentBlocked)
    if chance.random() < 0.15:
        return ProviderRateLimited(retry_after=chance.choice((1.0, 5.0, 60.0)))
    return chance.choice(kinds)()
