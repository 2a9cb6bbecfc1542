"""Finding what was said, named and described, through the public door."""

from typing import Any

import httpx
import pytest

from tests.house import Row, create, get


async def say(client: httpx.AsyncClient, session: Row, content: str, role: str = "user", **fields: Any) -> Row:
    return await create(client, f"/sessions/{session['id']}/messages", content=content, role=role, **fields)


async def hits(client: httpx.AsyncClient, q: str, **query: Any) -> list[Row]:
    found: list[Row] = (await get(client, "/search", q=q, **query))["items"]
    return found


async def contents(client: httpx.AsyncClient, q: str, **query: Any) -> list[str]:
    return [hit["snippet"] for hit in await hits(client, q, **query)]


@pytest.fixture
async def chat(client: httpx.AsyncClient) -> Row:
    return await create(client, "/sessions", title="A night at the observatory")


async def test_a_message_is_found_by_its_words_and_shows_them(client: httpx.AsyncClient, chat: Row) -> None:
    await say(client, chat, "The keeper was asleep.")
    said = await say(client, chat, "Who lit the LÁMP last night?")

    (hit,) = await hits(client, "lamp night", kind="messages")

    assert (hit["kind"], hit["id"], hit["session_id"]) == ("message", said["id"], chat["id"])
    assert (hit["title"], hit["position"], hit["on_branch"]) == (chat["title"], 2, True)
    assert hit["timestamp"] == said["timestamp"]
    assert [hit["snippet"][start:end] for start, end in hit["marks"]] == ["LÁMP", "night"]


async def test_all_words_are_needed_and_the_last_may_be_unfinished(client: httpx.AsyncClient, chat: Row) -> None:
    await say(client, chat, "Rain fell on the harbour.")

    assert await contents(client, "harbour rain") == ["Rain fell on the harbour."]
    assert await contents(client, "rain harb") == ["Rain fell on the harbour."]
    assert await contents(client, "harb rain") == []
    assert await contents(client, "rain harb ") == []
    assert await contents(client, "rain snow") == []
    assert await contents(client, "?!") == []


async def test_names_are_found_by_their_first_letter(client: httpx.AsyncClient) -> None:
    xenia = await create(
        client, "/characters", name="Xénia Quandt", tags=["zeppelin"], description="Rides a velocipede."
    )

    for q in ("x", "xe", "xen", "xenia q", "zeppelin", "velocipede"):
        assert [hit["id"] for hit in await hits(client, q, kind="characters")] == [xenia["id"]], q
    assert await hits(client, "v", kind="characters") == []


async def test_names_come_before_mentions(client: httpx.AsyncClient, chat: Row) -> None:
    await create(client, "/characters", name="Quandt")
    await say(client, chat, "Quandt, quandt, quandt!")

    assert [hit["kind"] for hit in await hits(client, "quandt")] == ["character", "message"]


async def test_what_changes_is_found_as_it_is_now(client: httpx.AsyncClient, chat: Row) -> None:
    said = await say(client, chat, "A canary sang.")
    await client.patch(f"/messages/{said['id']}", json={"content": "A raven sang."})
    await client.patch(f"/sessions/{chat['id']}", json={"title": "A day ashore"})

    assert await hits(client, "canary") == await hits(client, "observatory") == []
    assert await contents(client, "raven") == ["A raven sang."]
    assert [hit["kind"] for hit in await hits(client, "ashore")] == ["session"]


async def test_what_is_deleted_is_not_found_until_it_comes_back(client: httpx.AsyncClient, chat: Row) -> None:
    said = await say(client, chat, "A canary sang.")
    wren = await create(client, "/characters", name="Canary Wharf")

    await client.delete(f"/messages/{said['id']}")
    await client.delete(f"/characters/{wren['id']}")
    assert await hits(client, "canary") == []

    await client.post(f"/messages/{said['id']}/restore")
    await client.post(f"/characters/{wren['id']}/restore")
    assert {hit["kind"] for hit in await hits(client, "canary")} == {"message", "character"}


async def test_a_session_of_the_trash_is_not_found_with_all_that_was_said(client: httpx.AsyncClient, chat: Row) -> None:
    await say(client, chat, "A canary sang at the observatory.")

    await client.delete(f"/sessions/{chat['id']}")
    assert await hits(client, "observatory") == []

    await client.post(f"/sessions/{chat['id']}/restore")
    assert {hit["kind"] for hit in await hits(client, "observatory")} == {"session", "message"}


