"""Lists of sessions: every filter, every order in pages, and what a session says of itself wherever it is told."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import product
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine as SqlEngine

from causerie.broker.ports import SessionHint
from causerie.chats import service
from causerie.chats.models import Status
from causerie.chats.schemas import (
    LONGEST_LINE,
    MessagePatch,
    NewMessage,
    NewSession,
    NewSwipe,
    ReplyAttempt,
    SessionChange,
    SessionOut,
    SessionQuery,
)
from causerie.chats.service import Ending
from causerie.chats.showing import line_of
from causerie.db.work import Actor
from causerie.http.answers import Expected
from causerie.http.paging import write_cursor
from causerie.ids import new_id
from causerie.testing import Gate, ScriptedProvider
from tests.house import create, get
from tests.node import Node, NoStarter

pytestmark = pytest.mark.anyio

SORTS = ("updated_at", "created_at", "title", "total_messages")


async def titles(client: httpx.AsyncClient, **query: Any) -> list[str]:
    return [item["title"] for item in (await get(client, "/sessions", **query))["items"]]


async def every(client: httpx.AsyncClient, **query: Any) -> list[Any]:
    page = await get(client, "/sessions", **query)
    items = list(page["items"])
    while page["next_cursor"] is not None:
        page = await get(client, "/sessions", **query, cursor=page["next_cursor"])
        items += page["items"]
    return items


async def change(node: Node, session_id: UUID, **fields: Any) -> SessionOut:
    changed: SessionOut = await node.do(service.change, session_id, SessionChange(**fields), Expected(), whole=False)
    return changed


async def session(node: Node, session_id: UUID) -> SessionOut:
    found: SessionOut = await node.read(service.get, session_id)
    return found


async def listed(node: Node, **query: Any) -> list[SessionOut]:
    return list((await node.read(service.list_sessions, SessionQuery(**query))).rows)


# Orders.


@pytest.mark.parametrize(("sort", "order", "limit"), list(product(SORTS, ("asc", "desc"), (1, 2, 3))))
async def test_in_every_order_the_pages_together_are_the_list(
    client: httpx.AsyncClient, sort: str, order: str, limit: int
) -> None:
    for title, said in (("b", 2), ("", 0), ("a", 2), ("B", 1), ("a", 0)):
        chat = await create(client, "/sessions", title=title)
        for _ in range(said):
            await create(client, f"/sessions/{chat['id']}/messages", content="Well.")

    found = await every(client, sort=sort, order=order, limit=limit)

    keys = [(row[sort].lower() if sort == "title" else row[sort], row["id"]) for row in found]
    assert keys == sorted(keys, reverse=order == "desc")
    assert len(keys) == 5


async def test_without_a_word_titles_come_from_a_to_z_and_of_the_rest_the_most_first(client: httpx.AsyncClient) -> None:
    for title in ("Ah", "c", "b"):
        chat = await create(client, "/sessions", title=title)
    await create(client, f"/sessions/{chat['id']}/messages", content="Well.")

    assert await titles(client, sort="title") == ["Ah", "b", "c"]
    assert (await titles(client, sort="total_messages"))[0] == "b"
    assert await titles(client) == ["b", "c", "Ah"]


async def test_a_cursor_belongs_to_the_order_that_gave_it(client: httpx.AsyncClient) -> None:
    for _ in range(2):
        await create(client, "/sessions")
    cursor = (await get(client, "/sessions", limit=1, sort="created_at"))["next_cursor"]

    for other in ({"sort": "updated_at"}, {"sort": "created_at", "order": "asc"}):
        answer = await client.get("/sessions", params={**other, "cursor": cursor})
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (422, "not_a_cursor")


@pytest.mark.parametrize(
    ("sort", "key"),
    [
        ("updated_at", "yesterday"),
        ("updated_at", "2026-01-01T00:00:00"),
        ("updated_at", "0001-01-01T00:00:00+14:00"),
        ("total_messages", "many"),
        ("total_messages", "-1"),
        ("total_messages", "9" * 30),
        ("total_messages", "\u0663"),
        ("title", "\0"),
        ("title", "\ud800"),
    ],
)
async def test_a_forged_cursor_is_refused(client: httpx.AsyncClient, sort: str, key: str) -> None:
    for identity in (str(new_id()), "nobody"):
        cursor = write_cursor(f"{sort} {sort != 'title':d}", key, identity)
        answer = await client.get("/sessions", params={"sort": sort, "cursor": cursor})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "?cursor")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("sort", "id"),
        ("order", "up"),
        ("state", "deleted"),
        ("archived", "perhaps"),
        ("from", "yesterday"),
        ("to", "2026-01-01T00:00:00"),
        ("from", "0001-01-01T00:00:00+14:00"),
        ("character_id", "wren"),
        ("q", "x" * 201),
        ("q", "nothing\0"),
        ("from_", "2026-01-01T00:00:00Z"),
    ],
)
async def test_what_is_no_filter_is_refused(client: httpx.AsyncClient, name: str, value: str) -> None:
    answer = await client.get("/sessions", params={name: value})

    assert answer.status_code == 422
    assert {fault["pointer"] for fault in answer.json()["errors"]} == {f"?{name}"}


# Filters.


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("tea", ["Tea with Wren"]),
        ("WREN tea", ["Tea with Wren"]),
        ("  ", ["100 % sure", "ЧАЙ", "Tea with Wren"]),
        ("чай", ["ЧАЙ"]),
        ("%", ["100 % sure"]),
        ("_", []),
        ("\\", []),
        ("play", ["100 % sure"]),
        ("marrow", ["ЧАЙ"]),
        ("tea marrow", []),
    ],
)
async def test_words_are_looked_for_in_title_category_and_name(
    client: httpx.AsyncClient, q: str, found: list[str]
) -> None:
    captain = await create(client, "/characters", name="Captain Marrow")
    await create(client, "/sessions", title="Tea with Wren")
    await create(client, "/sessions", title="ЧАЙ", character_id=captain["id"])
    await create(client, "/sessions", title="100 % sure", category="Play")

    assert await titles(client, q=q) == found


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("lantern", ["night"]),
        ("the LANT", ["night"]),
        ("lantern shone", ["night"]),
        ("shone bright", []),  # in two messages
        ("lantern night", []),  # in a message and in a title
        ("fog", ["fog", "night"]),
        ("灯台", ["fog"]),
        ("raven", []),
        ("crow", ["night"]),
        ("gull", []),
        ("buried", []),
    ],
)
async def test_a_session_is_found_by_what_was_said_in_it(client: httpx.AsyncClient, q: str, found: list[str]) -> None:
    said: dict[str, list[str]] = {
        "night": ["The lantern shone.", "How bright!", "Fog, and a raven.", "A gull."],
        "fog": ["東京の灯台"],
        "gone": ["A lantern, buried."],
    }
    for title, contents in said.items():
        chat = await create(client, "/sessions", title=title)
        rows = [await create(client, f"/sessions/{chat['id']}/messages", content=content) for content in contents]
        if title == "night":
            await client.patch(f"/messages/{rows[2]['id']}", json={"content": "Fog, and a crow."})
            await client.delete(f"/messages/{rows[3]['id']}")
    await client.delete(f"/sessions/{chat['id']}")

    assert sorted(await titles(client, q=q)) == found


async def test_only_ones_own_messages_find_a_session(node: Node) -> None:
    """Also where both minted the same ids."""
    message = NewMessage(id=new_id(), content="A lantern.")
    mine = (await node.do(service.start, NewSession(title="mine"))).id
    theirs = (await node.do(service.start, NewSession(title="theirs"), actor=node.bob)).id
    await node.do(service.store, mine, message)
    await node.do(service.store, theirs, message.model_copy(update={"content": "A raven."}), actor=node.bob)

    async def found(q: str, actor: Actor) -> list[UUID]:
        page = await node.read(service.list_sessions, SessionQuery(q=q), actor=actor)
        return [row.id for row in page.rows]

    assert [await found(q, node.alice) for q in ("lantern", "raven", "a")] == [[mine], [], [mine]]
    assert [await found(q, node.bob) for q in ("lantern", "raven", "a")] == [[], [theirs], [theirs]]


async def test_sessions_are_found_by_character_model_and_time(client: httpx.AsyncClient) -> None:
    wren = await create(client, "/characters", name="Wren")
    model = await create(client, "/models", name="M", provider="openai", model="m")
    first = await create(client, "/sessions", title="first", character_id=wren["id"])
    second = await create(client, "/sessions", title="second", ai_model_id=model["id"])
    later = (datetime.fromisoformat(second["updated_at"]) + timedelta(seconds=1)).isoformat()

    assert await titles(client, character_id=wren["id"]) == ["first"]
    assert await titles(client, ai_model_id=model["id"]) == ["second"]
    assert await titles(client, character_id=str(new_id())) == []
    assert await titles(client, **{"from": second["updated_at"]}) == ["second"]
    assert await titles(client, to=second["updated_at"]) == ["first"]
    assert await titles(client, **{"from": first["updated_at"], "to": later}) == ["second", "first"]
    assert await titles(client, **{"from": later}) == []


async def test_sessions_are_found_by_how_they_are_kept(client: httpx.AsyncClient) -> None:
    for title in ("plain", "pinned", "archived"):
        await create(client, "/sessions", title=title, pinned=title == "pinned", archived=title == "archived")
    gone = await create(client, "/sessions", title="gone", pinned=True)
    await client.delete(f"/sessions/{gone['id']}")

    assert await titles(client) == ["archived", "pinned", "plain"]
    assert await titles(client, state="active") == await titles(client, archived="false") == ["pinned", "plain"]
    assert await titles(client, state="archived") == await titles(client, archived="true") == ["archived"]
    assert await titles(client, state="pinned") == ["pinned"]
    assert await titles(client, state="pinned", archived="true") == []
    assert await titles(client, state="unread") == await titles(client, state="answering") == []


async def test_sessions_that_answer_and_that_were_not_read_are_found(node: Node) -> None:
    await node.add_model()
    quiet = (await node.do(service.start, NewSession(title="quiet"))).id
    gate = Gate()
    async with node.working(ScriptedProvider([gate, "Good evening."])) as engine:
        said = await node.say("Hello?", starter=engine)
        assert said.ai_message is not None
        assert [row.id for row in await listed(node, state="answering")] == [said.session_id]
        assert await listed(node, state="unread") == []
        gate.opened.set()
        await node.final(said.ai_message.id)

    assert await listed(node, state="answering") == []
    assert [row.id for row in await listed(node, state="unread")] == [said.session_id]
    assert quiet in {row.id for row in await listed(node)}


async def test_a_page_is_one_statement(client: httpx.AsyncClient) -> None:
    for _ in range(3):
        await create(client, "/sessions")

    with statements() as seen:
        await get(client, "/sessions", q="tea", state="unread", sort="title")

    emptying_the_trash = "ORDER BY chat_session.deleted_at"  # it looks on its own, whenever its time comes
    assert len([text for text in seen if "chat_session" in text and emptying_the_trash not in text]) == 1


@contextmanager
def statements() -> Iterator[list[str]]:
    seen: list[str] = []

    def see(connection: Any, cursor: Any, statement: str, *others: Any) -> None:
        del connection, cursor, others
        seen.append(statement)

    event.listen(SqlEngine, "before_cursor_execute", see)
    yield seen
    event.remove(SqlEngine, "before_cursor_execute", see)


# What a session says of itself.


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Good evening.", "Good evening."),
        ("*She  smiles.*\n\n“Come   in.”", "She smiles. “Come in.”"),
        ("# The letter\n> It rained.\n```\ncode\n```", "The letter It rained. code"),
        ("snake_case and 2 > 1 stay, #5 too", "snake_case and 2 > 1 stay, #5 too"),
        ("😀" * 200, "😀" * LONGEST_LINE),
        (" \n\t", ""),
        ("", ""),
    ],
)
def test_a_line_is_the_first_words_without_marks(text: str, line: str) -> None:
    assert line_of(text) == line


async def test_what_is_told_of_a_session_is_what_a_list_says(node: Node) -> None:
    """After every act the newest `session:updated`, event or hint, is the row that a list answers."""
    told = tell(node)
    said = await node.say("Who are you?")
    chat, question, reply = said.session_id, said.user_message.id, said.ai_message
    assert reply is not None

    async def is_told(line: str, *, answering: bool, unread: bool) -> None:
        (row,) = await listed(node)
        assert row == await session(node, chat)
        newest = told[-1]
        assert newest == json.loads(row.model_dump_json())
        assert (row.last_line, row.answering, row.unread) == (line, answering, unread)

    await is_told("Who are you?", answering=True, unread=False)
    await end(node, chat, reply.id, "*A sailor.*")
    await is_told("A sailor.", answering=False, unread=True)
    await change(node, chat, last_read_seq=100)
    await is_told("A sailor.", answering=False, unread=False)
    swipe = (await node.do(service.swipe, reply.id, NewSwipe(), NoStarter())).message
    await is_told("Who are you?", answering=True, unread=False)
    await end(node, chat, swipe.id, "")
    await is_told("Who are you?", answering=False, unread=True)
    await change(node, chat, active_leaf_id=reply.id)
    await is_told("A sailor.", answering=False, unread=True)
    await node.do(service.edit, reply.id, MessagePatch(content="A pirate."), Expected())
    await is_told("A pirate.", answering=False, unread=True)
    await node.do(service.continue_, reply.id, ReplyAttempt(), NoStarter())
    await is_told("A pirate.", answering=True, unread=True)
    await node.do(service.stop, reply.id)
    await is_told("A pirate.", answering=False, unread=True)
    await node.do(service.delete, reply.id, Expected())
    await is_told("Who are you?", answering=False, unread=True)
    await node.do(service.restore_message, reply.id)
    await is_told("A pirate.", answering=False, unread=True)
    await node.do(service.store, chat, NewMessage(content="I see.", parent_id=question))
    await is_told("I see.", answering=False, unread=True)
    await node.do(service.clear, chat)
    await is_told("", answering=False, unread=True)


async def test_the_end_of_a_reply_on_another_branch_leaves_the_line(node: Node) -> None:
    told = tell(node)
    said = await node.say("Who are you?")
    assert said.ai_message is not None
    await node.do(service.store, said.session_id, NewMessage(content="Never mind.", parent_id=said.ai_message.id))

    await end(node, said.session_id, said.ai_message.id, "A sailor.")

    assert (told[-1]["last_line"], told[-1]["answering"], told[-1]["unread"]) == ("Never mind.", False, True)


async def test_while_one_of_two_replies_is_written_the_session_answers(node: Node) -> None:
    told = tell(node)
    said = await node.say("Who are you?")
    assert said.ai_message is not None
    swipe = (await node.do(service.swipe, said.ai_message.id, NewSwipe(), NoStarter())).message

    await end(node, said.session_id, said.ai_message.id, "A sailor.")
    assert told[-1]["answering"] is True
    await end(node, said.session_id, swipe.id, "A pirate.")
    assert told[-1]["answering"] is False


async def test_an_end_that_comes_too_late_makes_nothing_unread(node: Node) -> None:
    said = await node.say("Who are you?")
    assert said.ai_message is not None
    await end(node, said.session_id, said.ai_message.id, "A sailor.")
    await change(node, said.session_id, last_read_seq=100)
    before = await session(node, said.session_id)
    await node.do(service.store, said.session_id, NewMessage(content="I see."))

    assert await end(node, said.session_id, said.ai_message.id, "A sailor.") is False

    assert before.unread is False
    assert (await session(node, said.session_id)).unread is False


async def test_how_far_it_was_read_only_rises_and_is_no_change(node: Node) -> None:
    said = await node.say("Who are you?")
    assert said.ai_message is not None
    await end(node, said.session_id, said.ai_message.id, "A sailor.")
    before, events = await session(node, said.session_id), len(node.notices)
    head = node.notices[-1].seq

    read = await change(node, said.session_id, last_read_seq=head + 7)
    back = await change(node, said.session_id, last_read_seq=1)

    assert (read.last_read_seq, read.unread) == (back.last_read_seq, back.unread) == (head, False)
    assert (back.version, back.updated_at) == (before.version, before.updated_at)
    assert len(node.notices) == events


async def test_a_row_that_was_read_can_be_put_back(client: httpx.AsyncClient) -> None:
    chat = await create(client, "/sessions", title="Tea")

    same = await client.put(f"/sessions/{chat['id']}", json=chat)
    forged = await client.patch(f"/sessions/{chat['id']}", json={"last_line": "Ha", "unread": True, "answering": True})

    assert same.json() == chat
    assert forged.status_code == 422
    assert {fault["pointer"] for fault in forged.json()["errors"]} == {"/last_line", "/unread", "/answering"}


def tell(node: Node) -> list[Any]:
    """Keep each session as it is told from now on, by an event or by a hint."""
    told: list[Any] = []
    before: Callable[[Any], object] = node.database.publisher

    def publisher(facts: Any) -> None:
        before(facts)
        told.extend(
            json.loads(fact.body)["session"]
            for fact in facts
            if isinstance(fact, SessionHint) and fact.kind == "session:updated"
        )

    node.database.publisher = publisher
    return told


async def end(node: Node, session_id: UUID, message_id: UUID, content: str) -> bool:
    attempt = (await node.message(message_id)).attempt
    ending = Ending(status=Status.COMPLETE, content=content)
    ended: bool = await node.do(service.end, session_id, message_id, attempt, ending)
    return ended
