"""System prompts: the user's own, and everyone's."""

import httpx
from fastapi import FastAPI
from sqlalchemy import update

from causerie.accounts.models import User
from causerie.db.work import Work
from causerie.prompts.models import SystemPrompt
from tests.house import create, get


async def test_at_most_one_of_a_users_is_the_default(client: httpx.AsyncClient) -> None:
    for name in ("Novelist", "Poet"):
        await create(client, "/prompts", name=name, content="Write.", is_default=True)

    rows = (await get(client, "/prompts"))["items"]

    assert {row["name"]: row["is_default"] for row in rows} == {"Novelist": False, "Poet": True}


async def test_everyones_are_read_by_all_and_changed_by_administrators(app: FastAPI, client: httpx.AsyncClient) -> None:
    def share(work: Work) -> None:
        work.session.add(SystemPrompt(user_id=None, name="House style", content="Be brief."))

    def demote(work: Work) -> None:
        work.session.execute(update(User).values(role="member"))

    actor = app.state.sign_in(None)
    await app.state.database.work(actor, share)
    (shared,) = (await get(client, "/prompts"))["items"]
    changed = await client.patch(f"/prompts/{shared['id']}", json={"content": "Be kind."})
    await app.state.database.work(actor, demote)
    refused = await client.delete(f"/prompts/{shared['id']}")

    assert (changed.status_code, changed.json()["content"]) == (200, "Be kind.")
    assert (refused.status_code, refused.json()["code"]) == (403, "administrators_only")
    assert (await get(client, f"/prompts/{shared['id']}"))["content"] == "Be kind."


async def test_a_prompt_is_previewed_with_its_names_filled_in(client: httpx.AsyncClient) -> None:
    character = await create(client, "/characters", name="Wren")
    content = "You are {{char}}. Answer {{user}} in verse."

    answer = await client.post("/prompts/preview", json={"content": content, "character_id": character["id"]})

    assert answer.status_code == 200
    assert answer.json()["text"].startswith("You are Wren")
    assert answer.json()["tokens"] > 0
