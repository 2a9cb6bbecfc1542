"""A chat model of LangChain's own kind that plays the scripted server's scripts, and the factories that make it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from pydantic import Field

from tests.scripted_provider import CANARY, Script, halves


class RefusedError(Exception):
    """As the libraries behind LangChain have it: the status as an attribute, the provider's words as text."""

    def __init__(self, status_code: int) -> None:
        super().__init__(CANARY)
        self.status_code = status_code


class ScriptedChat(BaseChatModel):
    """Streams `script`; `calls` keeps the messages and arguments of each call."""

    script: Script
    calls: list[tuple[list[BaseMessage], dict[str, Any]]] = Field(default_factory=list)
    closed_early: bool = False

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        raise NotImplementedError("it only streams")

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,  # noqa: ARG002 - part of LangChain's method
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        self.calls.append((messages, {"stop": stop, **kwargs}))
        script = self.script
        text = "" if script.fault == "empty" else script.text or ""
        if messages[-1].type == "ai":
            text = text.removeprefix(str(messages[-1].content))
        if script.fault == "refuse":
            raise RefusedError(script.status)
        if script.reasoning:
            yield _chunk([{"type": "reasoning", "reasoning": script.reasoning}])
        fails = script.fault is not None and script.fault != "empty"
        said = text[: script.after] if fails else text
        self.closed_early = True
        for place in range(0, len(said), script.chunk):
            piece = said[place : place + script.chunk]
            for part in halves(piece) if script.split_surrogates else (piece,):
                yield _chunk(part)
        match script.fault:
            case "silent" | "hang" | "hold":
                await asyncio.Event().wait()
            case "cut" | "error":
                raise ConnectionError(CANARY)
        self.closed_early = False
        end = _chunk("")
        end.message.response_metadata = {"finish_reason": script.finish}
        yield end
        if script.usage:
            usage = {"input_tokens": 12, "output_tokens": len(said) // 4 + 1, "total_tokens": 13 + len(said) // 4}
            yield ChatGenerationChunk(message=AIMessageChunk(content="", usage_metadata=usage))


def _chunk(content: Any) -> ChatGenerationChunk:
    return ChatGenerationChunk(message=AIMessageChunk(content=content))


CURRENT = ScriptedChat(script=Script(text="Hello."))


def current() -> ScriptedChat:
    """The factory that the tests name: it gives what `play` made last."""
    return CURRENT


def play(script: Script) -> ScriptedChat:
    global CURRENT  # noqa: PLW0603 - a factory takes no arguments
    CURRENT = ScriptedChat(script=script)
    return CURRENT
