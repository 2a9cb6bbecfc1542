"""Profiles: at most one is the default, and the trash gives them back."""

import httpx

from tests.house import create, get


async def defaults(client: httpx.AsyncClient) -> list[str]:
    return [row["name"] for row in (await get(client, "/profiles"))["items"] if row["is_default"]]


async def test_at_most_one_is_the_default(client: httpx.AsyncClient) -> None:
    await create(client, "/profiles", name="Ada", is_default=True)
    byron = await create(client, "/profiles", name="Byron", is_default=True)
    after_creating = await defaults(client)
    clara = await create(client, "/profiles", name="Clara")
    await client.patch(f"/profiles/{clara['id']}", json={"is_default": True})
    await client.patch(f"/profiles/{byron['id']}", json={"is_default": False})

    assert after_creating == ["Byron"]
    assert await defaults(client) == ["Clara"]


async def test_the_trash_gives_back_a_profile_but_not_its_being_the_default(client: httpx.AsyncClient) -> None:
    ada = await create(client, "/profiles", name="Ada", is_default=True)
    await client.delete(f"/profiles/{ada['id']}")
    gone = await client.get(f"/profiles/{ada['id']}")
    await create(client, "/profiles", name="Byron", is_default=True)

    restored = await client.post(f"/profiles/{ada['id']}/restore")
    again = await client.post(f"/profiles/{ada['id']}/restore")

    assert gone.status_code == 404
    assert (restored.status_code, restored.json()["name"]) == (200, "Ada")
    assert again.json() == restored.json()
    assert await defaults(client) == ["Byron"]


async def test_changing_nothing_changes_no_version(client: httpx.AsyncClient) -> None:
    ada = await create(client, "/profiles", name="Ada")

    same = await client.patch(f"/profiles/{ada['id']}", json={"name": "Ada"})

    assert same.json() == ada
