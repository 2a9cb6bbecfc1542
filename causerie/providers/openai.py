"""Providers that speak OpenAI's chat completions, whoever runs them."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from causerie.providers.event_stream import EventStreamProvider, ReplyReader
from causerie.providers.outgoing import Request
from causerie.providers.protocol import (
    ContentBlocked,
    PromptMessage,
    ProviderError,
    ProviderFailed,
    ProviderMalformed,
    Sampling,
    Usage,
)
from causerie.providers.refusals import refusal_inside
from causerie.providers.reply import MOST_COUNTED

DEFAULT_URL = "https://api.openai.com/v1"


class OpenAIProvider(EventStreamProvider):
    """One model of an OpenAI-compatible API."""

    default_url = DEFAULT_URL

    async def _request(self, prompt: Sequence[PromptMessage], sampling: Sampling) -> Request:
        base = (self._config.base_url or self.default_url).rstrip("/")
        return Request(f"{base}/chat/completions", json.dumps(self._body(prompt, sampling)).encode(), self._headers())

    def _reader(self, prompt: Sequence[PromptMessage]) -> "OpenAIReader":
        return OpenAIReader(prompt)

    def _headers(self) -> dict[str, str]:
        headers = {"Content-Type": "application/json"}
        if self._config.api_key:
            headers["Authorization"] = f"Bearer {self._config.api_key}"
        return headers

    def _body(self, prompt: Sequence[PromptMessage], sampling: Sampling) -> dict[str, Any]:
        own = (self._config.base_url or self.default_url).rstrip("/") == DEFAULT_URL
        chosen = {
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            # OpenAI's newer models refuse the old name, most other servers do not know the new one.
            "max_completion_tokens" if own else "max_tokens": sampling.max_tokens,
            "stop": list(sampling.stop) or None,
            "seed": sampling.seed,
        }
        return {
            **sampling.options,
            **{name: value for name, value in chosen.items() if value is not None},
            "model": self._config.model,
            "messages": [{"role": message.role, "content": message.text} for message in prompt],
            "stream": True,
            "stream_options": {"include_usage": True},
        }


class OpenAIReader(ReplyReader):
    """Reads `chat.completion.chunk` events, and whole completions from servers that do not stream."""

    def _is_done(self, data: bytes) -> bool:
        return data == b"[DONE]"

    def _take(self, event: Any) -> None:
        if not isinstance(event, dict):
            raise ProviderMalformed
        if error := event.get("error"):
            raise self._refusal(error)
        if usage := event.get("usage"):
            self.usage = usage_of(usage) or self.usage
        choices = event.get("choices")
        if not choices:  # the usage has an event of its own
            return
        choice = choices[0] if isinstance(choices, list) else None
        if not isinstance(choice, dict):
            raise ProviderMalformed
        delta = choice.get("delta") or choice.get("message")
        if delta:
            self._take_delta(delta)
        if reason := choice.get("finish_reason"):
            self.model = self._served_model(event)
            self._take_reason(str(reason))

    def _refusal(self, error: Any) -> ProviderError:
        return refusal_inside(error)

    def _served_model(self, event: dict[str, Any]) -> str | None:
        name = event.get("model")
        return name if isinstance(name, str) else None

    def _take_delta(self, delta: Any) -> None:
        if not isinstance(delta, dict):
            raise ProviderMalformed
        if thought := delta.get("reasoning_content") or delta.get("reasoning"):
            if not isinstance(thought, str):
                raise ProviderMalformed
            self.think(thought)
        if content := delta.get("content"):
            if not isinstance(content, str):
                raise ProviderMalformed
            self.say(content)

    def _take_reason(self, reason: str) -> None:
        if reason == "content_filter":
            raise ContentBlocked
        if reason == "error":
            raise ProviderFailed
        self.finished_with(reason)


def usage_of(usage: Any) -> Usage | None:
    """Return the counts of OpenAI's `usage` object; None when it has none."""
    if not isinstance(usage, Mapping):
        return None
    prompt, completion, cost = (usage.get(name) for name in ("prompt_tokens", "completion_tokens", "cost"))
    if not isinstance(prompt, int) or not isinstance(completion, int):
        return None
    return Usage(prompt, completion, float(cost) if isinstance(cost, (int, float)) and cost <= MOST_COUNTED else None)