async def test_a_hit_tells_whether_it_is_in_the_active_branch(client: httpx.AsyncClient, chat: Row) -> None:
    first = await say(client, chat, "one lantern")
    await say(client, chat, "left lantern", parent_id=first["id"])
    await say(client, chat, "right lantern", parent_id=first["id"])

    found = {hit["snippet"]: (hit["position"], hit["on_branch"]) for hit in await hits(client, "lantern")}

    assert found == {"one lantern": (1, True), "left lantern": (None, False), "right lantern": (2, True)}


async def test_places_do_not_count_what_was_deleted(client: httpx.AsyncClient, chat: Row) -> None:
    first = await say(client, chat, "gone")
    await say(client, chat, "a lantern")
    await client.delete(f"/messages/{first['id']}")

    assert [hit["position"] for hit in await hits(client, "lantern", kind="messages")] == [1]
    assert [hit["position"] for hit in await hits(client, "lantern", session_id=chat["id"])] == [1]


async def test_in_one_chat_the_active_branch_is_searched_in_its_order(client: httpx.AsyncClient, chat: Row) -> None:
    other = await create(client, "/sessions")
    await say(client, other, "a lantern elsewhere")
    first = await say(client, chat, "lantern, lantern")
    await say(client, chat, "the other lantern", parent_id=first["id"])
    second = await say(client, chat, "no light", parent_id=first["id"])
    third = await say(client, chat, "a lantern again", parent_id=second["id"])

    one = await get(client, "/search", q="lantern", session_id=chat["id"], limit=1, order="position")
    two = await get(client, "/search", q="lantern", session_id=chat["id"], limit=1, cursor=one["next_cursor"])

    assert [hit["id"] for hit in one["items"] + two["items"]] == [first["id"], third["id"]]
    assert [hit["position"] for hit in one["items"] + two["items"]] == [1, 3]
    assert two["next_cursor"] is None


async def test_pages_hold_every_hit_once_while_more_is_said(
    client: httpx.AsyncClient, chat: Row, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also beyond what is ranked at once."""
    monkeypatch.setattr("causerie.search.service.CANDIDATES", 4)
    said = {(await say(client, chat, "lantern " * (number % 3 + 1)))["id"] for number in range(10)}
    await create(client, "/sessions", title="Lantern")

    seen: list[str] = []
    page = await get(client, "/search", q="lantern", limit=3)
    while True:
        seen += [hit["id"] for hit in page["items"] if hit["kind"] == "message"]
        await say(client, chat, "one more lantern")
        if page["next_cursor"] is None:
            break
        page = await get(client, "/search", q="lantern", limit=3, cursor=page["next_cursor"])

    assert len(seen) == len(set(seen))
    assert set(seen) == said


async def test_a_name_is_found_under_however_many_newer_messages(
    client: httpx.AsyncClient, chat: Row, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("causerie.search.service.CANDIDATES", 4)
    named = await create(client, "/sessions", title="Lantern")
    for _ in range(6):
        await say(client, chat, "a lantern")

    assert (await hits(client, "lantern"))[0]["id"] == named["id"]


async def test_more_of_a_word_in_less_text_comes_first(client: httpx.AsyncClient, chat: Row) -> None:
    much = await say(client, chat, "Fog, fog, fog.")
    little = await say(client, chat, "There was fog on the sea and there were many other things to see that night.")

    assert [hit["id"] for hit in await hits(client, "fog")] == [much["id"], little["id"]]


@pytest.mark.parametrize(
    "cursor", ["x", "W10", "WyIxIiwiMiIsIm1lc3NhZ2U6MTowIl0x", "WyJuYW4iLCIxIiwibWVzc2FnZToxOjAiXQ"]
)
async def test_a_cursor_of_nobody_is_refused(client: httpx.AsyncClient, cursor: str) -> None:
    refused = await client.get("/search", params={"q": "fog", "cursor": cursor})

    assert (refused.status_code, refused.json()["code"]) == (422, "not_a_cursor")


async def test_a_question_has_its_limits(client: httpx.AsyncClient, chat: Row) -> None:
    await say(client, chat, " ".join(f"word{number}" for number in range(16)))

    assert (await client.get("/search", params={"q": "w" * 201})).status_code == 422
    assert len(await hits(client, " ".join(f"word{number}" for number in range(25)))) == 1


async def test_a_long_text_shows_the_place(client: httpx.AsyncClient, chat: Row) -> None:
    await say(client, chat, f"{'sea ' * 3_000}then 東京の灯台 shone. {'sea ' * 3_000}")

    (hit,) = await hits(client, "灯台", kind="messages")

    assert len(hit["snippet"]) <= 162
    ((start, end),) = hit["marks"]
    assert hit["snippet"][start:end] == "灯台"
