"""Settings name only what is there, and PUT returns the rest to its defaults."""

from uuid import uuid4

import httpx
import pytest

from tests.house import create, get

DEFAULTS = {
    "default_ai_model_id": "/models",
    "default_system_prompt_id": "/prompts",
    "default_user_profile_id": "/profiles",
}
LEAST = {
    "/models": {"name": "M", "provider": "openai", "model": "m"},
    "/prompts": {"name": "P"},
    "/profiles": {"name": "A"},
}


@pytest.mark.parametrize("name", DEFAULTS)
async def test_a_default_is_something_that_is_there(client: httpx.AsyncClient, name: str) -> None:
    path = DEFAULTS[name]
    row, gone = [await create(client, path, **LEAST[path]) for _ in range(2)]
    await client.delete(f"{path}/{gone['id']}")

    taken = await client.patch("/settings", json={name: row["id"]})
    refused = [await client.patch("/settings", json={name: missing}) for missing in (gone["id"], str(uuid4()))]

    assert taken.json()[name] == row["id"]
    assert [(answer.status_code, answer.json()["code"]) for answer in refused] == [(404, "not_found")] * 2
    assert (await get(client, "/settings"))[name] == row["id"]


async def test_what_was_read_can_be_put_back_and_what_is_left_out_is_the_default(client: httpx.AsyncClient) -> None:
    await client.patch("/settings", json={"context_messages": 7, "retry_paid": True})
    settings = await get(client, "/settings")

    unchanged = await client.put("/settings", json=settings)
    shorter = await client.put("/settings", json={"retention_days": 7})

    assert unchanged.json() == settings
    assert (shorter.json()["context_messages"], shorter.json()["retry_paid"]) == (50, False)
    assert (shorter.json()["retention_days"], shorter.json()["default_ai_model_id"]) == (7, None)


async def test_a_stale_change_of_settings_is_refused(client: httpx.AsyncClient) -> None:
    await client.patch("/settings", json={"context_messages": 7})

    stale = await client.patch("/settings", json={"context_messages": 8}, headers={"If-Match": '"1"'})

    assert (stale.status_code, stale.json()["code"]) == (412, "stale")


async def test_preferences_are_kept_and_replaced(client: httpx.AsyncClient) -> None:
    await client.patch("/preferences", json={"voice": "warm", "language": "English"})
    merged = (await client.patch("/preferences", json={"style": "brief"})).json()
    replaced = (await client.put("/preferences", json={"platform": "mastodon"})).json()

    members = ("voice", "style", "platform", "language")
    assert [merged[name] for name in members] == ["warm", "brief", "", "English"]
    assert [replaced[name] for name in members] == ["", "", "mastodon", ""]
