"""Google's Gemini API."""

import itertools
import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from causerie.providers.event_stream import EventStreamProvider, ReplyReader
from causerie.providers.outgoing import Request
from causerie.providers.protocol import ContentBlocked, PromptMessage, ProviderMalformed, Sampling, Usage
from causerie.providers.refusals import refusal_inside

DEFAULT_URL = "https://generativelanguage.googleapis.com/v1beta"

_BLOCKS = frozenset(
    {"SAFETY", "RECITATION", "PROHIBITED_CONTENT", "SPII", "BLOCKLIST", "LANGUAGE", "IMAGE_SAFETY", "OTHER"}
)
_REASONS = {"STOP": "stop", "MAX_TOKENS": "length"}


class GeminiProvider(EventStreamProvider):
    """One model of the Gemini API."""

    async def _request(self, prompt: Sequence[PromptMessage], sampling: Sampling) -> Request:
        base = (self._config.base_url or DEFAULT_URL).rstrip("/")
        model = quote(self._config.model.removeprefix("models/"), safe="")
        headers = {"Content-Type": "application/json"}
        if self._config.api_key:
            headers["x-goog-api-key"] = self._config.api_key
        url = f"{base}/models/{model}:streamGenerateContent?alt=sse"
        return Request(url, json.dumps(self._body(prompt, sampling)).encode(), headers)

    def _reader(self, prompt: Sequence[PromptMessage]) -> "GeminiReader":
        return GeminiReader(prompt)

    def _body(self, prompt: Sequence[PromptMessage], sampling: Sampling) -> dict[str, Any]:
        options = dict(sampling.options)
        generation = options.pop("generationConfig", None)
        chosen = {
            "temperature": sampling.temperature,
            "topP": sampling.top_p,
            "maxOutputTokens": sampling.max_tokens,
            "stopSequences": list(sampling.stop) or None,
            "seed": sampling.seed,
        }
        body = {
            **options,
            "contents": _contents(prompt),
            "generationConfig": {
                **(generation if isinstance(generation, Mapping) else {}),
                **{name: value for name, value in chosen.items() if value is not None},
            },
        }
        if prompt[0].role == "system" and len(prompt) > 1:
            body["systemInstruction"] = {"parts": [{"text": prompt[0].text}]}
        return body


class GeminiReader(ReplyReader):
    """Reads `GenerateContentResponse` events. Their usage counts up, so the last one is the reply's."""

    def _take(self, event: Any) -> None:
        if isinstance(event, list):  # the answer of a server that does not stream
            for part in event:
                self._take(part)
            return
        if not isinstance(event, dict):
            raise ProviderMalformed
        if error := event.get("error"):
            raise refusal_inside(error)
        if isinstance(counts := event.get("usageMetadata"), dict):
            self.usage = _usage(counts) or self.usage
        if isinstance(feedback := event.get("promptFeedback"), dict) and feedback.get("blockReason"):
            raise ContentBlocked("The provider's content rules blocked the prompt; nothing was written.")
        candidates = event.get("candidates")
        if candidates:
            candidate = candidates[0] if isinstance(candidates, list) else None
            if not isinstance(candidate, dict):
                raise ProviderMalformed
            self._take_candidate(candidate, event)

    def _take_candidate(self, candidate: dict[str, Any], event: dict[str, Any]) -> None:
        content = candidate.get("content") or {}
        parts = content.get("parts") or [] if isinstance(content, dict) else None
        if not isinstance(parts, list):
            raise ProviderMalformed
        for part in parts:
            text = part.get("text") if isinstance(part, dict) else None
            if not isinstance(text, str):
                continue  # a call of a tool, and what else may come; we ask for none
            if part.get("thought"):
                self.think(text)
            else:
                self.say(text)
        if reason := candidate.get("finishReason"):
            if reason in _BLOCKS:
                raise ContentBlocked
            name = event.get("modelVersion")
            self.model = name if isinstance(name, str) else None
            self.finished_with(_REASONS.get(str(reason), str(reason).lower()))


def _contents(prompt: Sequence[PromptMessage]) -> list[dict[str, Any]]:
    """Return the messages as Gemini wants them: not empty, neighbours of one role merged, the system text apart."""
    said = prompt[1:] if prompt[0].role == "system" and len(prompt) > 1 else prompt
    contents = []
    for role, messages in itertools.groupby(said, lambda message: "model" if message.role == "assistant" else "user"):
        parts = [{"text": message.text} for message in messages if message.text]
        if parts:
            contents.append({"role": role, "parts": parts})
    return contents


def _usage(counts: dict[str, Any]) -> Usage | None:
    prompt, answer, thoughts = (
        counts.get(name, 0) for name in ("promptTokenCount", "candidatesTokenCount", "thoughtsTokenCount")
    )
    if not all(isinstance(count, int) for count in (prompt, answer, thoughts)):
        return None
    return Usage(prompt, answer + thoughts)
