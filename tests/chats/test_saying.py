"""Saying something: one transaction, once per id, and the words that a session is named by."""

import asyncio
import json

import pytest
from pydantic import ValidationError

from causerie.characters.models import Character
from causerie.chats import service
from causerie.chats.errors import (
    MessageConflict,
    MessageNotFound,
    NothingToAnswer,
    ReferenceNotFound,
    SessionNotFound,
)
from causerie.chats.models import Status
from causerie.chats.schemas import NewSaying
from causerie.chats.service.saying import title_of
from causerie.db.work import Work
from causerie.ids import new_id
from tests.node import Node, NoStarter

pytestmark = pytest.mark.anyio


def make_wren(work: Work) -> Character:
    wren = Character(
        label="wren", name="Wren", first_mes="Good evening, {{user}}.", alternate_greetings=["Hello, <USER>."]
    )
    work.session.add(wren)
    return wren


async def test_a_first_message_begins_a_session_with_the_characters_greetings(node: Node) -> None:
    wren = await node.do(make_wren)

    said = await node.say("Who are you?", character_id=wren.id)

    assert said.began
    assert await node.branch(said.session_id) == ["Good evening, You.", "Who are you?", ""]
    page = await node.read(service.list_messages, said.session_id)
    assert len(page.items[0].sibling_ids) == 2
    assert page.items[2].status is Status.QUEUED
    session = await node.read(service.get, said.session_id)
    assert (session.title, session.total_messages, session.active_leaf_id) == ("Who are you?", 4, page.items[2].id)


async def test_events_are_numbered_without_a_gap_and_told_after_the_commit(node: Node) -> None:
    first = await node.say("One")
    await node.say("Two", session_id=first.session_id)

    numbers = [notice.seq for notice in node.notices]
    assert numbers == list(range(1, len(numbers) + 1))
    assert node.kinds() == ["message:created", "message:created", "session:updated"] * 2
    assert json.loads(node.notices[0].body)["message"]["content"] == "One"


async def test_saying_it_twice_makes_one_message_and_one_reply(node: Node) -> None:
    message_id = new_id()
    first = await node.say("Once", id=message_id)
    again = await node.say("Once", id=message_id)

    assert again.duplicate
    assert not first.duplicate
    assert first.ai_message is not None
    assert again.ai_message is not None
    assert (again.session_id, again.ai_message.id) == (first.session_id, first.ai_message.id)
    assert (await node.read(service.get, first.session_id)).total_messages == 2


async def test_twenty_at_once_make_one_message(node: Node) -> None:
    session = (await node.say("Before")).session_id
    new = NewSaying(id=new_id(), session_id=session, content="Now")

    said = await asyncio.gather(*(node.do(service.say, new, NoStarter()) for _ in range(20)))

    assert sum(not each.duplicate for each in said) == 1
    assert len({each.ai_message.id for each in said}) == 1
    assert (await node.read(service.get, session)).total_messages == 4


async def test_one_id_with_two_bodies_is_a_conflict(node: Node) -> None:  # I2
    message_id = new_id()
    first = await node.say("One body", id=message_id)
    other = await node.say("Elsewhere")

    with pytest.raises(MessageConflict):
        await node.say("Another body", id=message_id)
    with pytest.raises(MessageConflict):
        await node.say("One body", id=message_id, session_id=other.session_id)
    assert (await node.read(service.get, first.session_id)).total_messages == 2


async def test_a_parent_may_be_named_and_null_begins_a_new_tree(node: Node) -> None:
    first = await node.say("Root")
    session = first.session_id
    await node.say("Further", session_id=session)
    branched = await node.say("Aside", session_id=session, parent_id=first.user_message.id)
    alone = await node.say("Alone", session_id=session, parent_id=None)

    assert await node.branch(session, leaf=branched.ai_message.id if branched.ai_message else None) == [
        "Root",
        "Aside",
        "",
    ]
    assert await node.branch(session) == ["Alone", ""]
    assert alone.user_message.depth == 0
    with pytest.raises(MessageNotFound):
        await node.say("Lost", session_id=session, parent_id=new_id())


async def test_what_is_not_the_actors_is_not_there(node: Node) -> None:
    mine = await node.say("Mine")
    wren = await node.do(make_wren)

    with pytest.raises(SessionNotFound):
        await node.do(service.say, NewSaying(session_id=mine.session_id, content="Hi"), NoStarter(), actor=node.bob)
    with pytest.raises(ReferenceNotFound):
        await node.do(service.say, NewSaying(character_id=wren.id, content="Hi"), NoStarter(), actor=node.bob)
    same_id = NewSaying(id=mine.user_message.id, content="Hers")
    hers = await node.do(service.say, same_id, NoStarter(), actor=node.bob)
    assert hers.session_id != mine.session_id  # two users may mint one id


@pytest.mark.parametrize("content", ["", " \n\t", "a" * 32_769])
def test_what_cannot_be_said_is_no_saying(content: str) -> None:
    with pytest.raises(ValidationError, match=r"blank|too_long"):
        NewSaying(content=content)


async def test_the_longest_message_is_counted_in_code_points(node: Node) -> None:
    said = await node.say("𝄞" * 32_768)
    assert len(said.user_message.content) == 32_768


async def test_saying_may_set_the_context_of_a_session(node: Node) -> None:
    said = await node.say("Then", world_time="1811-10-21")
    await node.say("Later", session_id=said.session_id, world_time="1811-10-24", user_persona="A sailor")

    session = await node.read(service.get, said.session_id)
    assert (session.world_time, session.user_persona) == ("1811-10-24", "A sailor")


async def test_generate_answers_only_the_user(node: Node) -> None:
    said = await node.say("Hello", generate=False)
    assert said.ai_message is None
    reply = await node.do(service.generate, said.session_id, NoStarter())
    assert reply.parent_id == said.user_message.id
    with pytest.raises(NothingToAnswer):
        await node.do(service.generate, said.session_id, NoStarter())


def test_titles_are_the_first_words() -> None:
    assert title_of("  Who\nare   you? ") == "Who are you?"
    assert (
        title_of("I found a letter behind the clock, and it has your name") == "I found a letter behind the clock, and…"
    )
    assert len(title_of("x" * 500)) == 40
