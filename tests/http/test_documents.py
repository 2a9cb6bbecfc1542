"""The OpenAPI document is the code's, and it is shown by files of our own."""

import json
import re
from pathlib import Path

import httpx
from fastapi import FastAPI

from causerie.http.documents import VIEWER, openapi_text
from tests.house import client_of

COMMITTED = Path(__file__).parents[2] / "docs" / "reference" / "openapi.json"


async def test_the_committed_document_is_fresh(app: FastAPI) -> None:
    assert COMMITTED.read_text() == openapi_text(app), "run `causerie openapi > docs/reference/openapi.json`"


async def test_it_is_served(app: FastAPI) -> None:
    async with client_of(app) as client:
        assert (await client.get("/openapi.json")).json() == json.loads(openapi_text(app))


async def test_the_page_keeps_the_content_security_policy(app: FastAPI) -> None:
    async with client_of(app) as client:
        page = await client.get("/docs")
        scripts = [
            await client.get(path.removeprefix("/api")) for path in re.findall(r'(?:src|href)="([^"]+)"', page.text)
        ]

    assert page.headers["content-type"].startswith("text/html")
    assert not re.search(r"<script(?![^>]*\bsrc=)|\son\w+=|style=|https?://", page.text)
    assert [script.status_code for script in scripts] == [200] * len(scripts)
    assert "innerHTML" not in (VIEWER / "viewer.js").read_text()


async def test_every_route_names_its_refusals(client: httpx.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()

    for path, item in document["paths"].items():
        for method, operation in item.items():
            told = operation["responses"]
            assert {"400", "403", "503"} <= told.keys(), (method, path)
            assert method == "get" or {"413", "415"} <= told.keys(), (method, path)
            assert "{" not in path or "404" in told, (method, path)
