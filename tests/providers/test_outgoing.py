"""The limits of a request, and what is left of an answer that broke."""

import asyncio
from contextlib import aclosing
from pathlib import Path

import pytest

from causerie.providers.openai import OpenAIProvider
from causerie.providers.outgoing import Limits, Outgoing, Request
from causerie.providers.protocol import ModelConfig, ProviderError, Sampling, Text
from causerie.providers.registry import Providers
from causerie.providers.targets import Targets
from tests.providers.reading import QUESTION, outcome, read
from tests.scripted_provider import ScriptedServer


async def test_text_that_arrived_before_a_reset_is_not_lost(server: ScriptedServer, outgoing: Outgoing) -> None:
    """The reader is elsewhere when the rest of the text and the reset arrive."""
    model = server.play("cut", text="x" * 4000, chunk=100, pace=2000, fault="cut", after=3000)
    provider = OpenAIProvider(ModelConfig("openai", model, server.url), outgoing)

    async with aclosing(provider.stream(QUESTION, Sampling())) as pieces:
        first = await anext(pieces)
        await server.until_ended(server.asked[-1])
        await asyncio.sleep(0.05)  # until the loop has heard of the reset
        rest = await read(pieces)

    assert isinstance(first, Text)
    assert len(first.text + rest.text) == 3000
    assert rest.code == "provider_cut"


async def test_the_limit_between_bytes_holds_right_after_the_first_ones(server: ScriptedServer) -> None:
    outgoing = Outgoing(Targets(["loopback"]), Limits(first_byte=30, between_bytes=0.2))
    model = server.play("hang", text="Hello, you.", fault="hang", after=5)

    async with asyncio.timeout(5):
        got = await outcome(OpenAIProvider(ModelConfig("openai", model, server.url), outgoing))
    await outgoing.close()

    assert (got.text, got.code) == ("Hello", "provider_silent")


async def test_a_slow_first_byte_has_its_own_limit(server: ScriptedServer) -> None:
    outgoing = Outgoing(Targets(["loopback"]), Limits(first_byte=30, between_bytes=0.05))
    model = server.play("slow", text="Hello.", start_after=0.3)

    got = await outcome(OpenAIProvider(ModelConfig("openai", model, server.url), outgoing))
    await outgoing.close()

    assert (got.text, got.error) == ("Hello.", None)


async def test_a_whole_request_has_a_limit(server: ScriptedServer) -> None:
    outgoing = Outgoing(Targets(["loopback"]), Limits(total=0.3))
    model = server.play("endless", length=10_000, pace=50)

    got = await outcome(OpenAIProvider(ModelConfig("openai", model, server.url), outgoing))
    await outgoing.close()

    assert got.text
    assert got.error is not None


async def test_aborting_ends_running_replies_and_later_ones_connect_anew(
    server: ScriptedServer, outgoing: Outgoing
) -> None:
    model = server.play("held", text="Hello, you.", fault="hold", after=5, times=1)
    provider = OpenAIProvider(ModelConfig("openai", model, server.url), outgoing)

    async with aclosing(provider.stream(QUESTION, Sampling())) as pieces:
        assert await anext(pieces) == Text("Hello")
        await outgoing.close()
        async with asyncio.timeout(1):
            ended = await read(pieces)

    assert ended.code == "provider_cut"
    assert (await outcome(provider)).text == "Hello, you."


async def test_after_a_sleep_connections_to_other_hosts_are_dropped(server: ScriptedServer, tmp_path: Path) -> None:
    providers = Providers(tmp_path, private_hosts=["loopback"])
    model = server.play("slept", text="Hello, you.", fault="hold", after=5, times=1)
    provider = providers.for_model(ModelConfig("openai", model, server.url))

    async with aclosing(provider.stream(QUESTION, Sampling())) as pieces:
        assert await anext(pieces) == Text("Hello")
        await providers.drop_connections()
        async with asyncio.timeout(1):
            ended = await read(pieces)

    assert ended.code == "provider_cut"
    assert (await outcome(provider)).text == "Hello, you."
    await providers.close()


@pytest.mark.req("S42")
async def test_a_body_that_is_read_whole_has_a_limit(
    server: ScriptedServer, outgoing: Outgoing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("causerie.providers.outgoing.MAX_BODY_BYTES", 1000)
    model = server.play("whole", text="x" * 5000, as_json=True)

    got = await outcome(OpenAIProvider(ModelConfig("openai", model, server.url), outgoing))

    assert got.code == "provider_cut"


@pytest.mark.req("S42")
async def test_a_stream_has_a_limit_whatever_is_in_it(
    server: ScriptedServer, outgoing: Outgoing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("causerie.providers.outgoing.MAX_STREAM_BYTES", 100_000)
    model = server.play("comments", raw=": OPENROUTER PROCESSING\n\n" * 10_000)

    got = await outcome(OpenAIProvider(ModelConfig("openai", model, server.url), outgoing))

    assert got.code == "provider_cut"


async def test_a_key_is_not_shown_by_what_holds_it() -> None:
    config = ModelConfig("openai", "gpt", api_key="sk-secret")
    request = Request("https://example.com", b"{}", {"Authorization": "Bearer sk-secret"})

    assert "sk-secret" not in repr(config) + repr(request)


async def test_every_error_says_something_a_person_understands() -> None:
    kinds = [kind for kind in ProviderError.__subclasses__() if kind.__module__ == ProviderError.__module__]

    assert len({kind.code for kind in kinds}) == len(kinds) > 0
    for kind in kinds:
        assert kind.title
        assert kind.sentence.endswith(".")


async def test_connections_are_kept_for_only_so_many_servers(
    outgoing: Outgoing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("causerie.providers.outgoing.MOST_SESSIONS", 2)
    async with ScriptedServer() as busy, ScriptedServer() as second, ScriptedServer() as third:
        held = OpenAIProvider(
            ModelConfig("openai", busy.play("held", text="Hello, you.", fault="hold", after=5), busy.url), outgoing
        )
        async with aclosing(held.stream(QUESTION, Sampling())) as pieces:
            await anext(pieces)
            for server in (second, third, second):
                got = await outcome(OpenAIProvider(ModelConfig("openai", server.play("any"), server.url), outgoing))
                assert got.error is None
            busy.release("held")
            rest = await read(pieces)

    assert rest.text == ", you."
    assert len(outgoing._sessions) == 2
