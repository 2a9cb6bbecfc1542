"""What providers that answer a POST with server-sent events have in common: the call, and how its events are read."""

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any

from causerie.providers.foreign_json import parsed
from causerie.providers.outgoing import Answer, Outgoing, Request
from causerie.providers.protocol import (
    ModelConfig,
    Piece,
    Profile,
    PromptMessage,
    ProviderCut,
    ProviderError,
    ProviderMalformed,
    ProviderSilent,
    Sampling,
)
from causerie.providers.refusals import refusal, seconds_to_wait
from causerie.providers.reply import Reply
from causerie.providers.server_sent_events import EventParser, EventTooLong

LINGER_SECONDS = 5.0  # for usage and [DONE], once the model has said that it ended
END_OF_BODY_SECONDS = 0.05


class EventStreamProvider(ABC):
    """A provider behind one HTTP endpoint. Subclasses word the request and read the events."""

    profile: Profile = "normal"

    def __init__(self, config: ModelConfig, outgoing: Outgoing) -> None:
        self._config = config
        self._outgoing = outgoing

    async def stream(self, prompt: Sequence[PromptMessage], sampling: Sampling) -> AsyncGenerator[Piece, None]:
        reader = self._reader(prompt)
        request = await self._request(prompt, with_defaults(sampling, self._config))
        async with self._outgoing.post(request) as answer:
            if answer.status != 200:
                raise self._refusal(answer.status, answer.headers, await _error_in(answer))
            while not reader.ended:
                for piece in await reader.read_from(answer):
                    yield piece
            if reader.done:
                await answer.read_end(END_OF_BODY_SECONDS)
        for piece in reader.rest():
            yield piece
        yield reader.finish()

    async def count_tokens(self, prompt: Sequence[PromptMessage]) -> int | None:  # noqa: ARG002 - part of the port
        return None

    async def close(self) -> None:
        return  # connections belong to `Outgoing`, which all providers share

    @abstractmethod
    async def _request(self, prompt: Sequence[PromptMessage], sampling: Sampling) -> Request: ...

    @abstractmethod
    def _reader(self, prompt: Sequence[PromptMessage]) -> "ReplyReader": ...

    def _refusal(self, status: int, headers: Mapping[str, str], error: Mapping[str, Any]) -> ProviderError:
        return refusal(status, error, seconds_to_wait(headers.get("Retry-After")))


class ReplyReader(Reply, ABC):
    """Reads one reply from the events of an answer."""

    def __init__(self, prompt: Sequence[PromptMessage]) -> None:
        super().__init__(prompt)
        self.done = False
        """Whether the provider said that nothing follows; then only the body's end is missing."""
        self._parser = EventParser()
        self._any_event = False

    async def read_from(self, answer: Answer) -> list[Piece]:
        """Wait for the next bytes and return the pieces that they bring, maybe none."""
        try:
            if "json" in answer.media_type:
                self._take(parsed(await answer.read_all()))
                self._end()
            else:
                chunk = await answer.read_some(LINGER_SECONDS if self.finished else None)
                if chunk:
                    self._read(self._parser.feed(chunk))
                else:
                    self._read_end()
        except EventTooLong:
            self.fail(ProviderMalformed())
        except (ProviderCut, ProviderSilent) as error:
            self.ended = True
            if not self.finished:
                self.fail(error)
        except ProviderError as error:
            self.fail(error)
        return self.pieces()

    @abstractmethod
    def _take(self, event: Any) -> None:
        """Read the JSON of an event.

        Raises:
            ProviderError: the event is an error, or none of this provider's.
        """

    def _is_done(self, data: bytes) -> bool:  # noqa: ARG002 - for subclasses
        """Return whether `data` is the mark that ends the stream."""
        return False

    def _read(self, events: Sequence[bytes]) -> None:
        for data in events:
            if self.ended:
                return
            self._any_event = True
            if self._is_done(data):
                self._end()
            else:
                self._take(parsed(data))

    def _read_end(self) -> None:
        try:
            self._read(self._parser.end())
        except ProviderMalformed:
            self._any_event = True  # only the beginning of an event: the stream was cut within it
        if not self._any_event:
            raise ProviderMalformed
        self.ended = True

    def _end(self) -> None:
        if not self.finished:
            self.finished_with(None)  # null to the end means unknown, not cut
        self.ended = self.done = True


def with_defaults(sampling: Sampling, config: ModelConfig) -> Sampling:
    """Return `sampling` with the model row's values where it leaves the choice."""
    return Sampling(
        temperature=config.temperature if sampling.temperature is None else sampling.temperature,
        top_p=config.top_p if sampling.top_p is None else sampling.top_p,
        max_tokens=config.max_output_tokens if sampling.max_tokens is None else sampling.max_tokens,
        stop=sampling.stop,
        seed=sampling.seed,
        variant=sampling.variant,
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
