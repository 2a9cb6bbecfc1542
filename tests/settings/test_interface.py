"""How the pages look is kept for the user: PATCH merges inside it, PUT replaces it, and nothing else gets in."""

from typing import Any

import httpx
import pytest

from tests.house import get

UNTOUCHED: dict[str, Any] = {
    "theme": "system",
    "layout": "manuscript",
    "density": "cosy",
    "font_size": "medium",
    "story_face": "serif",
    "language": None,
    "enter": "send",
    "follow": True,
    "motion": "system",
    "announce": "sentences",
    "keys": {},
    "client_log": True,
    "welcomed": False,
}


async def interface(client: httpx.AsyncClient) -> Any:
    return (await get(client, "/settings"))["interface"]


async def patch(client: httpx.AsyncClient, **members: Any) -> dict[str, Any]:
    answer = await client.patch("/settings", json={"interface": members})
    assert answer.status_code == 200, answer.text
    settings: dict[str, Any] = answer.json()
    return settings


async def test_who_chose_nothing_has_the_defaults(client: httpx.AsyncClient) -> None:
    assert await interface(client) == UNTOUCHED


async def test_a_patch_changes_what_it_names_and_nothing_beside_it(client: httpx.AsyncClient) -> None:
    await client.patch("/settings", json={"context_messages": 7})
    await patch(client, theme="dark", keys={"palette": "Control+p"})
    changed = await patch(client, language="fa", welcomed=True)

    assert changed["context_messages"] == 7
    assert changed["interface"] == UNTOUCHED | {
        "theme": "dark",
        "keys": {"palette": "Control+p"},
        "language": "fa",
        "welcomed": True,
    }
    assert await interface(client) == changed["interface"]


async def test_keys_are_given_as_a_whole_so_that_one_can_return_to_its_usual_chord(client: httpx.AsyncClient) -> None:
    await patch(client, keys={"palette": "Control+p", "sidebar": None})

    changed = await patch(client, keys={"sidebar": None})

    assert changed["interface"]["keys"] == {"sidebar": None}


async def test_what_returns_to_its_default_is_as_if_never_chosen(client: httpx.AsyncClient) -> None:
    before = await get(client, "/settings")
    await patch(client, theme="contrast", follow=False)

    back = await patch(client, theme="system", follow=True)

    assert back["interface"] == before["interface"]


async def test_what_changes_nothing_makes_no_version(client: httpx.AsyncClient) -> None:
    changed = await patch(client, theme="dark")

    assert (await patch(client, theme="dark"))["version"] == changed["version"]
    assert (await client.put("/settings", json=changed)).json() == changed


async def test_put_replaces_all_of_it(client: httpx.AsyncClient) -> None:
    await patch(client, theme="dark", density="compact")

    replaced = await client.put("/settings", json={"interface": {"layout": "bubbles"}})
    assert replaced.json()["interface"] == UNTOUCHED | {"layout": "bubbles"}

    left_out = await client.put("/settings", json={})
    assert left_out.json()["interface"] == UNTOUCHED


@pytest.mark.req("S32")
@pytest.mark.parametrize(
    ("given", "pointer"),
    [
        (None, "/interface"),
        ("dark", "/interface"),
        ([], "/interface"),
        ({"theme": "pink"}, "/interface/theme"),
        ({"theme": None}, "/interface/theme"),
        ({"language": "xx"}, "/interface/language"),
        ({"follow": 1}, "/interface/follow"),
        ({"welcomed": "true"}, "/interface/welcomed"),
        ({"script": "alert(1)"}, "/interface/script"),
        ({"keys": None}, "/interface/keys"),
        ({"keys": {"": "x"}}, "/interface/keys"),
        ({"keys": {"Palette of mine": "x"}}, "/interface/keys"),
        ({"keys": {"palette": ""}}, "/interface/keys/palette"),
        ({"keys": {"palette": "a b"}}, "/interface/keys/palette"),
        ({"keys": {"palette": "x" * 41}}, "/interface/keys/palette"),
        ({"keys": {f"command-{number}": "x" for number in range(101)}}, "/interface/keys"),
    ],
)
async def test_what_is_no_such_choice_is_refused_and_nothing_changes(
    client: httpx.AsyncClient, given: object, pointer: str
) -> None:
    before = await get(client, "/settings")

    refused = await client.patch("/settings", json={"interface": given, "context_messages": 7})

    assert refused.status_code == 422
    assert any(fault["pointer"].startswith(pointer) for fault in refused.json()["errors"]), refused.json()
    assert await get(client, "/settings") == before
