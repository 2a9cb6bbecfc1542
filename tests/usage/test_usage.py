"""What replies consumed is the sum over their rows, and their percentiles are times that replies took."""

import csv
import io
import math
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import pytest
from fastapi import FastAPI

from causerie.chats.models import ChatSession, Message
from causerie.db.work import Actor, Work
from causerie.ids import new_id
from tests.house import create, get

SPRING = datetime(2026, 3, 1, tzinfo=UTC)
"""On the 8th clocks go forward in New York, on the 29th in Paris."""


def plant(work: Work, rows: Iterable[Mapping[str, Any]]) -> None:
    chat = ChatSession()
    work.session.add(chat)
    work.session.flush()
    work.session.add_all([Message(session_id=chat.id, **row) for row in rows])
    work.session.flush()


def reply(at: datetime, usage: dict[str, Any] | None, **fields: Any) -> dict[str, Any]:
    usual = {"role": "assistant", "provider": "openai", "model": "m", "content": "Said."}
    return {**usual, "timestamp": at, "usage": usage, **fields}


def replies(count: int, characters: Sequence[Any]) -> list[dict[str, Any]]:
    """Return replies of forty days: some without a price, some without times, some that nobody counted."""
    dice = random.Random(7)
    found = []
    for _ in range(count):
        usage: dict[str, Any] = {"prompt_tokens": dice.randrange(5_000), "completion_tokens": dice.randrange(500)}
        if dice.random() < 0.5:
            usage["cost"] = dice.randrange(1_000) / 2**16
        if dice.random() < 0.8:
            usage |= {"first_token_ms": dice.randrange(300), "total_ms": 300 + dice.randrange(9_000)}
        found.append(
            reply(
                SPRING + timedelta(seconds=dice.randrange(40 * 86_400)),
                None if dice.random() < 0.1 else usage,
                model=dice.choice(["m", "n"]),
                provider=dice.choice(["openai", "openrouter"]),
                character_id=dice.choice([None, *characters]),
                status=dice.choice(["complete", "stopped", "failed"]),
                deleted_at=dice.choice([None, SPRING]),
            )
        )
    return found


