"""The trash: everything that was deleted, newest first, until it is emptied or overdue."""

import asyncio
import io
from datetime import datetime, timedelta

import httpx
from fastapi import FastAPI
from PIL import Image
from sqlalchemy import func, select, update

from causerie.characters.models import Character
from causerie.chats.models import ChatSession, Message
from causerie.clock import utc_now
from causerie.db.work import Work
from causerie.objects.models import Blob
from causerie.profiles.models import UserProfile
from causerie.trash import service
from tests.house import Row, create, get

WAIT_SECONDS = 10


async def trashed(client: httpx.AsyncClient, **query: object) -> list[tuple[str, str]]:
    return [(item["kind"], item["name"]) for item in (await get(client, "/trash", **query))["items"]]


async def finished(client: httpx.AsyncClient, job: Row) -> Row:
    async with asyncio.timeout(WAIT_SECONDS):
        while job["state"] in ("queued", "running"):
            await asyncio.sleep(0.01)
            job = await get(client, f"/jobs/{job['id']}")
    return job


async def delete_one_of_each(client: httpx.AsyncClient) -> None:
    rows = {
        "/sessions": {"title": "Tea"},
        "/characters": {"name": "Ada"},
        "/profiles": {"name": "Byron"},
        "/models": {"name": "Big", "provider": "openai", "model": "m"},
        "/prompts": {"name": "Novelist"},
    }
    for path, fields in rows.items():
        row = await create(client, path, **fields)
        assert (await client.delete(f"{path}/{row['id']}")).status_code == 204


async def test_it_holds_everything_newest_deletion_first(client: httpx.AsyncClient) -> None:
    await delete_one_of_each(client)

    assert await trashed(client) == [
        ("prompt", "Novelist"),
        ("model", "Big"),
        ("profile", "Byron"),
        ("character", "Ada"),
        ("session", "Tea"),
    ]


async def test_its_pages_together_are_the_trash(client: httpx.AsyncClient) -> None:
    await delete_one_of_each(client)
    first = await get(client, "/trash", limit=2)
    second = await get(client, "/trash", limit=2, cursor=first["next_cursor"])
    third = await get(client, "/trash", limit=2, cursor=second["next_cursor"])

    names = [item["name"] for page in (first, second, third) for item in page["items"]]
    assert names == ["Novelist", "Big", "Byron", "Ada", "Tea"]
    assert third["next_cursor"] is None


async def test_it_tells_until_when_things_can_come_back(client: httpx.AsyncClient) -> None:
    await client.patch("/settings", json={"retention_days": 3})
    await delete_one_of_each(client)

    (item, *_) = (await get(client, "/trash"))["items"]

    times = [datetime.fromisoformat(item[name]) for name in ("deleted_at", "purged_at")]
    assert times[1] - times[0] == timedelta(days=3)


async def test_emptied_it_leaves_nothing_and_spares_the_rest(app: FastAPI, client: httpx.AsyncClient) -> None:
    kept = await create(client, "/profiles", name="Kept")
    session = await create(client, "/sessions", title="Tea")
    for number in range(5):
        await create(client, f"/sessions/{session['id']}/messages", content=f"Message {number}", role="user")
    await client.delete(f"/sessions/{session['id']}")
    await delete_one_of_each(client)

    started = await client.post("/trash/empty")
    job = await finished(client, started.json())

    def rows(work: Work) -> list[int]:
        return [work.session.scalar(select(func.count()).select_from(table)) or 0 for table in (ChatSession, Message)]

    assert started.status_code == 202
    assert (job["state"], job["done"]) == ("complete", 6)
    assert await trashed(client) == []
    assert await app.state.database.read(app.state.sign_in(None), rows) == [0, 0]
    assert (await get(client, "/profiles"))["items"] == [kept]


async def test_what_named_something_that_is_gone_names_nothing_afterwards(client: httpx.AsyncClient) -> None:
    model = await create(client, "/models", name="Big", provider="openai", model="m")
    profile, prompt = await create(client, "/profiles", name="Ada"), await create(client, "/prompts", name="Novelist")
    names = {"ai_model_id": model["id"], "user_profile_id": profile["id"], "system_prompt_id": prompt["id"]}
    session = await create(client, "/sessions", title="Tea", **names)
    character = await create(client, "/characters", name="Byron", ai_model_id=model["id"])
    await client.patch("/settings", json={f"default_{name}": value for name, value in names.items()})
    for path, row in (("/models", model), ("/profiles", profile), ("/prompts", prompt)):
        await client.delete(f"{path}/{row['id']}")

    job = await finished(client, (await client.post("/trash/empty")).json())

    session, settings = await get(client, f"/sessions/{session['id']}"), await get(client, "/settings")
    assert job["state"] == "complete"
    assert [session[name] for name in names] == [None] * 3
    assert [settings[f"default_{name}"] for name in names] == [None] * 3
    assert (await get(client, f"/characters/{character['id']}"))["ai_model_id"] is None


async def test_only_what_is_overdue_goes_by_itself(app: FastAPI, client: httpx.AsyncClient) -> None:
    await delete_one_of_each(client)
    actor, database = app.state.sign_in(None), app.state.database
    nothing_yet = await database.work(actor, service.empty_overdue)

    def age(work: Work) -> None:
        for table in (Character, UserProfile):
            old = utc_now() - timedelta(days=31)
            work.session.execute(update(table).where(table.deleted_at.is_not(None)).values(deleted_at=old))

    await database.work(actor, age)
    job = await database.work(actor, service.empty_overdue)
    app.state.wake_jobs()
    done = await finished(client, await get(client, f"/jobs/{job.id}"))

    assert nothing_yet is None
    assert done["done"] == 2
    assert {kind for kind, _ in await trashed(client)} == {"session", "model", "prompt"}


async def test_a_characters_picture_goes_with_it(app: FastAPI, client: httpx.AsyncClient) -> None:
    character = await create(client, "/characters", name="Ada")
    picture = io.BytesIO()
    Image.new("RGB", (8, 8)).save(picture, "PNG")
    await client.put(f"/characters/{character['id']}/avatar", files={"file": picture.getvalue()})
    await client.delete(f"/characters/{character['id']}")

    def pictures(work: Work) -> int:
        return work.session.scalar(select(func.count()).select_from(Blob)) or 0

    before = await app.state.database.read(app.state.sign_in(None), pictures)
    await finished(client, (await client.post("/trash/empty")).json())

    assert (before, await app.state.database.read(app.state.sign_in(None), pictures)) == (1, 0)
