"""The one policy for calling a provider again: before its first piece only, where it can help, a few times."""

import asyncio
import random
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from causerie.providers.protocol import (
    EmptyReply,
    Piece,
    PromptMessage,
    Provider,
    ProviderError,
    ProviderSilent,
    Sampling,
)

TRIES = 3
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
_ONLY_BY_THE_USER = (EmptyReply, ProviderSilent)  # one may have been charged for, the other has cost a minute already


async def stream_with_retries(
    provider: Provider, prompt: Sequence[PromptMessage], sampling: Sampling
) -> AsyncGenerator[Piece, None]:
    """Do as `provider.stream` does, but call again up to `TRIES` times while nothing came before the failure.

    Waits 0.5 and 1 s, with jitter, or what the provider asks for; a provider that asks for more than 30 s is not
    waited for. Closing the generator ends a pause as well as a stream.

    Raises:
        ProviderError: the last failure, or the first one that trying again does not help.
    """
    for failures in range(1, TRIES + 1):
        started = False
        try:
            async with aclosing(provider.stream(prompt, sampling)) as pieces:
                async for piece in pieces:
                    started = True
                    yield piece
                return
        except ProviderError as error:
            pause = _pause_after(error, failures)
            if started or pause is None:
                raise
        await asyncio.sleep(pause)


def _pause_after(error: ProviderError, failures: int) -> float | None:
    if failures == TRIES or not error.retryable or isinstance(error, _ONLY_BY_THE_USER):
        return None
    if error.retry_after is not None:
        return error.retry_after if error.retry_after <= LONGEST_PAUSE_SECONDS else None
    return FIRST_PAUSE_SECONDS * failures * random.uniform(0.75, 1.25)
