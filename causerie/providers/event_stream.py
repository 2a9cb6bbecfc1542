"""What providers that answer a POST with server-sent events have in common: the call, and how its events are read."""

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any, TypeAlias

from causerie.providers.foreign_json import parsed
from causerie.providers.mending import TextMender
from causerie.providers.outgoing import Answer, Outgoing, Request
from causerie.providers.protocol import (
    EmptyReply,
    Finish,
    ModelConfig,
    Piece,
    Profile,
    PromptMessage,
    ProviderCut,
    ProviderError,
    ProviderMalformed,
    ProviderSilent,
    Reasoning,
    ReplyTooLong,
    Sampling,
    Text,
    Usage,
)
from causerie.providers.refusals import refusal, seconds_to_wait
from causerie.providers.server_sent_events import EventParser, EventTooLong

MAX_TEXT_BYTES = 256 << 10  # S70
MAX_REASONING_BYTES = 1 << 20
LINGER_SECONDS = 5.0  # for usage and [DONE], once the model has said that it ended
END_OF_BODY_SECONDS = 0.05

_ONLY_THOUGHTS = "The model used up its reply by thinking and said nothing. Allow it more tokens for a reply."


Words: TypeAlias = type[Text | Reasoning]


class EventStreamProvider(ABC):
    """A provider behind one HTTP endpoint. Subclasses word the request and read the events."""

    profile: Profile = "normal"

    def __init__(self, config: ModelConfig, outgoing: Outgoing) -> None:
        self._config = config
        self._outgoing = outgoing

    async def stream(self, prompt: Sequence[PromptMessage], sampling: Sampling) -> AsyncGenerator[Piece, None]:
        reader = self._reader(continues=prompt[-1].role == "assistant")
        async with self._outgoing.post(self._request(prompt, with_defaults(sampling, self._config))) as answer:
            if answer.status != 200:
                raise self._refusal(answer.status, answer.headers, await _error_in(answer))
            while not reader.ended:
                for piece in await reader.read_from(answer):
                    yield piece
            if not reader.failed:
                await answer.read_end(END_OF_BODY_SECONDS)
        for piece in reader.rest():
            yield piece
        yield reader.finish()

    async def count_tokens(self, prompt: Sequence[PromptMessage]) -> int | None:  # noqa: ARG002 - part of the port
        return None

    async def close(self) -> None:
        return  # connections belong to `Outgoing`, which all providers share

    @abstractmethod
    def _request(self, prompt: Sequence[PromptMessage], sampling: Sampling) -> Request: ...

    @abstractmethod
    def _reader(self, *, continues: bool) -> "ReplyReader": ...

    def _refusal(self, status: int, headers: Mapping[str, str], error: Mapping[str, Any]) -> ProviderError:
        return refusal(status, error, seconds_to_wait(headers.get("Retry-After")))


