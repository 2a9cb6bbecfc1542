"""Doubles that keep the promises of what they stand for, for our tests and for those of other adapters' authors."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from causerie.providers.protocol import (
    Finish,
    ModelConfig,
    Piece,
    Profile,
    PromptMessage,
    Provider,
    ProviderError,
    Sampling,
    Text,
)


@dataclass(frozen=True, slots=True)
class Pause:
    """The model takes `seconds` before its next piece."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Gate:
    """The model sends nothing more until `opened` is set. `reached` is set when it gets here."""

    opened: asyncio.Event = field(default_factory=asyncio.Event)
    reached: asyncio.Event = field(default_factory=asyncio.Event)


Step: TypeAlias = str | Piece | Pause | Gate | ProviderError
"""What a script is made of; a plain text stands for `Text`, an error is raised."""


@dataclass(slots=True)
class Call:
    """One call of a `ScriptedProvider`, as it went."""

    prompt: tuple[PromptMessage, ...]
    sampling: Sampling
    sent: str = ""
    ended: bool = False
    """Whether the script was played to its end; False after the caller closed the stream."""


class ScriptedProvider:
    """A `Provider` that plays one script a call; the last script serves all further calls.

    A script without `Finish` or error at its end gets `Finish("stop")`. When the prompt ends with an assistant's
    message and the script's text begins with it, that much of the text is left out, as a model does that continues.

        provider = ScriptedProvider(["Hello, ", Pause(0.1), "you."], [ProviderCut()])
    """

    def __init__(
        self,
        *scripts: Sequence[Step],
        profile: Profile = "normal",
        tokens_per_message: int | None = None,
    ) -> None:
        self.scripts = list(scripts)
        self.calls: list[Call] = []
        self.closed = False
        self._profile: Profile = profile
        self._tokens_per_message = tokens_per_message

    @property
    def profile(self) -> Profile:
        return self._profile

    async def stream(self, prompt: Sequence[PromptMessage], sampling: Sampling) -> AsyncGenerator[Piece, None]:
        call = Call(tuple(prompt), sampling)
        script = self.scripts[min(len(self.calls), len(self.scripts) - 1)]
        self.calls.append(call)
        for piece_or_wait in _continued(script, prompt):
            match piece_or_wait:
                case Pause(seconds):
                    await asyncio.sleep(seconds)
                case Gate(opened, reached):
                    reached.set()
                    await opened.wait()
                case ProviderError():
                    call.ended = True
                    raise piece_or_wait
                case Finish():
                    call.ended = True
                    yield piece_or_wait
                    return
                case piece:
                    if isinstance(piece, Text):
                        call.sent += piece.text
                    yield piece
        call.ended = True
        yield Finish("stop")

    async def count_tokens(self, prompt: Sequence[PromptMessage]) -> int | None:
        return None if self._tokens_per_message is None else len(prompt) * self._tokens_per_message

    async def close(self) -> None:
        self.closed = True


class ScriptedSource:
    """A `ProviderSource` with one provider for every configuration; `asked` keeps the configurations."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self.asked: list[ModelConfig] = []

    def for_model(self, config: ModelConfig) -> Provider:
        self.asked.append(config)
        return self.provider


def _continued(script: Sequence[Step], prompt: Sequence[PromptMessage]) -> list[Piece | Pause | Gate | ProviderError]:
    steps = [Text(step) if isinstance(step, str) else step for step in script]
    whole = "".join(step.text for step in steps if isinstance(step, Text))
    prefix = prompt[-1].text if prompt and prompt[-1].role == "assistant" else ""
    left_out = len(prefix) if whole.startswith(prefix) else 0
    rest: list[Piece | Pause | Gate | ProviderError] = []
    for step in steps:
        if isinstance(step, Text):
            skipped = min(left_out, len(step.text))
            left_out -= skipped
            if step.text[skipped:]:
                rest.append(Text(step.text[skipped:]))
        elif left_out == 0:
            rest.append(step)
    return rest
