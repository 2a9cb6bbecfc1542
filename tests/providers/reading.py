"""Reading a stream to its end, whatever the end."""

from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field

from causerie.providers.protocol import (
    Finish,
    Piece,
    PromptMessage,
    Provider,
    ProviderError,
    Reasoning,
    Sampling,
    Text,
    Usage,
)

QUESTION = (PromptMessage("system", "You are Wren."), PromptMessage("user", "Who are you?"))


@dataclass
class Outcome:
    """What a caller got, piece by piece, and how it ended."""

    pieces: list[Piece] = field(default_factory=list)
    error: ProviderError | None = None

    @property
    def text(self) -> str:
        return "".join(piece.text for piece in self.pieces if isinstance(piece, Text))

    @property
    def thoughts(self) -> str:
        return "".join(piece.text for piece in self.pieces if isinstance(piece, Reasoning))

    @property
    def usage(self) -> Usage | None:
        return next((piece for piece in self.pieces if isinstance(piece, Usage)), None)

    @property
    def finish(self) -> Finish | None:
        return next((piece for piece in self.pieces if isinstance(piece, Finish)), None)

    @property
    def code(self) -> str | None:
        return self.error.code if self.error else None


async def outcome(
    provider: Provider, prompt: Sequence[PromptMessage] = QUESTION, sampling: Sampling | None = None
) -> Outcome:
    async with aclosing(provider.stream(prompt, sampling or Sampling())) as pieces:
        return await read(pieces)


async def read(pieces: AsyncIterator[Piece]) -> Outcome:
    got = Outcome()
    try:
        async for piece in pieces:
            got.pieces.append(piece)
    except ProviderError as error:
        got.error = error
    return got
