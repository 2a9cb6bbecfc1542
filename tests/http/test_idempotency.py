"""A POST that is sent again with its key is answered again, not done again."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import update

from causerie.db.work import Actor, Work
from causerie.http import idempotency
from causerie.http.idempotency import KEPT, SILENT
from causerie.http.models import IdempotencyRecord
from causerie.ids import new_id
from causerie.profiles import service as profiles
from tests.house import get


@pytest.fixture
def key() -> dict[str, str]:
    return {"Idempotency-Key": str(new_id())}


async def names(client: httpx.AsyncClient) -> list[str]:
    return [row["name"] for row in (await get(client, "/profiles"))["items"]]


async def age(app: FastAPI, by: timedelta, **fields: Any) -> None:
    """Let every record be older than it is."""

    def shift(work: Work) -> None:
        for row in work.session.query(IdempotencyRecord):
            work.session.execute(update(IdempotencyRecord).values(created_at=row.created_at - by, **fields))

    actor: Actor = app.state.sign_in(None)
    await app.state.database.work(actor, shift)


async def test_the_second_answer_is_the_first(client: httpx.AsyncClient, key: dict[str, str]) -> None:
    first = await client.post("/profiles", json={"name": "Ada"}, headers=key)
    again = await client.post("/profiles", json={"name": "Ada"}, headers=key)

    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["idempotent-replayed"] == "true"
    assert await names(client) == ["Ada"]


async def test_the_second_answer_has_the_rows_etag_too(client: httpx.AsyncClient, key: dict[str, str]) -> None:
    first = await client.post("/profiles", json={"name": "Ada"}, headers=key)
    again = await client.post("/profiles", json={"name": "Ada"}, headers=key)

    assert again.headers["etag"] == first.headers["etag"]


async def test_a_long_request_gives_signs_that_it_runs(
    app: FastAPI, client: httpx.AsyncClient, key: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "SIGN_SECONDS", 0.01)
    signed, ends = asyncio.Event(), asyncio.Event()
    touch, establish = idempotency._touch, profiles.create

    def touched(work: Work, route: str, key: str) -> None:
        touch(work, route, key)
        work.on_commit(signed.set)

    monkeypatch.setattr(idempotency, "_touch", touched)
    work = app.state.database.work

    async def slowly(actor: Actor, function: Any, *args: Any, **kwargs: Any) -> Any:
        if function is establish:
            await ends.wait()
        return await work(actor, function, *args, **kwargs)

    monkeypatch.setattr(app.state.database, "work", slowly)
    first = asyncio.create_task(client.post("/profiles", json={"name": "Ada"}, headers=key))
    await signed.wait()
    await age(app, SILENT, status=None)
    signed.clear()
    await signed.wait()
    again = await client.post("/profiles", json={"name": "Ada"}, headers=key)
    ends.set()

    assert (again.status_code, again.json()["code"]) == (409, "still_running")
    assert (await first).status_code == 201
    assert await names(client) == ["Ada"]


async def test_at_once_one_is_done_and_the_others_wait_for_its_answer(
    client: httpx.AsyncClient, key: dict[str, str]
) -> None:
    answers = await asyncio.gather(*(client.post("/profiles", json={"name": "Ada"}, headers=key) for _ in range(10)))

    assert {answer.status_code for answer in answers} <= {201, 409}
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} <= {"still_running"}
    assert await names(client) == ["Ada"]


async def test_another_body_is_a_conflict(client: httpx.AsyncClient, key: dict[str, str]) -> None:
    await client.post("/profiles", json={"name": "Ada"}, headers=key)
    other = await client.post("/profiles", json={"name": "Byron"}, headers=key)

    assert (other.status_code, other.json()["code"]) == (422, "idempotency_conflict")
    assert await names(client) == ["Ada"]


async def test_a_refusal_is_not_kept(client: httpx.AsyncClient, key: dict[str, str]) -> None:
    character = {"name": "Wren", "label": "wren"}  # a sample has this label

    refused = await client.post("/characters", json=character, headers=key)
    (wren,) = [row for row in (await get(client, "/characters"))["items"] if row["label"] == "wren"]
    await client.delete(f"/characters/{wren['id']}")
    made = await client.post("/characters", json=character, headers=key)

    assert (refused.status_code, made.status_code) == (409, 201)


async def test_a_key_is_forgotten_after_a_day(app: FastAPI, client: httpx.AsyncClient, key: dict[str, str]) -> None:
    await client.post("/profiles", json={"name": "Ada"}, headers=key)
    await age(app, KEPT + timedelta(minutes=1))
    await client.post("/profiles", json={"name": "Ada"}, headers=key)

    assert await names(client) == ["Ada", "Ada"]


async def test_a_request_that_died_with_its_process_may_be_sent_again(
    app: FastAPI, client: httpx.AsyncClient, key: dict[str, str]
) -> None:
    await client.post("/profiles", json={"name": "Ada"}, headers=key)
    await age(app, timedelta(0), status=None)
    running = await client.post("/profiles", json={"name": "Ada"}, headers=key)
    await age(app, SILENT)
    again = await client.post("/profiles", json={"name": "Ada"}, headers=key)

    assert (running.status_code, again.status_code) == (409, 201)


async def test_of_many_that_repeat_a_lost_request_at_once_one_is_done(
    app: FastAPI, client: httpx.AsyncClient, key: dict[str, str]
) -> None:
    await client.post("/profiles", json={"name": "Ada"}, headers=key)
    await age(app, SILENT, status=None)
    answers = await asyncio.gather(*(client.post("/profiles", json={"name": "Ada"}, headers=key) for _ in range(10)))

    assert {answer.status_code for answer in answers} <= {201, 409}
    assert await names(client) == ["Ada", "Ada"]  # the lost one was stored, and nobody could know


@pytest.mark.parametrize("odd", ["", "x" * 256])
async def test_a_key_has_1_to_255_characters(client: httpx.AsyncClient, odd: str) -> None:
    response = await client.post("/profiles", json={"name": "Ada"}, headers={"Idempotency-Key": odd})

    assert response.status_code == 422
    assert await names(client) == []
