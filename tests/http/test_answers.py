"""Versions, and which members of a row a body may set."""

import httpx
import pytest

from causerie.http.answers import Expected, Stale
from tests.house import create, get


class Row:
    version = 7


@pytest.mark.parametrize("header", [None, "*", '"7"', '"6", "7"'])
def test_the_version_that_was_read_may_be_changed(header: str | None) -> None:
    Expected(header).check(Row())


@pytest.mark.parametrize("header", ['"6"', 'W/"7"', "7", "", '"07"'])
def test_any_other_is_stale(header: str) -> None:
    with pytest.raises(Stale):
        Expected(header).check(Row())


async def test_two_who_read_the_same_cannot_both_change_it(client: httpx.AsyncClient) -> None:
    row = await create(client, "/profiles", name="Ada")
    tag = (await client.get(f"/profiles/{row['id']}")).headers["etag"]

    first = await client.patch(f"/profiles/{row['id']}", json={"name": "Ada I"}, headers={"If-Match": tag})
    second = await client.patch(f"/profiles/{row['id']}", json={"name": "Ada II"}, headers={"If-Match": tag})

    assert first.headers["etag"] == '"2"'
    assert (second.status_code, second.json()["code"], second.json()["version"]) == (412, "stale", 2)
    assert (await get(client, f"/profiles/{row['id']}"))["name"] == "Ada I"


async def test_what_was_read_can_be_put_back(client: httpx.AsyncClient) -> None:
    row = await create(client, "/profiles", name="Ada", description="A surgeon", is_default=True)

    unchanged = await client.put(f"/profiles/{row['id']}", json=row)
    shorter = await client.put(f"/profiles/{row['id']}", json={"name": "Ada"})

    assert unchanged.json() == row
    assert (shorter.json()["description"], shorter.json()["is_default"]) == ("", False)


@pytest.mark.req("S32")
@pytest.mark.parametrize("name", ["id", "user_id", "version", "created_at", "updated_at"])
async def test_what_the_server_sets_cannot_be_changed(client: httpx.AsyncClient, name: str) -> None:
    other = await create(client, "/profiles", name="Byron", description="Another row")
    row = await create(client, "/profiles", name="Ada")
    value = {"user_id": other["id"], "version": 99}.get(name, other[name])

    refused = await client.patch(f"/profiles/{row['id']}", json={"description": "new", name: value})

    assert refused.status_code == 422
    assert refused.json()["errors"] == [
        {"pointer": f"/{name}", "code": "read_only", "detail": "Only the server sets this."}
    ]
    assert await get(client, f"/profiles/{row['id']}") == row
