"""Whoever deletes a profile or a system prompt is told what uses it; it can be deleted all the same."""

import httpx
import pytest

from causerie.ids import new_id
from tests.house import create, get


@pytest.mark.parametrize(
    ("kind", "member", "usual"),
    [
        ("profiles", "user_profile_id", "default_user_profile_id"),
        ("prompts", "system_prompt_id", "default_system_prompt_id"),
    ],
)
async def test_uses_are_the_chats_that_have_it_and_the_settings(
    client: httpx.AsyncClient, kind: str, member: str, usual: str
) -> None:
    row, other = [await create(client, f"/{kind}", name=name) for name in ("Ann", "Ben")]
    path = f"/{kind}/{row['id']}"
    assert await get(client, f"{path}/uses") == {"sessions": 0, "settings": False}

    chats = [await create(client, "/sessions", **{member: row["id"]}) for _ in range(3)]
    await create(client, "/sessions", **{member: other["id"]})
    await client.delete(f"/sessions/{chats[0]['id']}")
    await client.patch("/settings", json={usual: row["id"]})

    assert await get(client, f"{path}/uses") == {"sessions": 2, "settings": True}
    assert await get(client, f"/{kind}/{other['id']}/uses") == {"sessions": 1, "settings": False}
    assert (await client.delete(path)).status_code == 204
    assert (await client.get(f"{path}/uses")).status_code == 404


@pytest.mark.parametrize("kind", ["profiles", "prompts"])
async def test_what_is_not_there_has_no_uses(client: httpx.AsyncClient, kind: str) -> None:
    response = await client.get(f"/{kind}/{new_id()}/uses")

    assert (response.status_code, response.json()["code"]) == (404, "not_found")
