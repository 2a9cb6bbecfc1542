"""One short call of a model, so that its owner sees whether it answers."""

import asyncio
import time
from contextlib import aclosing

from causerie.aimodels.schemas import ModelFailure, ModelTest
from causerie.providers.protocol import PromptMessage, Provider, ProviderError, ProviderSilent, Sampling, Text

SECONDS = 60.0
MOST_TOKENS = 16
_MOST_CHARACTERS = 500
_PROMPT = (PromptMessage("user", "Say hello in one short sentence."),)


async def call_once(provider: Provider) -> ModelTest:
    """Ask for one sentence and tell what came; a failure of the model is an answer too."""
    started = time.monotonic()
    text = ""
    first_seconds: float | None = None
    failure: ProviderError | None = None
    try:
        async with (
            asyncio.timeout(SECONDS),
            aclosing(provider.stream(_PROMPT, Sampling(max_tokens=MOST_TOKENS))) as pieces,
        ):
            async for piece in pieces:
                if isinstance(piece, Text):
                    if not text:
                        first_seconds = _since(started)
                    text += piece.text
    except ProviderError as error:
        failure = error
    except TimeoutError:
        failure = ProviderSilent()
    return ModelTest(
        ok=failure is None,
        text=text[:_MOST_CHARACTERS],
        first_seconds=first_seconds,
        seconds=_since(started),
        error=None if failure is None else _told(failure),
    )


def _since(started: float) -> float:
    return round(time.monotonic() - started, 3)


def _told(error: ProviderError) -> ModelFailure:
    return ModelFailure(code=error.code, title=error.title, detail=error.detail, retryable=error.retryable)
