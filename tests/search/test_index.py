"""What the index holds: what is there and nothing else, whatever the clock does and whoever else has entries."""

from pathlib import Path
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import insert, text

from causerie.accounts.models import User
from causerie.clock import utc_now
from causerie.db import search
from causerie.db.search.entries import Numbers
from causerie.db.search.models import SearchEntry
from causerie.db.sqlite import sqlite_engine
from causerie.db.work import Actor, Work
from causerie.ids import new_id
from tests.house import client_of, create, get, open_house
from tests.trash.test_trash import finished


def put(work: Work, identity: UUID, words: str) -> None:
    search.put(work, search.Text(search.CHARACTER, identity, words))


def found(work: Work, words: str) -> list[UUID]:
    return [one.id for one in search.find(work, search.parse(words), [search.Window(search.CHARACTER)], 10)]


def become_user(work: Work) -> None:
    moments = {"created_at": utc_now(), "updated_at": utc_now()}
    work.connection.execute(insert(User).values(id=work.actor.user_id, role="member", name="Somebody", **moments))


@pytest.mark.setups("embedded")
async def test_a_clock_that_was_set_back_gives_two_users_no_number_twice(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They would share a row of SQLite's index, and one would be found by the other's words."""
    template = tmp_path_factory.getbasetemp() / "template.db"
    alice, bob = Actor(new_id()), Actor(new_id())
    for actor, words in ((alice, "canary"), (bob, "raven")):
        monkeypatch.setattr("causerie.db.search.entries.numbers", Numbers())  # as in a process of its own
        monkeypatch.setattr("causerie.db.search.entries.time.time_ns", lambda: 2_000_000_000)
        async with open_house(tmp_path, template) as app:
            database = app.state.database
            await database.work(actor, become_user)
            for number in range(20):
                await database.work(actor, put, UUID(int=number), words)

    with sqlite_engine(tmp_path / "data" / "causerie.db").connect() as connection:
        numbers = connection.scalars(text("SELECT number FROM search_entry")).all()
    assert len(numbers) == len(set(numbers)) >= 40


@pytest.mark.parametrize("most", [1, 3, 5, 20])
async def test_of_each_kind_the_newest_are_found_however_they_were_mixed(
    client: httpx.AsyncClient, app: FastAPI, most: int
) -> None:
    named = {"M": search.MESSAGE, "C": search.CHARACTER, "S": search.SESSION}
    kinds = [named[letter] for letter in "MMMCMSMMCMMSMCM"]
    ids = [new_id() for _ in kinds]

    def put_all(work: Work) -> None:
        for kind, identity in zip(kinds, ids, strict=True):
            search.put(work, search.Text(kind, identity, "canary"))

    def find(work: Work) -> list[search.Found]:
        windows = [search.Window(kind) for kind in (search.MESSAGE, search.SESSION, search.CHARACTER)]
        return search.find(work, search.parse("canary"), windows, most)

    owner = Actor(UUID((await get(client, "/auth/me"))["id"]))
    await app.state.database.work(owner, put_all)
    found = await app.state.database.read(owner, find)

    for kind in set(kinds):
        newest = [identity for its, identity in zip(kinds, ids, strict=True) if its == kind][-most:]
        assert sorted(one.id for one in found if one.kind == kind) == sorted(newest)
    assert len(found) == len({one.id for one in found})


async def test_what_is_gone_for_good_is_not_in_the_index(client: httpx.AsyncClient, app: FastAPI) -> None:
    chat = await create(client, "/sessions", title="A canary")
    kept = await create(client, "/sessions", title="A raven")
    for session in (chat, kept):
        await create(client, f"/sessions/{session['id']}/messages", content="The canary and the raven.", role="user")
    await client.delete(f"/sessions/{chat['id']}")
    await finished(client, (await client.post("/trash/empty")).json())

    def entries(work: Work) -> list[tuple[str, UUID | None]]:
        rows = work.session.query(SearchEntry.kind, SearchEntry.session_id).where(SearchEntry.terms.contains("canary"))
        return [(kind, session_id) for kind, session_id in rows]

    owner = Actor(UUID((await get(client, "/auth/me"))["id"]))
    assert await app.state.database.read(owner, entries) == [("message", UUID(kept["id"]))]
    assert [hit["session_id"] for hit in (await get(client, "/search", q="canary"))["items"]] == [kept["id"]]


@pytest.mark.setups("embedded")
async def test_sqlites_index_has_the_words_of_its_entries_and_no_others(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Also after changes and deletions, which take out what was there before."""
    template = tmp_path_factory.getbasetemp() / "template.db"
    async with open_house(tmp_path, template) as app, client_of(app) as client:
        chat = await create(client, "/sessions", title="One canary")
        path = f"/sessions/{chat['id']}/messages"
        said = [await create(client, path, content=f"canary {number} 灯台", role="user") for number in range(4)]
        await client.patch(f"/messages/{said[0]['id']}", json={"content": "raven"})
        await client.patch(f"/sessions/{chat['id']}", json={"title": "One raven"})
        await client.delete(f"/messages/{said[3]['id']}")
        await client.post(f"/messages/{said[3]['id']}/restore")
        await client.delete(f"/messages/{said[2]['id']}")

    matching = text("SELECT count(*) FROM search_index WHERE search_index MATCH :words")
    with sqlite_engine(tmp_path / "data" / "causerie.db").begin() as connection:
        connection.execute(text("INSERT INTO search_index (search_index, rank) VALUES ('integrity-check', 1)"))
        counted = [connection.scalar(matching, {"words": f'"{words}"'}) for words in ("canary", "raven", "灯台")]
    assert counted == [2, 2, 2]
