"""A route is found by the beginning of its path, and an unknown method is told which ones there are."""

import httpx
import pytest
from starlette.routing import Mount

from causerie.http.routing import RouteIndex


async def test_another_method_is_405_with_all_that_the_path_has(client: httpx.AsyncClient) -> None:
    response = await client.post("/characters/0192f0c1-2b3c-7d4e-8f50-617283940a1b")

    assert response.status_code == 405
    assert response.headers["allow"] == "DELETE, GET, PATCH, PUT"
    assert response.json()["code"] == "method_not_allowed"


async def test_a_path_of_its_own_is_no_row(client: httpx.AsyncClient) -> None:
    response = await client.patch("/prompts/preview", json={})

    assert (response.status_code, response.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize("path", ["/nothing", "/characters/a/b/c", "/", "/character"])
async def test_an_unknown_path_is_404(client: httpx.AsyncClient, path: str) -> None:
    response = await client.get(path)

    assert (response.status_code, response.json()["code"]) == (404, "not_found")


def test_what_has_no_path_of_its_own_is_not_indexed() -> None:
    with pytest.raises(TypeError):
        RouteIndex([Mount("/files", routes=[])])
