"""One reply on its way from an adapter: its pieces, its limits, and how it ended."""

from collections.abc import Sequence
from typing import TypeAlias

from causerie.providers.mending import TextMender
from causerie.providers.protocol import (
    EmptyReply,
    Finish,
    Piece,
    PromptMessage,
    ProviderCut,
    ProviderError,
    Reasoning,
    ReplyTooLong,
    Text,
    Usage,
)

MAX_TEXT_BYTES = 256 << 10  # S70
MAX_REASONING_BYTES = 1 << 20
LONGEST_NAME = 200
MOST_COUNTED = 2**53

_ONLY_THOUGHTS = "The model used up its reply by thinking and said nothing. Allow it more tokens for a reply."

Words: TypeAlias = type[Text | Reasoning]


class Reply:
    """Collects what a model sends and gives it out as pieces; text that was collected together is one piece.

    A failure ends the reply, and `finish` raises it: so everything that came before it is given out first.
    """

    def __init__(self, prompt: Sequence[PromptMessage]) -> None:
        self.ended = False
        """Whether nothing more is wanted of the model."""
        self.provider: str | None = None
        self.model: str | None = None
        self.usage: Usage | None = None
        self._continues = prompt[-1].role == "assistant"
        self._pieces: list[Piece] = []
        self._kind: Words = Text
        self._parts: list[str] = []
        self._menders: dict[Words, TextMender] = {Text: TextMender(), Reasoning: TextMender()}
        self._room: dict[Words, int] = {Text: MAX_TEXT_BYTES, Reasoning: MAX_REASONING_BYTES}
        self._finish: Finish | None = None
        self._error: ProviderError | None = None

    @property
    def finished(self) -> bool:
        """Whether the model said that it ended; its usage may still come."""
        return self._finish is not None

    def say(self, text: str) -> None:
        """Add what the model says, in whatever cuts it comes."""
        if self._kind is not Text:
            self._collect()
            self._kind = Text
        self._parts.append(text)

    def think(self, text: str) -> None:
        """Add what the model thinks aloud."""
        if self._kind is not Reasoning:
            self._collect()
            self._kind = Reasoning
        self._parts.append(text)

    def finished_with(self, reason: str | None) -> None:
        """Note that the model ended; None when nobody said why."""
        self._finish = Finish(reason)

    def fail(self, error: ProviderError) -> None:
        """End the reply by its first failure."""
        self._error = self._error or error
        self.ended = True

    def pieces(self) -> list[Piece]:
        """Return what was added since the last time, maybe nothing."""
        self._collect()
        pieces, self._pieces = self._pieces, []
        return pieces

    def rest(self) -> list[Piece]:
        """Return what was held back to the end, whether the reply ended well or not."""
        self._collect()
        for kind, mender in self._menders.items():
            self._add(kind, mender.end())
        if self.usage and _is_countable(self.usage):
            self._pieces.append(self.usage)
        return self._pieces

    def finish(self) -> Finish:
        """Return how the reply ended.

        Raises:
            ProviderError: it failed, ended before its end, or said nothing.
        """
        if self._error:
            raise self._error
        if self._finish is None:
            raise ProviderCut
        if self._room[Text] == MAX_TEXT_BYTES and not self._continues:
            raise EmptyReply(_ONLY_THOUGHTS if self._room[Reasoning] < MAX_REASONING_BYTES else None)
        return Finish(_storable(self._finish.reason), _storable(self.provider), _storable(self.model))

    def _collect(self) -> None:
        if self._parts:
            text = "".join(self._parts)
            self._parts.clear()
            self._add(self._kind, self._menders[self._kind].mend(text))

    def _add(self, kind: Words, text: str) -> None:
        size = len(text) if text.isascii() else len(text.encode())
        if size > self._room[kind]:
            text = text.encode()[: self._room[kind]].decode(errors="ignore")
            self.fail(ReplyTooLong())
        self._room[kind] = max(0, self._room[kind] - size)
        if text:
            self._pieces.append(kind(text))


def _storable(name: str | None) -> str | None:
    """Return a provider's word for something as a database takes it."""
    return name and name.encode(errors="replace").decode().replace("\0", "")[:LONGEST_NAME]


def _is_countable(usage: Usage) -> bool:
    counts = (usage.prompt_tokens, usage.completion_tokens, usage.cost or 0)
    return all(0 <= count <= MOST_COUNTED for count in counts)  # NaN is not
