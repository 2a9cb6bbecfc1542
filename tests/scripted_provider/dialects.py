"""How OpenAI and Gemini word the parts of a reply."""

import json
from collections.abc import Iterator
from typing import Any, Protocol

from tests.scripted_provider.script import CANARY, Asked, Script


class Dialect(Protocol):
    """How a kind of provider words the parts of a reply: whole events, ready to be sent."""

    def opening(self) -> Iterator[bytes]: ...

    def text(self, piece: str) -> Iterator[bytes]: ...

    def closing(self) -> Iterator[bytes]: ...

    def whole(self) -> Any:
        """Return the reply as one JSON value."""

    def error(self) -> Any:
        """Return the body of a refusal."""

    def error_event(self) -> Any: ...

    def blocked(self) -> Any: ...


class OpenAIDialect:
    def __init__(self, script: Script, asked: Asked) -> None:
        self._script = script
        self._asked = asked

    def opening(self) -> Iterator[bytes]:
        if self._script.comments:
            yield b": OPENROUTER PROCESSING\n\n"
        yield self._chunk({"role": "assistant", "content": ""})
        if self._script.reasoning:
            yield self._chunk({"reasoning": self._script.reasoning})

    def text(self, piece: str) -> Iterator[bytes]:
        for part in halves(piece) if self._script.split_surrogates else (piece,):
            yield self._chunk({"content": part})
        if self._script.comments:
            yield b": OPENROUTER PROCESSING\n\n"

    def closing(self) -> Iterator[bytes]:
        yield self._chunk({}, self._script.finish)
        if self._script.usage:
            yield data_event(self._base() | {"choices": [], "usage": self._usage()})
        if self._script.done:
            yield b"data: [DONE]\n\n"

    def whole(self) -> Any:
        message = {"role": "assistant", "content": self._asked.text[len(self._asked.prefix) :]}
        choice = {"index": 0, "message": message, "finish_reason": self._script.finish}
        return self._base() | {"choices": [choice], "usage": self._usage()}

    def error(self) -> Any:
        return {"error": {"message": CANARY, "code": self._script.error_code or self._script.status}}

    def error_event(self) -> Any:
        return self._base() | self.error() | {"choices": [{"index": 0, "delta": {}, "finish_reason": "error"}]}

    def blocked(self) -> Any:
        return self._base() | {"choices": [{"index": 0, "delta": {}, "finish_reason": "content_filter"}]}

    def _base(self) -> dict[str, Any]:
        base: dict[str, Any] = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": self._asked.model}
        return base | {"provider": self._script.served_by} if self._script.served_by else base

    def _chunk(self, delta: dict[str, Any], finish: str | None = None) -> bytes:
        return data_event(self._base() | {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})

    def _usage(self) -> dict[str, Any]:
        usage: dict[str, Any] = {"prompt_tokens": 12, "completion_tokens": len(self._asked.sent) // 4 + 1}
        return usage | {"cost": self._script.cost} if self._script.cost is not None else usage


class GeminiDialect:
    def __init__(self, script: Script, asked: Asked) -> None:
        self._script = script
        self._asked = asked

    def opening(self) -> Iterator[bytes]:
        if self._script.reasoning:
            yield data_event(self._candidate([{"text": self._script.reasoning, "thought": True}]))

    def text(self, piece: str) -> Iterator[bytes]:
        for part in halves(piece) if self._script.split_surrogates else (piece,):
            yield data_event(self._candidate([{"text": part}]))

    def closing(self) -> Iterator[bytes]:
        reason = {"stop": "STOP", "length": "MAX_TOKENS", None: None}.get(self._script.finish, self._script.finish)
        yield data_event(self._candidate([{"text": ""}], reason))

    def whole(self) -> Any:
        return [self._candidate([{"text": self._asked.text[len(self._asked.prefix) :]}], "STOP")]

    def error(self) -> Any:
        return {"error": {"code": self._script.error_code or self._script.status, "message": CANARY, "status": "X"}}

    def error_event(self) -> Any:
        return self.error()

    def blocked(self) -> Any:
        if self._script.fault == "blocked_prompt":
            return {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "usageMetadata": {"promptTokenCount": 12}}
        return self._candidate(None, "SAFETY")

    def _candidate(self, parts: list[dict[str, Any]] | None, reason: str | None = None) -> dict[str, Any]:
        candidate: dict[str, Any] = {"index": 0}
        if parts is not None:
            candidate["content"] = {"role": "model", "parts": parts}
        if reason is not None:
            candidate["finishReason"] = reason
        counts = {"promptTokenCount": 12, "candidatesTokenCount": len(self._asked.sent) // 4 + 1}
        if self._script.reasoning:
            counts["thoughtsTokenCount"] = 5
        event: dict[str, Any] = {"candidates": [candidate], "modelVersion": self._asked.model}
        return event | {"usageMetadata": counts} if self._script.usage else event


def data_event(value: Any) -> bytes:
    return b"data: " + json.dumps(value).encode() + b"\n\n"


def halves(text: str) -> Iterator[str]:
    """Cut a text in the middle of every character that JSON writes as two escapes."""
    start = 0
    for place, letter in enumerate(text):
        if ord(letter) > 0xFFFF:
            high, low = (chr(int.from_bytes(pair, "big")) for pair in _pairs(letter.encode("utf-16-be")))
            yield text[start:place] + high
            yield low
            start = place + 1
    if text[start:]:
        yield text[start:]


def _pairs(data: bytes) -> Iterator[bytes]:
    return (data[place : place + 2] for place in range(0, len(data), 2))
