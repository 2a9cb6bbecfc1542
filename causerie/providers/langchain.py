"""LangChain chat models, made by factories that the operator names. Imports LangChain only with the first call."""

import asyncio
import importlib
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, cast

from causerie.providers.event_stream import with_defaults
from causerie.providers.outgoing import Limits
from causerie.providers.protocol import (
    ModelConfig,
    ModelNotInstalled,
    Piece,
    Profile,
    PromptMessage,
    ProviderError,
    ProviderFailed,
    ProviderSilent,
    Sampling,
    Usage,
)
from causerie.providers.refusals import refusal
from causerie.providers.reply import Reply

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessageChunk

_REASONS = {"end_turn": "stop", "stop_sequence": "stop", "max_tokens": "length"}


class LangChainProvider:
    """One chat model, made by `factory`, a `module:name` that takes no arguments.

    How the model reaches its provider, and with which key, is the factory's matter. Of a model's row only the sampling
    goes into the calls.
    """

    profile: Profile = "normal"

    def __init__(self, config: ModelConfig, factory: str, limits: Limits | None = None) -> None:
        self._config = config
        self._factory = factory
        self._limits = limits or Limits()
        self._model: BaseChatModel | None = None

    async def stream(self, prompt: Sequence[PromptMessage], sampling: Sampling) -> AsyncGenerator[Piece, None]:
        if self._model is None:
            self._model = await asyncio.to_thread(_made, self._factory)
        reply = LangChainReply(prompt)
        async with aclosing(self._chunks(self._model, prompt, with_defaults(sampling, self._config))) as chunks:
            limit = self._limits.first_byte
            while not reply.ended:
                try:
                    reply.take(await _next(chunks, limit))
                except ProviderError as error:
                    reply.fail(error)
                limit = self._limits.between_bytes
                for piece in reply.pieces():
                    yield piece
        for piece in reply.rest():
            yield piece
        yield reply.finish()

    async def count_tokens(self, prompt: Sequence[PromptMessage]) -> int | None:  # noqa: ARG002 - part of the port
        return None

    async def close(self) -> None:
        self._model = None

    def _chunks(
        self, model: "BaseChatModel", prompt: Sequence[PromptMessage], sampling: Sampling
    ) -> "AsyncGenerator[AIMessageChunk, None]":
        chosen: dict[str, Any] = {
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "max_tokens": sampling.max_tokens,
            "seed": sampling.seed,
        }
        chunks = model.astream(
            [(message.role, message.text) for message in prompt],
            stop=list(sampling.stop) or None,
            **{name: value for name, value in chosen.items() if value is not None},
        )
        return cast("AsyncGenerator[AIMessageChunk, None]", chunks)  # what it is, and says less of


class LangChainReply(Reply):
    """Reads the chunks of one reply. Their usage adds up."""

    def take(self, chunk: "AIMessageChunk | None") -> None:
        """Read the next chunk; None is the end."""
        if chunk is None:
            if not self.finished:
                self.finished_with(None)
            self.ended = True
            return
        for block in [chunk.content] if isinstance(chunk.content, str) else chunk.content:
            self._take_block(block)
        if counts := chunk.usage_metadata:
            known = self.usage or Usage(0, 0)
            self.usage = Usage(
                known.prompt_tokens + counts["input_tokens"], known.completion_tokens + counts["output_tokens"]
            )
        metadata = chunk.response_metadata
        if reason := metadata.get("finish_reason") or metadata.get("stop_reason"):
            self.finished_with(_REASONS.get(str(reason), str(reason).lower()))

    def _take_block(self, block: str | Mapping[str, Any]) -> None:
        if isinstance(block, str):
            self.say(block)
        elif isinstance(text := block.get("text"), str):
            self.say(text)
        elif isinstance(thought := block.get("reasoning") or block.get("thinking"), str):
            self.think(thought)


async def _next(chunks: "AsyncGenerator[AIMessageChunk, None]", within_seconds: float) -> "AIMessageChunk | None":
    try:
        async with asyncio.timeout(within_seconds):
            return await anext(chunks, None)
    except TimeoutError as error:
        raise ProviderSilent from error
    except Exception as error:  # every library behind LangChain has errors of its own
        status = getattr(error, "status_code", None)
        raise refusal(status, {}) if isinstance(status, int) else ProviderFailed() from error


def _made(factory: str) -> "BaseChatModel":
    module, _, name = factory.partition(":")
    try:
        return cast("BaseChatModel", getattr(importlib.import_module(module), name)())
    except (ImportError, AttributeError) as error:
        raise ModelNotInstalled("The operator's LangChain model could not be loaded: see the server's log.") from error
