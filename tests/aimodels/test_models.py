"""Models: their keys, who may change them, what the operator allows, and calling one."""

from pathlib import Path
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import select, update

from causerie.accounts.models import User
from causerie.aimodels import service
from causerie.aimodels.models import AiModel
from causerie.db.work import Work
from causerie.testing import ScriptedProvider, ScriptedSource
from tests.house import Row, client_of, create, get, open_house

SECRET = "sk-canary-0123456789-wxyz"
SERVER = "http://127.0.0.1:11434/v1"


async def a_model(client: httpx.AsyncClient, **fields: object) -> Row:
    return await create(client, "/models", **({"name": "M", "provider": "openai", "model": "m"} | fields))


async def key_of(app: FastAPI, model_id: str) -> str | None:
    """Return the key that a provider would be given."""

    def find(work: Work) -> AiModel:
        return work.session.scalars(select(AiModel).where(AiModel.id == UUID(model_id))).one()

    model = await app.state.database.read(app.state.sign_in(None), find)
    return service.config_of(model, app.state.sealer).api_key


@pytest.mark.req("S36")
async def test_a_key_is_stored_sealed_and_shown_by_its_end(app: FastAPI, client: httpx.AsyncClient) -> None:
    model = await a_model(client, api_key=SECRET)

    assert model["api_key"] == "••••wxyz"
    assert await key_of(app, model["id"]) == SECRET
    stored = b"".join(file.read_bytes() for file in app.state.settings.data_dir.glob("causerie.db*"))
    assert b"canary" not in stored


async def test_a_short_key_is_not_shown_at_all(client: httpx.AsyncClient) -> None:
    assert (await a_model(client, api_key="abcd"))["api_key"] == "••••"


@pytest.mark.parametrize("change", [{"name": "Renamed"}, {"api_key": "••••wxyz"}, {"base_url": SERVER}])
async def test_a_key_stays_until_it_is_changed(app: FastAPI, client: httpx.AsyncClient, change: Row) -> None:
    model = await a_model(client, api_key=SECRET, base_url=SERVER)

    await client.patch(f"/models/{model['id']}", json=change)
    await client.put(
        f"/models/{model['id']}", json={"name": "M", "provider": "openai", "model": "m", "base_url": SERVER}
    )

    assert await key_of(app, model["id"]) == SECRET


@pytest.mark.req("S37")
@pytest.mark.parametrize(
    "change", [{"base_url": "http://127.0.0.1:9/v1"}, {"base_url": None}, {"provider": "openrouter"}, {"api_key": None}]
)
async def test_another_address_drops_the_key(app: FastAPI, client: httpx.AsyncClient, change: Row) -> None:
    model = await a_model(client, api_key=SECRET, base_url=SERVER)

    changed = await client.patch(f"/models/{model['id']}", json=change)

    assert changed.json()["api_key"] is None
    assert await key_of(app, model["id"]) is None


async def test_a_new_address_may_bring_its_key(app: FastAPI, client: httpx.AsyncClient) -> None:
    model = await a_model(client, api_key=SECRET, base_url=SERVER)

    await client.patch(f"/models/{model['id']}", json={"base_url": "http://127.0.0.1:9/v1", "api_key": "another-key"})

    assert await key_of(app, model["id"]) == "another-key"


@pytest.mark.req("S35")
async def test_a_key_moved_to_another_row_opens_nothing(app: FastAPI, client: httpx.AsyncClient) -> None:
    rich, poor = await a_model(client, api_key=SECRET), await a_model(client)

    def steal(work: Work) -> None:
        sealed = work.session.scalar(select(AiModel.sealed_api_key).where(AiModel.id == UUID(rich["id"])))
        work.session.execute(update(AiModel).where(AiModel.id == UUID(poor["id"])).values(sealed_api_key=sealed))

    await app.state.database.work(app.state.sign_in(None), steal)

    assert await key_of(app, poor["id"]) is None


@pytest.mark.req("S43")
async def test_a_private_address_needs_the_operators_word(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    template = tmp_path_factory.getbasetemp() / "template.db"
    async with open_house(tmp_path, template, private_hosts="10.0.0.7:80") as app, client_of(app) as client:
        allowed = await client.post(
            "/models", json={"name": "M", "provider": "openai", "model": "m", "base_url": "http://10.0.0.7:80/v1"}
        )
        refused = await client.post(
            "/models", json={"name": "M", "provider": "openai", "model": "m", "base_url": SERVER}
        )

    assert allowed.status_code == 201
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/base_url")


@pytest.mark.parametrize(
    ("fields", "paid", "continues"),
    [
        ({"provider": "openrouter"}, True, False),
        ({"provider": "openai"}, True, False),
        ({"provider": "openai", "base_url": SERVER}, False, False),
        ({"provider": "openai", "paid": False, "continue_prefix": True}, False, True),
        ({"provider": "local", "model": "smollm2"}, False, True),
    ],
)
async def test_what_nobody_says_the_provider_decides(
    client: httpx.AsyncClient, fields: Row, paid: bool, continues: bool
) -> None:
    model = await a_model(client, **fields)

    assert (model["paid"], model["continue_prefix"]) == (paid, continues)


@pytest.mark.req("S37")
async def test_only_an_administrator_changes_what_is_everyones(app: FastAPI, client: httpx.AsyncClient) -> None:
    (shared,) = (await get(client, "/models"))["items"]

    def demote(work: Work) -> None:
        work.session.execute(update(User).values(role="member"))

    mine = await client.patch(f"/models/{shared['id']}", json={"temperature": 0.5})
    await app.state.database.work(app.state.sign_in(None), demote)
    refused = [
        await client.patch(f"/models/{shared['id']}", json={"temperature": 0.9}),
        await client.put(f"/models/{shared['id']}", json={"name": "M", "provider": "local", "model": "smollm2"}),
        await client.delete(f"/models/{shared['id']}"),
    ]

    assert shared["user_id"] is None
    assert mine.status_code == 200
    assert [(answer.status_code, answer.json()["code"]) for answer in refused] == [(403, "administrators_only")] * 3
    assert (await get(client, f"/models/{shared['id']}"))["temperature"] == 0.5


async def test_calling_a_model_tells_what_came(app: FastAPI, client: httpx.AsyncClient) -> None:
    model = await a_model(client)
    provider = ScriptedProvider(["Hello ", "there."])
    app.state.providers = ScriptedSource(provider)

    told = (await client.post(f"/models/{model['id']}/test")).json()

    assert (told["ok"], told["text"], told["error"]) == (True, "Hello there.", None)
    assert 0 <= told["first_seconds"] <= told["seconds"]
    assert provider.calls[0].ended


async def test_a_present_key_makes_everyones_model_and_a_new_key_changes_it(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    template = tmp_path_factory.getbasetemp() / "template.db"
    for key in ("first-key-1111", "second-key-2222"):
        async with open_house(tmp_path, template, gemini_api_key=SecretStr(key)) as app, client_of(app) as client:
            rows = (await get(client, "/models"))["items"]
            (gemini,) = [row for row in rows if row["provider"] == "gemini"]
            assert gemini["user_id"] is None
            assert gemini["paid"]
            assert await key_of(app, gemini["id"]) == key
