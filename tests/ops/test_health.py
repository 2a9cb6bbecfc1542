"""Alive, ready, and how the parts are."""

import httpx
from fastapi import FastAPI
from sqlalchemy import text

from causerie.db.upgrading import HEAD
from causerie.db.work import Work
from tests.house import get


async def set_revision(app: FastAPI, revision: str) -> None:
    def change(work: Work) -> None:
        work.connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})

    await app.state.database.work(app.state.sign_in(None), change)


async def test_a_started_node_is_alive_and_ready(client: httpx.AsyncClient) -> None:
    for path in ("http://127.0.0.1:8000/livez", "http://127.0.0.1:8000/readyz"):
        response = await client.get(path)
        assert (response.status_code, response.json()) == (200, {"status": "ok"})


async def test_on_another_schema_a_node_lives_but_is_not_ready(app: FastAPI, client: httpx.AsyncClient) -> None:
    await set_revision(app, "0000")
    ready = await client.get("http://127.0.0.1:8000/readyz")
    alive = await client.get("http://127.0.0.1:8000/livez")
    await set_revision(app, HEAD)

    assert (ready.status_code, ready.json()["code"], ready.json()["retryable"]) == (503, "schema_behind", True)
    assert alive.status_code == 200
    assert (await client.get("http://127.0.0.1:8000/readyz")).status_code == 200


async def test_health_names_the_parts(client: httpx.AsyncClient) -> None:
    health = await get(client, "/health")

    assert health["status"] == "ok"
    assert health["parts"]["database"]["kind"] == "sqlite"
