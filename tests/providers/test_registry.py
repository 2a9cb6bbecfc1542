"""From a model's row to its provider."""

import os
from pathlib import Path

import pytest

from causerie.providers.protocol import ModelConfig, ModelNotAllowed
from causerie.providers.registry import MOST_KEPT, Providers
from tests.providers import langchain_double
from tests.providers.reading import outcome
from tests.scripted_provider import Script, ScriptedServer

FACTORY = "tests.providers.langchain_double:current"


async def test_equal_rows_share_a_provider_and_others_do_not(tmp_path: Path) -> None:
    providers = Providers(tmp_path)

    one = providers.for_model(ModelConfig("openai", "gpt", api_key="a", options={"top_k": 1}))

    assert providers.for_model(ModelConfig("openai", "gpt", api_key="a", options={"top_k": 1})) is one
    assert providers.for_model(ModelConfig("openai", "gpt", api_key="b", options={"top_k": 1})) is not one
    assert providers.for_model(ModelConfig("openai", "gpt", api_key="a", options={"top_k": 2})) is not one
    await providers.close()


async def test_every_kind_of_row_has_its_provider(tmp_path: Path, server: ScriptedServer) -> None:
    providers = Providers(tmp_path, private_hosts=["loopback"], langchain_models={"mine": FACTORY})
    server.play("scripted", text="Hello.")
    langchain_double.play(Script(text="Hello."))

    for kind in ("openai", "openrouter", "gemini"):
        got = await outcome(providers.for_model(ModelConfig(kind, "scripted", server.url)))
        assert (got.text, got.error) == ("Hello.", None)
    assert (await outcome(providers.for_model(ModelConfig("langchain", "mine")))).error is None
    local = providers.for_model(ModelConfig("local", "smollm2"))
    assert local.profile == "tiny"
    await providers.close()


@pytest.mark.parametrize(
    ("config", "pointer"),
    [
        (ModelConfig("local", "../../etc/passwd"), "/model"),
        (ModelConfig("langchain", "os:system"), "/model"),
        (ModelConfig("openai", "gpt", "http://127.0.0.1:11434/v1"), "/base_url"),
        (ModelConfig("gemini", "g", "http://169.254.169.254/"), "/base_url"),
        (ModelConfig("openai", "gpt", api_key="sk\r\nX-Evil: 1"), "/api_key"),
        (ModelConfig("openai", "gpt", api_key="schlüssel"), "/api_key"),
    ],
)
@pytest.mark.req("S43")
def test_a_row_that_is_not_allowed_is_refused_before_it_is_called(
    tmp_path: Path, config: ModelConfig, pointer: str
) -> None:
    with pytest.raises(ModelNotAllowed) as refused:
        Providers(tmp_path, langchain_models={"mine": FACTORY}).for_model(config)

    assert [error.pointer for error in refused.value.errors or []] == [pointer]


@pytest.mark.parametrize("factory", ["no.such.module:made", "os:no_such_name"])
async def test_a_factory_that_cannot_be_loaded_is_the_operators_matter(tmp_path: Path, factory: str) -> None:
    providers = Providers(tmp_path, langchain_models={"mine": factory})

    got = await outcome(providers.for_model(ModelConfig("langchain", "mine")))

    assert got.code == "model_not_installed"
    assert factory not in str(got.error)


async def test_providers_are_kept_only_so_many(tmp_path: Path) -> None:
    providers = Providers(tmp_path)

    for number in range(MOST_KEPT + 5):
        providers.for_model(ModelConfig("openai", f"model-{number}"))

    assert len(providers._providers) == MOST_KEPT


async def test_nothing_runs_and_nothing_is_written_before_a_model_is_called(tmp_path: Path) -> None:
    providers = Providers(tmp_path)
    providers.for_model(ModelConfig("local", "smollm2"))

    assert await providers.health() == {"local_model:smollm2": "stopped"}
    assert os.listdir(tmp_path) == []  # noqa: PTH208 - only whether there is anything
