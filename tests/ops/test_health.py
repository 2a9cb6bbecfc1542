"""Alive, ready, and how the parts are."""

import asyncio
from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from causerie.clock import utc_now
from causerie.db.errors import StorageUnavailable
from causerie.db.upgrading import HEAD
from causerie.db.work import Work
from causerie.generation.models import Worker
from causerie.ids import new_id
from causerie.ops.health import SHOWN_DIGITS, look
from tests.house import get


async def set_revision(app: FastAPI, revision: str) -> None:
    def change(work: Work) -> None:
        work.connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})

    await app.state.database.work(app.state.sign_in(None), change)


async def test_a_started_node_is_alive_and_ready(client: httpx.AsyncClient) -> None:
    for path in ("http://127.0.0.1:8000/livez", "http://127.0.0.1:8000/readyz"):
        response = await client.get(path)
        assert (response.status_code, response.json()) == (200, {"status": "ok"})


@pytest.mark.setups("embedded")
async def test_on_another_schema_a_node_lives_but_is_not_ready(app: FastAPI, client: httpx.AsyncClient) -> None:
    await set_revision(app, "0000")
    ready = await client.get("http://127.0.0.1:8000/readyz")
    alive = await client.get("http://127.0.0.1:8000/livez")
    await set_revision(app, HEAD)

    assert (ready.status_code, ready.json()["code"], ready.json()["retryable"]) == (503, "schema_behind", True)
    assert alive.status_code == 200
    assert (await client.get("http://127.0.0.1:8000/readyz")).status_code == 200


@pytest.mark.setups("embedded")
async def test_health_names_the_parts(client: httpx.AsyncClient) -> None:
    health = await get(client, "/health")

    parts = health["parts"]
    assert health["status"] == "ok"
    assert parts["database"]["kind"] == "sqlite"
    assert parts["broker"] == {"kind": "memory", "away": False}
    assert parts["queue"] == {"queued": 0, "running": 0, "oldest_seconds": 0.0}
    assert (parts["replies"], parts["sockets"]) == ({"running": 0}, {"open": 0})


async def test_health_shows_who_makes_replies(client: httpx.AsyncClient) -> None:
    for _ in range(200):
        if workers := (await get(client, "/health"))["parts"]["workers"]:
            break
        await asyncio.sleep(0.05)

    (worker,) = workers
    assert len(worker["id"]) == SHOWN_DIGITS
    assert (worker["running"], worker["draining"], worker["fenced"]) == (0, False, 0)
    assert worker["seen_seconds_ago"] < 10


async def test_a_worker_that_is_gone_is_not_counted_on(app: FastAPI, client: httpx.AsyncClient) -> None:
    now = utc_now()
    gone = {"host": "elsewhere", "pid": 1, "version": "1", "concurrency": 8, "started_at": now}

    def bury(work: Work) -> None:
        for age in (timedelta(seconds=20), timedelta(hours=1)):
            work.session.add(Worker(id=new_id(), seen_at=now - age, **gone))

    await app.state.database.work(app.state.sign_in(None), bury)
    fleet = await look(app.state)

    assert fleet is not None
    (late,) = [worker for worker in fleet.workers if worker.host == "elsewhere"]
    assert late not in fleet.alive()


async def test_workers_that_are_gone_are_marked_and_come_last(app: FastAPI, client: httpx.AsyncClient) -> None:
    now = utc_now()
    ages = {new_id(): timedelta(seconds=age) for age in (20, 1, 30, 10)}

    def enter(work: Work) -> None:
        for worker_id, age in ages.items():
            fields = {"host": "elsewhere", "pid": 1, "version": "1", "concurrency": 8, "started_at": now}
            work.session.add(Worker(id=worker_id, seen_at=now - age, **fields))

    await app.state.database.work(app.state.sign_in(None), enter)
    names = {worker_id.hex[-SHOWN_DIGITS:]: age.seconds for worker_id, age in ages.items()}
    shown = [worker for worker in (await get(client, "/health"))["parts"]["workers"] if worker["id"] in names]

    assert [(names[worker["id"]], worker["gone"]) for worker in shown] == [
        (1, False),
        (10, False),
        (20, True),
        (30, True),
    ]


async def test_health_is_told_while_the_database_is_away(
    app: FastAPI, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object, **__: object) -> None:
        raise StorageUnavailable("The database is away.")

    monkeypatch.setattr(app.state.database, "read", away)

    health, ready = await client.get("/health"), await client.get("http://127.0.0.1:8000/readyz")

    assert (health.status_code, health.json()["status"], health.json()["parts"]["queue"]) == (200, "degraded", None)
    assert (ready.status_code, ready.json()["retryable"]) == (503, True)