class ReplyReader(ABC):
    """Turns the events of one reply into pieces; text that arrives together becomes one piece.

    A failure ends the reading, and `finish` raises it: so everything that came before it is given out first.
    """

    def __init__(self, *, continues: bool) -> None:
        self.ended = False
        """Whether nothing more is to be read."""
        self.provider: str | None = None
        self.model: str | None = None
        self.usage: Usage | None = None
        self._parser = EventParser()
        self._continues = continues
        self._pieces: list[Piece] = []
        self._kind: Words = Text
        self._parts: list[str] = []
        self._menders: dict[Words, TextMender] = {Text: TextMender(), Reasoning: TextMender()}
        self._room: dict[Words, int] = {Text: MAX_TEXT_BYTES, Reasoning: MAX_REASONING_BYTES}
        self._any_event = False
        self._finish: Finish | None = None
        self._error: ProviderError | None = None

    @property
    def failed(self) -> bool:
        """Whether the reply can only end with an error."""
        return self._error is not None

    async def read_from(self, answer: Answer) -> list[Piece]:
        """Wait for the next bytes and return the pieces that they bring, maybe none."""
        try:
            if "json" in answer.media_type:
                self._take(parsed(await answer.read_all()))
                self._end()
            else:
                chunk = await answer.read_some(LINGER_SECONDS if self._finish else None)
                self._read(self._parser.feed(chunk)) if chunk else self._read_end()
        except EventTooLong:
            self._fail(ProviderMalformed())
        except ProviderError as error:
            if not (self._finish and isinstance(error, (ProviderCut, ProviderSilent))):
                self._fail(error)
            self.ended = True
        self._flush()
        pieces, self._pieces = self._pieces, []
        return pieces

    def rest(self) -> list[Piece]:
        """Return what was held back to the end, whether the reply ended well or not."""
        for kind, mender in self._menders.items():
            self._add(kind, mender.end())
        if self.usage:
            self._pieces.append(self.usage)
        return self._pieces

    def finish(self) -> Finish:
        """Return how the reply ended.

        Raises:
            ProviderError: it failed, or ended before its end.
        """
        if self._error:
            raise self._error
        if self._finish is None:
            raise ProviderCut if self._any_event else ProviderMalformed
        if self._room[Text] == MAX_TEXT_BYTES and not self._continues:
            raise EmptyReply(_ONLY_THOUGHTS if self._room[Reasoning] < MAX_REASONING_BYTES else None)
        return Finish(self._finish.reason, self.provider, self.model)

    @abstractmethod
    def _take(self, event: Any) -> None:
        """Read the JSON of an event by `_say`, `_think`, `_finished` and the attributes.

        Raises:
            ProviderError: the event is an error, or none of this provider's.
        """

    def _is_done(self, data: bytes) -> bool:  # noqa: ARG002 - for subclasses
        """Return whether `data` is the mark that ends the stream."""
        return False

    def _say(self, text: str) -> None:
        if self._kind is not Text:
            self._flush()
            self._kind = Text
        self._parts.append(text)

    def _think(self, text: str) -> None:
        if self._kind is not Reasoning:
            self._flush()
            self._kind = Reasoning
        self._parts.append(text)

    def _finished(self, reason: str | None) -> None:
        self._finish = Finish(reason)

    def _read(self, events: Sequence[bytes]) -> None:
        for data in events:
            self._any_event = True
            if self._is_done(data):
                self._end()
                return
            self._take(parsed(data))

    def _read_end(self) -> None:
        self.ended = True
        try:
            self._read(self._parser.end())
        except ProviderMalformed:
            self._any_event = True  # the beginning of an event: the stream was cut within it

    def _end(self) -> None:
        self._finish = self._finish or Finish(None)  # null to the end means unknown, not cut
        self.ended = True

    def _flush(self) -> None:
        if self._parts:
            text = "".join(self._parts)
            self._parts.clear()
            self._add(self._kind, self._menders[self._kind].mend(text))

    def _add(self, kind: Words, text: str) -> None:
        if not text:
            return
        size = len(text) if text.isascii() else len(text.encode())
        if size > self._room[kind]:
            text = text.encode()[: self._room[kind]].decode(errors="ignore")
            self._fail(ReplyTooLong())
        self._room[kind] = max(0, self._room[kind] - size)
        if text:
            self._pieces.append(kind(text))

    def _fail(self, error: ProviderError) -> None:
        self._error = self._error or error
        self.ended = True


def with_defaults(sampling: Sampling, config: ModelConfig) -> Sampling:
    """Return `sampling` with the model row's values where it leaves the choice."""
    return Sampling(
        temperature=config.temperature if sampling.temperature is None else sampling.temperature,
        top_p=config.top_p if sampling.top_p is None else sampling.top_p,
        max_tokens=config.max_output_tokens if sampling.max_tokens is None else sampling.max_tokens,
        stop=sampling.stop,
        seed=sampling.seed,
        options={**config.options, **sampling.options},
    )


async def _error_in(answer: Answer) -> Mapping[str, Any]:
    try:
        body = parsed(await answer.read_all())
    except ProviderError:  # then the status has to say it all
        return {}
    first = body[0] if isinstance(body, list) and body else body
    error = first.get("error") if isinstance(first, dict) else None
    return error if isinstance(error, dict) else {}
