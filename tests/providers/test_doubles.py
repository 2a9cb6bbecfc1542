"""The doubles that other suites stand on keep the promises of what they stand for."""

import asyncio
import json
import sys
from contextlib import aclosing

import httpx
import pytest

from causerie.providers.openai import OpenAIProvider
from causerie.providers.outgoing import Outgoing
from causerie.providers.protocol import (
    Finish,
    ModelConfig,
    PromptMessage,
    ProviderCut,
    ProviderError,
    Reasoning,
    Sampling,
    Text,
    Usage,
)
from causerie.testing import Gate, Pause, ScriptedProvider, ScriptedSource
from tests.providers.reading import QUESTION, outcome
from tests.scripted_provider import ScriptedServer, scripted_text, seed_of


async def test_a_scripted_provider_plays_one_script_a_call_and_then_the_last() -> None:
    provider = ScriptedProvider([Reasoning("Hm."), "Hello, ", Pause(0), "you.", Usage(3, 2)], ["Again.", ProviderCut()])

    first, second, third = [await outcome(provider) for _ in range(3)]

    assert first.pieces == [Reasoning("Hm."), Text("Hello, "), Text("you."), Usage(3, 2), Finish("stop")]
    assert (second.text, second.code) == (third.text, third.code) == ("Again.", "provider_cut")
    assert [(call.sent, call.ended) for call in provider.calls] == [("Hello, you.", True)] + [("Again.", True)] * 2


async def test_a_gate_tells_that_it_is_reached_and_a_closed_call_has_not_ended() -> None:
    gate = Gate()
    provider = ScriptedProvider(["Hello", gate, "!"])

    async with aclosing(provider.stream(QUESTION, Sampling())) as pieces:
        assert await anext(pieces) == Text("Hello")
        waiting = asyncio.ensure_future(anext(pieces))
        await gate.reached.wait()
        assert not waiting.done()
        waiting.cancel()
        await asyncio.wait([waiting])

    assert (provider.calls[0].sent, provider.calls[0].ended) == ("Hello", False)


async def test_a_scripted_provider_continues_its_text() -> None:
    got = await outcome(ScriptedProvider(["Hello, ", "you."]), [*QUESTION, PromptMessage("assistant", "Hello")])

    assert [piece for piece in got.pieces if isinstance(piece, Text)] == [Text(", "), Text("you.")]


async def test_a_scripted_source_keeps_what_it_was_asked_for() -> None:
    provider = ScriptedProvider(["Hello."], profile="tiny", tokens_per_message=5)
    source = ScriptedSource(provider)
    config = ModelConfig("openai", "gpt")

    assert source.for_model(config) is provider
    assert source.asked == [config]
    assert (provider.profile, await provider.count_tokens(QUESTION)) == ("tiny", 10)


async def test_the_scripted_server_runs_alone_and_is_steered_over_http(outgoing: Outgoing) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.scripted_provider", stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    where = json.loads(await process.stdout.readline())
    try:
        async with httpx.AsyncClient(base_url=where["origin"], trust_env=False) as control:
            await control.put("/control/scripts/held", json={"text": "Hello, you.", "fault": "hold", "after": 5})
            running = asyncio.create_task(
                outcome(OpenAIProvider(ModelConfig("openai", "held", where["url"]), outgoing))
            )
            await control.post("/control/release/held")
            got = await running
            asked = (await control.get("/control/requests")).json()
            await control.delete("/control/requests")
            forgotten = (await control.get("/control/requests")).json()
    finally:
        process.terminate()
        await process.wait()

    assert got.text == "Hello, you."
    assert [(request["model"], request["sent"], request["closed_early"]) for request in asked] == [
        ("held", "Hello, you.", False)
    ]
    assert forgotten == []


async def test_a_script_may_stand_in_the_models_name(server: ScriptedServer, outgoing: Outgoing) -> None:
    async def ask(model: str) -> tuple[str, str | None]:
        got = await outcome(OpenAIProvider(ModelConfig("openai", model, server.url), outgoing))
        return got.text, got.code

    assert await ask("any?seed=7&length=50") == (scripted_text(7, 50), None)
    assert await ask("any?length=50&fault=cut&after=20") == (
        scripted_text(seed_of("Who are you?"), 50)[:20],
        "provider_cut",
    )


async def test_a_fault_may_happen_only_so_often(server: ScriptedServer, outgoing: Outgoing) -> None:
    model = server.play("flaky", text="Hello.", fault="error", after=3, times=2)
    provider = OpenAIProvider(ModelConfig("openai", model, server.url), outgoing)

    assert [(await outcome(provider)).text for _ in range(4)] == ["Hel", "Hel", "Hello.", "Hello."]


async def test_the_scripted_server_continues_only_its_own_text(server: ScriptedServer, outgoing: Outgoing) -> None:
    provider = OpenAIProvider(ModelConfig("openai", server.play("any", text="Hello."), server.url), outgoing)

    got = await outcome(provider, [*QUESTION, PromptMessage("assistant", "Good bye")])

    assert isinstance(got.error, ProviderError)


@pytest.mark.parametrize("length", [0, 1, 2, 199, 5000])
def test_a_scripted_text_is_the_same_for_the_same_seed(length: int) -> None:
    assert len(scripted_text(3, length)) == length
    assert scripted_text(3, length) == scripted_text(3, length)
