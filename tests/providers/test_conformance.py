"""What the port promises, held by every adapter."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from causerie.providers.gemini import GeminiProvider
from causerie.providers.langchain import LangChainProvider
from causerie.providers.openai import OpenAIProvider
from causerie.providers.openrouter import OpenRouterProvider
from causerie.providers.outgoing import Limits, Outgoing
from causerie.providers.protocol import Finish, ModelConfig, PromptMessage, Provider, Sampling, Text, Usage
from causerie.providers.reply import MAX_TEXT_BYTES
from tests.providers import langchain_double
from tests.providers.conftest import SHORT_LIMITS
from tests.providers.reading import QUESTION, outcome
from tests.scripted_provider import CANARY, Script, ScriptedServer

TEXT = "Good evening, traveller. Zoë made tea 👩‍🚀 for 灯台. Come in!"


@dataclass
class Adapter:
    """One adapter with a model that plays a script."""

    name: str
    play: Callable[..., Provider]
    hung_up: Callable[[], Awaitable[bool]]
    """Wait for the end of the last reply, and tell whether its caller brought it about."""


@pytest.fixture(params=["openai", "openrouter", "gemini", "langchain"])
def adapter(request: pytest.FixtureRequest, server: ScriptedServer, outgoing: Outgoing, limits: Limits) -> Adapter:
    kinds = {"openai": OpenAIProvider, "openrouter": OpenRouterProvider, "gemini": GeminiProvider}

    def play(**script: Any) -> Provider:
        script.setdefault("text", TEXT)
        if request.param == "langchain":
            langchain_double.play(Script(**script))
            config = ModelConfig("langchain", "scripted")
            return LangChainProvider(config, "tests.providers.langchain_double:current", limits)
        model = server.play(f"scripted-{len(server.scripts)}", **script)
        return kinds[request.param](ModelConfig(request.param, model, server.url, "k" * 20), outgoing)

    async def hung_up() -> bool:
        if request.param == "langchain":
            return langchain_double.CURRENT.closed_early
        return (await server.until_ended(server.asked[-1])).closed_early

    return Adapter(request.param, play, hung_up)


async def test_text_comes_whole_then_usage_then_one_finish(adapter: Adapter) -> None:
    got = await outcome(adapter.play())

    assert got.text == TEXT
    assert all(piece.text for piece in got.pieces if isinstance(piece, Text))
    assert isinstance(got.pieces[-2], Usage)
    assert got.pieces[-2].prompt_tokens == 12
    assert isinstance(got.pieces[-1], Finish)
    assert got.pieces[-1].reason == "stop"
    assert sum(isinstance(piece, Finish) for piece in got.pieces) == 1


async def test_pieces_come_while_the_model_still_speaks(adapter: Adapter) -> None:
    provider = adapter.play(fault="hold", after=20)

    async with aclosing(provider.stream(QUESTION, Sampling())) as pieces:
        said = ""
        while len(said) < 20:
            piece = await anext(pieces)
            assert isinstance(piece, Text)
            said += piece.text

    assert said == TEXT[:20]


async def test_closing_the_stream_stops_the_model(adapter: Adapter) -> None:
    provider = adapter.play(fault="hold", after=20)

    async with aclosing(provider.stream(QUESTION, Sampling())) as pieces:
        await anext(pieces)

    async with asyncio.timeout(5):
        assert await adapter.hung_up()


async def test_thoughts_are_no_part_of_the_text(adapter: Adapter) -> None:
    got = await outcome(adapter.play(reasoning="Who asks? 👩‍🚀"))

    assert got.thoughts == "Who asks? 👩‍🚀"
    assert got.text == TEXT


async def test_a_reply_that_was_cut_for_its_length_says_so(adapter: Adapter) -> None:
    got = await outcome(adapter.play(finish="length"))

    assert got.finish is not None
    assert got.finish.reason == "length"


@pytest.mark.parametrize("after", [0, 30])
async def test_what_came_before_a_cut_is_kept(adapter: Adapter, after: int) -> None:
    got = await outcome(adapter.play(fault="cut", after=after))

    assert got.text == TEXT[:after]
    assert got.code == ("provider_failed" if adapter.name == "langchain" else "provider_cut")
    assert got.error is not None
    assert got.error.retryable
    assert got.finish is None


async def test_what_came_before_an_error_of_the_provider_is_kept(adapter: Adapter) -> None:
    got = await outcome(adapter.play(fault="error", after=30, error_code=502))

    assert got.text == TEXT[:30]
    assert got.code == "provider_failed"


@pytest.mark.parametrize("limits", [SHORT_LIMITS])
@pytest.mark.parametrize("fault", ["silent", "hang"])
async def test_a_model_that_goes_silent_is_given_up(adapter: Adapter, fault: str) -> None:
    after = 30 if fault == "hang" else 0

    got = await outcome(adapter.play(fault=fault, after=after))

    assert got.text == TEXT[:after]
    assert got.code == "provider_silent"


@pytest.mark.parametrize(
    ("status", "code", "retryable"),
    [
        (400, "provider_refused", False),
        (401, "provider_auth", False),
        (402, "provider_credits", False),
        (404, "provider_refused", False),
        (413, "prompt_too_long", False),
        (429, "provider_rate_limited", True),
        (500, "provider_failed", True),
        (503, "provider_failed", True),
    ],
)
async def test_a_refusal_says_what_it_was(adapter: Adapter, status: int, code: str, retryable: bool) -> None:
    got = await outcome(adapter.play(fault="refuse", status=status))

    assert got.pieces == []
    assert got.error is not None
    assert (got.error.code, got.error.retryable) == (code, retryable)


@pytest.mark.req("S44")
@pytest.mark.parametrize("fault", ["refuse", "error", "cut"])
async def test_no_word_of_a_foreign_error_is_shown(adapter: Adapter, fault: str) -> None:
    got = await outcome(adapter.play(fault=fault, after=3))

    assert got.error is not None
    problem = got.error.problem().model_dump_json()
    assert CANARY not in problem
    assert "127.0.0.1" not in problem
    assert "kkkk" not in problem


async def test_a_model_that_says_nothing_is_an_error(adapter: Adapter) -> None:
    got = await outcome(adapter.play(fault="empty"))

    assert got.code == "empty_reply"


async def test_only_thoughts_are_an_error_that_names_the_cure(adapter: Adapter) -> None:
    got = await outcome(adapter.play(fault="empty", reasoning="Hmm.", finish="length"))

    assert got.code == "empty_reply"
    assert "more tokens" in str(got.error)


async def test_continuing_gives_only_what_is_missing(adapter: Adapter) -> None:
    got = await outcome(adapter.play(), [*QUESTION, PromptMessage("assistant", TEXT[:25])])

    assert got.text == TEXT[25:]


async def test_continuing_a_whole_reply_has_nothing_to_add(adapter: Adapter) -> None:
    got = await outcome(adapter.play(), [*QUESTION, PromptMessage("assistant", TEXT)])

    assert got.text == ""
    assert got.error is None
    assert got.finish is not None


async def test_halves_of_characters_are_joined(adapter: Adapter) -> None:
    got = await outcome(adapter.play(split_surrogates=True, chunk=1))

    assert got.text == TEXT


async def test_half_a_character_without_its_other_half_is_replaced_and_nul_is_dropped(adapter: Adapter) -> None:
    got = await outcome(adapter.play(text="a\ud83db\udc08c\0d\ud83d", chunk=1))

    assert got.text == "a�b�cd�"


@pytest.mark.req("S70")
@pytest.mark.parametrize("letter", ["x", "灯"])
async def test_a_reply_without_end_is_ended_at_its_limit(adapter: Adapter, letter: str) -> None:
    got = await outcome(adapter.play(text=letter * 300_000, chunk=1000))

    assert got.code == "reply_too_long"
    assert MAX_TEXT_BYTES - 2 <= len(got.text.encode()) <= MAX_TEXT_BYTES


async def test_calls_side_by_side_do_not_mix(adapter: Adapter) -> None:
    provider = adapter.play(chunk=1)

    outcomes = await asyncio.gather(*(outcome(provider) for _ in range(20)))

    assert [got.text for got in outcomes] == [TEXT] * 20


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(text=st.text(min_size=1, max_size=60).filter(lambda text: text.replace("\0", "")), chunk=st.integers(1, 7))
async def test_any_text_in_any_pieces_arrives_as_it_is(adapter: Adapter, text: str, chunk: int) -> None:
    got = await outcome(adapter.play(text=text, chunk=chunk, split_surrogates=True))

    assert got.text == text.replace("\0", "")
