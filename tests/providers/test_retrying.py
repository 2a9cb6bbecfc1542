"""The one policy for calling a provider again."""

from contextlib import aclosing

import pytest

from causerie.providers import retrying
from causerie.providers.openai import OpenAIProvider
from causerie.providers.outgoing import Outgoing
from causerie.providers.protocol import (
    ContentBlocked,
    EmptyReply,
    Finish,
    ModelConfig,
    Piece,
    ProviderAuth,
    ProviderCut,
    ProviderError,
    ProviderFailed,
    ProviderRateLimited,
    ProviderSilent,
    ProviderUnreachable,
    Sampling,
    Text,
)
from causerie.providers.retrying import stream_with_retries
from causerie.testing import ScriptedProvider, Step
from tests.providers.reading import QUESTION
from tests.scripted_provider import ScriptedServer


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that were made; none of them takes time."""
    made: list[float] = []

    async def pause(seconds: float) -> None:
        made.append(seconds)

    monkeypatch.setattr("causerie.providers.retrying.asyncio.sleep", pause)
    return made


async def said(provider: ScriptedProvider) -> list[Piece]:
    async with aclosing(stream_with_retries(provider, QUESTION, Sampling())) as pieces:
        return [piece async for piece in pieces]


@pytest.mark.parametrize("error", [ProviderUnreachable(), ProviderFailed(), ProviderCut(), ProviderRateLimited()])
async def test_a_passing_failure_before_the_first_piece_is_tried_again(
    error: ProviderError, pauses: list[float]
) -> None:
    provider = ScriptedProvider([error], [error], ["Hello."])

    assert await said(provider) == [Text("Hello."), Finish("stop")]
    assert len(provider.calls) == 3
    assert pauses[0] < pauses[1] < 2


async def test_it_ends_with_the_last_failure(pauses: list[float]) -> None:
    provider = ScriptedProvider([ProviderFailed()])

    with pytest.raises(ProviderFailed):
        await said(provider)

    assert len(provider.calls) == retrying.TRIES


@pytest.mark.parametrize("script", [["Hel", ProviderCut()], ["Hel", ProviderFailed()]])
async def test_nothing_is_tried_again_after_the_first_piece(script: list[Step], pauses: list[float]) -> None:
    provider = ScriptedProvider(script, ["Hello."])

    with pytest.raises(ProviderError):
        await said(provider)

    assert len(provider.calls) == 1


@pytest.mark.parametrize("error", [ProviderAuth(), ContentBlocked(), EmptyReply(), ProviderSilent()])
async def test_what_trying_again_does_not_help_or_may_cost_is_left_to_the_user(
    error: ProviderError, pauses: list[float]
) -> None:
    provider = ScriptedProvider([error], ["Hello."])

    with pytest.raises(type(error)):
        await said(provider)

    assert len(provider.calls) == 1


async def test_the_providers_own_wish_is_honoured(pauses: list[float]) -> None:
    provider = ScriptedProvider([ProviderRateLimited(retry_after=7)], ["Hello."])

    await said(provider)

    assert pauses == [7]


async def test_a_provider_that_wants_more_than_30_seconds_is_not_waited_for(pauses: list[float]) -> None:
    provider = ScriptedProvider([ProviderRateLimited(retry_after=31)], ["Hello."])

    with pytest.raises(ProviderRateLimited) as refused:
        await said(provider)

    assert refused.value.problem().model_dump()["retry_after"] == 31
    assert pauses == []


async def test_a_real_429_with_retry_after_is_waited_for(server: ScriptedServer, outgoing: Outgoing) -> None:
    model = server.play("busy", text="Hello.", fault="refuse", status=429, retry_after="0", times=2)
    provider = OpenAIProvider(ModelConfig("openai", model, server.url), outgoing)

    async with aclosing(stream_with_retries(provider, QUESTION, Sampling())) as pieces:
        text = "".join([piece.text async for piece in pieces if isinstance(piece, Text)])

    assert text == "Hello."
    assert len(server.asked) == 3
