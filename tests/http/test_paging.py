"""Pages continue where the one before ended, however many rows share a moment."""

from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import update

from causerie.clock import utc_now
from causerie.db.work import Work
from causerie.http.paging import write_cursor
from causerie.ids import new_id
from causerie.profiles.models import UserProfile
from tests.house import create, get


async def test_rows_of_one_moment_are_neither_lost_nor_repeated(app: FastAPI, client: httpx.AsyncClient) -> None:
    made = {(await create(client, "/profiles", name=f"Ada {number}"))["id"] for number in range(7)}
    moment = utc_now() - timedelta(hours=1)

    def tie(work: Work) -> None:
        work.session.execute(update(UserProfile).values(updated_at=moment))

    await app.state.database.work(app.state.sign_in(None), tie)
    found: list[str] = []
    cursor: str | None = None
    for _ in range(4):
        page = await get(client, "/profiles", limit=2, **({"cursor": cursor} if cursor else {}))
        found += [row["id"] for row in page["items"]]
        cursor = page["next_cursor"]

    assert cursor is None
    assert (len(found), set(found)) == (7, made)


@pytest.mark.parametrize(
    "cursor",
    ["", "x", "☃", write_cursor("a"), write_cursor("2026-01-01T00:00:00", "b"), write_cursor("2026-01-01", "0" * 32)],
)
async def test_a_cursor_of_another_making_is_refused(client: httpx.AsyncClient, cursor: str) -> None:
    response = await client.get("/profiles", params={"cursor": cursor})

    assert response.status_code == 422
    assert [error["pointer"] for error in response.json()["errors"]] == ["?cursor"]


@pytest.mark.parametrize(("count", "status"), [(2**31 - 1, 200), (2**31, 422), (10**18 - 1, 422)])
async def test_a_cursor_counts_as_far_as_both_databases_do(client: httpx.AsyncClient, count: int, status: int) -> None:
    cursor = write_cursor("total_messages 1", str(count), str(new_id()))

    response = await client.get("/sessions", params={"sort": "total_messages", "cursor": cursor})

    assert response.status_code == status


async def test_an_unknown_part_of_the_query_is_named(client: httpx.AsyncClient) -> None:
    response = await client.get("/profiles", params={"page": 2})

    assert [(error["pointer"], error["code"]) for error in response.json()["errors"]] == [("?page", "unknown_field")]
