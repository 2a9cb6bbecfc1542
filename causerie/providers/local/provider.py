"""The local model as a provider: OpenAI's dialect over the engine's socket, with what a tiny model needs around it."""

import json
import re
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import aclosing
from typing import Any

from causerie.providers.foreign_json import parsed
from causerie.providers.local.engine import Engine
from causerie.providers.local.short_reply import ShortReply
from causerie.providers.openai import OpenAIProvider, OpenAIReader
from causerie.providers.outgoing import Outgoing, Request
from causerie.providers.protocol import (
    ModelConfig,
    Piece,
    Profile,
    PromptMessage,
    ProviderMalformed,
    ProviderSilent,
    ProviderUnreachable,
    Sampling,
    Usage,
)
from causerie.providers.refusals import refusal

REPLY_TOKENS = 60
MOST_REPLY_TOKENS = 256

# Without a penalty the model loops, at a temperature of 0.8 it drifts; another answer needs a little of both.
_USUAL: dict[str, float] = {"temperature": 0.3, "min_p": 0.1, "repeat_penalty": 1.05, "repeat_last_n": 48}
_VARIANT: dict[str, float] = {"temperature": 0.5, "min_p": 0.1, "repeat_penalty": 1.1, "repeat_last_n": 32}
_BOUNDS = {
    "temperature": (0.0, 2.0),
    "top_p": (0.0, 1.0),
    "min_p": (0.0, 1.0),
    "repeat_penalty": (1.0, 2.0),
    "repeat_last_n": (0.0, 256.0),
    "top_k": (0.0, 200.0),
}
# To the engine these are the model's own marks in any text: with them a user could open a system turn (S59).
_MARKS = re.compile(
    r"<\|[^<>|]*\|>|<(?:repo_?name|file_sep|filename|gh_stars|issue_(?:start|comment|closed)"
    r"|jupyter_(?:start|text|code|output|script)|empty_output)>"
)
_SYSTEM = "Reply in one or two short sentences."  # without any, the template writes one of its own


class LocalProvider(OpenAIProvider):
    """The model in the engine's process."""

    profile: Profile = "tiny"

    def __init__(self, config: ModelConfig, outgoing: Outgoing, engine: Engine) -> None:
        super().__init__(config, outgoing)
        self._engine = engine

    async def stream(self, prompt: Sequence[PromptMessage], sampling: Sampling) -> AsyncGenerator[Piece, None]:
        address = await self._engine.address()
        try:
            async with aclosing(super().stream(prompt, sampling)) as pieces:
                async for piece in pieces:
                    yield piece
        except (ProviderUnreachable, ProviderSilent) as error:
            await self._engine.forget(address)
            raise type(error)("The local model stopped. Try again: it is started anew.") from error

    async def count_tokens(self, prompt: Sequence[PromptMessage]) -> int | None:
        answer = await self._ask("/v1/chat/completions/input_tokens", {"messages": _messages(prompt)})
        tokens = answer.get("input_tokens") if isinstance(answer, dict) else None
        if not isinstance(tokens, int):
            raise ProviderMalformed
        return tokens

    async def warm(self, prompt: Sequence[PromptMessage]) -> None:
        """Let the model read the beginning of a coming prompt, so that only the rest delays its first word.

        Raises:
            ProviderError: it could not; nothing depends on it.
        """
        await self._ask("/v1/chat/completions", {"messages": _messages(prompt), "max_tokens": 0})

    async def _ask(self, path: str, body: dict[str, Any]) -> Any:
        async with self._outgoing.post(await self._post(path, body)) as answer:
            content = parsed(await answer.read_all())
            if answer.status != 200:
                raise refusal(answer.status, content.get("error", {}) if isinstance(content, dict) else {})
            return content

    async def _request(self, prompt: Sequence[PromptMessage], sampling: Sampling) -> Request:
        return await self._post("/v1/chat/completions", self._body(prompt, sampling))

    async def _post(self, path: str, body: dict[str, Any]) -> Request:
        address = await self._engine.address()
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {address.key}"}
        return Request(f"http://local{path}", json.dumps(body).encode(), headers, address.socket_path)

    def _reader(self, prompt: Sequence[PromptMessage]) -> "LocalReader":
        return LocalReader(prompt)

    def _body(self, prompt: Sequence[PromptMessage], sampling: Sampling) -> dict[str, Any]:
        wanted = {**sampling.options, "temperature": sampling.temperature, "top_p": sampling.top_p}
        return {
            **(_VARIANT if sampling.variant else _USUAL),
            **dict(_bounded(wanted)),
            "messages": _messages(prompt),
            "max_tokens": min(max(sampling.max_tokens or REPLY_TOKENS, 1), MOST_REPLY_TOKENS),
            "stop": list(sampling.stop),
            "seed": -1 if sampling.seed is None else sampling.seed % 2**32,
            "stream": True,
            "stream_options": {"include_usage": True},
            # A chunk for each batch of the prompt: only when one cannot be written the engine sees that we are gone.
            "return_progress": True,
        }


class LocalReader(OpenAIReader):
    """Reads the engine's events, and ends the reply where a tiny model had better end."""

    def __init__(self, prompt: Sequence[PromptMessage]) -> None:
        super().__init__(prompt)
        self._reply = ShortReply(prompt[-1].text if prompt[-1].role == "assistant" else "")
        self._prompt_tokens = 0
        self._tokens = 0

    def _take(self, event: Any) -> None:
        if isinstance(event, dict) and isinstance(progress := event.get("prompt_progress"), dict):
            self._prompt_tokens = progress["total"]
        super()._take(event)

    def _served_model(self, event: dict[str, Any]) -> str | None:  # noqa: ARG002 - it names the file's path
        return None

    def say(self, text: str) -> None:
        self._tokens += 1  # an event a token
        super().say(self._reply.feed(text))
        if self._reply.full:
            self.usage = Usage(self._prompt_tokens, self._tokens)
            super().finished_with("stop")
            self.ended = True

    def finished_with(self, reason: str | None) -> None:
        super().say(self._reply.end(reason))
        super().finished_with(reason)


def _messages(prompt: Sequence[PromptMessage]) -> list[dict[str, str]]:
    messages = [{"role": message.role, "content": without_marks(message.text)} for message in prompt]
    if messages[0]["role"] != "system":
        messages.insert(0, {"role": "system", "content": _SYSTEM})
    if messages[-1]["role"] == "assistant":  # to be continued, and behind a space the model begins a new line
        messages[-1]["content"] = messages[-1]["content"].rstrip()
    return messages


def without_marks(text: str) -> str:
    """Return `text` without anything that the engine would take for a mark of the model's template."""
    while _MARKS.search(text):  # taking one out may join another
        text = _MARKS.sub("", text)
    return text


def _bounded(wanted: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """Give the values that the engine knows, moved into their bounds."""
    for name, (low, high) in _BOUNDS.items():
        value = wanted.get(name)
        if isinstance(value, (int, float)):
            yield name, min(max(value, low), high)
