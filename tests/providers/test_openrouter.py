"""What OpenRouter has of its own."""

from causerie.providers.openrouter import OpenRouterProvider
from causerie.providers.outgoing import Outgoing
from causerie.providers.protocol import Finish, ModelConfig, Usage
from tests.providers.reading import outcome
from tests.scripted_provider import ScriptedServer


async def test_prompts_go_only_to_providers_that_do_not_collect_them(
    server: ScriptedServer, outgoing: Outgoing
) -> None:
    await outcome(OpenRouterProvider(ModelConfig("openrouter", "scripted", server.url), outgoing))

    assert server.asked[0].body["provider"] == {"data_collection": "deny"}
    assert server.asked[0].headers["X-Title"] == "Causerie"


async def test_the_models_row_may_choose_its_routing(server: ScriptedServer, outgoing: Outgoing) -> None:
    options = {"provider": {"sort": "price", "data_collection": "allow"}}

    await outcome(OpenRouterProvider(ModelConfig("openrouter", "scripted", server.url, options=options), outgoing))

    assert server.asked[0].body["provider"] == {"sort": "price", "data_collection": "allow"}


async def test_who_served_the_reply_and_what_it_cost_is_told(server: ScriptedServer, outgoing: Outgoing) -> None:
    model = server.play("auto", text="Hello.", served_by="Somewhere", cost=0.0021, comments=True)

    got = await outcome(OpenRouterProvider(ModelConfig("openrouter", model, server.url), outgoing))

    assert got.usage == Usage(12, 2, 0.0021)
    assert got.finish == Finish("stop", "Somewhere", "auto")


async def test_moderation_is_told_apart_from_a_wrong_key(server: ScriptedServer, outgoing: Outgoing) -> None:
    before = server.play("before", fault="refuse", status=403)
    inside = server.play("inside", text="Hello.", fault="error", after=3, error_code=403)

    refused = await outcome(OpenRouterProvider(ModelConfig("openrouter", before, server.url), outgoing))
    ended = await outcome(OpenRouterProvider(ModelConfig("openrouter", inside, server.url), outgoing))

    assert refused.code == "content_blocked"
    assert (ended.text, ended.code) == ("Hel", "content_blocked")