def expected(rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the sums of some rows, made without a database."""
    usages = [row["usage"] or {} for row in rows]
    costs = [usage["cost"] for usage in usages if "cost" in usage]
    return {
        "replies": len(usages),
        "prompt_tokens": sum(usage.get("prompt_tokens", 0) for usage in usages),
        "completion_tokens": sum(usage.get("completion_tokens", 0) for usage in usages),
        "cost": sum(costs) if costs else None,
        **{name: percentiles(usages, name) for name in ("first_token_ms", "total_ms")},
    }


def percentiles(usages: Iterable[Mapping[str, Any]], name: str) -> dict[str, int] | None:
    times = sorted(usage[name] for usage in usages if name in usage)
    if not times:
        return None
    return {f"p{share}": times[math.ceil(share * len(times) / 100) - 1] for share in (50, 95)}


async def spent(client: httpx.AsyncClient, **query: Any) -> dict[str, dict[str, Any]]:
    """Return the items by their keys, in their order, without what names them."""
    items = (await get(client, "/usage", **query))["items"]
    return {
        item["key"]: {name: value for name, value in item.items() if name not in {"key", "label"}} for item in items
    }


def by(key: Callable[[Mapping[str, Any]], str], rows: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return {name: expected(group) for name, group in groups.items()}


@pytest.fixture
async def characters(client: httpx.AsyncClient) -> dict[str, str]:
    return {(await create(client, "/characters", name=name))["id"]: name for name in ("Wren", "=Pip()")}


@pytest.fixture
async def rows(app: FastAPI, characters: dict[str, str]) -> list[dict[str, Any]]:
    planted = replies(400, [UUID(one) for one in characters])
    await app.state.database.work(app.state.sign_in(None), plant, planted)
    return planted


@pytest.mark.parametrize("zone", ["UTC", "Europe/Paris", "America/New_York", "Asia/Kathmandu"])
async def test_days_are_those_of_the_clocks_where_one_is(
    client: httpx.AsyncClient, rows: list[dict[str, Any]], zone: str
) -> None:
    found = await spent(client, tz=zone)

    def day(row: Mapping[str, Any]) -> str:
        return str(row["timestamp"].astimezone(ZoneInfo(zone)).date())

    assert found == by(day, rows)
    assert list(found) == sorted(found)


async def test_models_are_told_apart_by_their_provider(client: httpx.AsyncClient, rows: list[dict[str, Any]]) -> None:
    found = await spent(client, by="model")

    assert found == by(lambda row: f"{row['provider']}/{row['model']}", rows)
    used = [item["prompt_tokens"] + item["completion_tokens"] for item in found.values()]
    assert used == sorted(used, reverse=True)


async def test_characters_have_the_names_that_they_have_now(
    client: httpx.AsyncClient, rows: list[dict[str, Any]], characters: dict[str, str]
) -> None:
    wren = next(iter(characters))
    await client.patch(f"/characters/{wren}", json={"name": "Old Wren"})

    assert await spent(client, by="character") == by(lambda row: str(row["character_id"] or ""), rows)
    items = (await get(client, "/usage", by="character"))["items"]
    assert {item["key"]: item["label"] for item in items} == {**characters, wren: "Old Wren", "": ""}


async def test_totals_are_of_all_that_was_asked_for(client: httpx.AsyncClient, rows: list[dict[str, Any]]) -> None:
    since, until = SPRING + timedelta(days=10), SPRING + timedelta(days=20)
    asked = {"from": since.isoformat(), "to": until.isoformat()}

    whole, some = await get(client, "/usage"), await get(client, "/usage", **asked)

    assert whole["totals"] == expected(rows)
    assert some["totals"] == expected([row for row in rows if since <= row["timestamp"] < until])
    assert sum(item["replies"] for item in some["items"]) == some["totals"]["replies"]


async def test_what_no_model_ended_does_not_count(app: FastAPI, client: httpx.AsyncClient) -> None:
    nothing = await get(client, "/usage")
    counted = {"prompt_tokens": 1, "completion_tokens": 1}
    others = [
        reply(SPRING, None, role="user", model=None),
        reply(SPRING, None, model=None, provider=None),
        reply(SPRING, counted, status="streaming"),
    ]
    await app.state.database.work(app.state.sign_in(None), plant, others)

    assert await get(client, "/usage") == nothing == {"items": [], "totals": expected([])}


async def test_nobody_elses_replies_count(app: FastAPI, client: httpx.AsyncClient, rows: list[dict[str, Any]]) -> None:
    foreign = [reply(SPRING, {"prompt_tokens": 10**6, "completion_tokens": 1})]
    await app.state.database.work(Actor(new_id()), plant, foreign)

    assert (await get(client, "/usage"))["totals"] == expected(rows)


async def test_a_table_for_spreadsheets_runs_nothing(
    client: httpx.AsyncClient, rows: list[dict[str, Any]], characters: dict[str, str]
) -> None:
    response = await client.get("/usage", params={"by": "character", "format": "csv"})
    items = (await get(client, "/usage", by="character"))["items"]

    assert response.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert response.headers["content-disposition"] == 'attachment; filename="usage.csv"'
    assert response.text.count("\r\n") == response.text.count("\n") == 1 + len(items)
    table = list(csv.DictReader(io.StringIO(response.text, newline="")))
    assert [line["key"] for line in table] == [item["key"] for item in items]
    assert {line["label"] for line in table} == {"Wren", "'=Pip()", ""}
    for line, item in zip(table, items, strict=True):
        assert int(line["replies"]) == item["replies"]
        assert line["cost"] == ("" if item["cost"] is None else str(item["cost"]))
        assert [line["total_ms_p50"], line["total_ms_p95"]] == [str(ms) for ms in item["total_ms"].values()]


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"by": "user"}, "?by"),
        ({"format": "xlsx"}, "?format"),
        ({"tz": "Nowhere/At_All"}, "?tz"),
        ({"tz": "../../etc/passwd"}, "?tz"),
        ({"from": "yesterday"}, "?from"),
        ({"limit": "1"}, "?limit"),
    ],
)
async def test_a_wrong_question_is_refused(client: httpx.AsyncClient, query: dict[str, str], pointer: str) -> None:
    response = await client.get("/usage", params=query)

    assert response.status_code == 422
    assert [error["pointer"] for error in response.json()["errors"]] == [pointer]
