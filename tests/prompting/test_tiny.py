"""The prompt for models that a long prompt confuses."""

import time
from dataclasses import replace

import pytest

from causerie.prompting.context import Card
from causerie.prompting.service import assemble
from causerie.providers.protocol import PromptMessage
from causerie.testing import ScriptedProvider
from tests.prompting.conversations import PIP, CountingProvider, context, reply, turns, user

SYSTEM = (
    "You are Pip, a cheerful little garden robot who loves tomatoes and bees, with a snail friend named Turbo. "
    "Reply as Pip in one or two short sentences."
)
SUFFIX = " (Answer as Pip, in two short sentences.)"


def tiny() -> ScriptedProvider:
    return ScriptedProvider([""], profile="tiny")


async def test_the_first_turn_is_who_it_is_how_it_greets_and_what_was_said() -> None:
    prompt = await assemble(context([reply("Beep! Hello, friend!"), user("Hi")]), tiny())

    assert prompt.messages == (
        PromptMessage("system", SYSTEM),
        PromptMessage("user", "Hello!"),
        PromptMessage("assistant", "Beep! Hello, friend!"),
        PromptMessage("user", "Hi" + SUFFIX),
    )
    assert prompt.trace.tokens <= 400


async def test_without_a_greeting_in_the_chat_the_authored_one_sets_the_voice() -> None:
    prompt = await assemble(context([user("Hi")]), tiny())

    assert prompt.messages[1:3] == (PromptMessage("user", "Hello!"), PromptMessage("assistant", "Beep! Hello, Ann!"))


async def test_at_most_the_last_two_exchanges_are_read() -> None:
    branch = [reply("Beep!"), *turns(5)]

    prompt = await assemble(context(branch), tiny())

    last = [message.content for message in branch[-5:]]
    assert [message.text for message in prompt.messages[2:]] == ["Beep!", *last[:-1], last[-1] + SUFFIX]


async def test_what_a_larger_model_would_read_is_in_the_trace() -> None:
    story = context(turns(4), persona="Tall.", world_time="noon")

    prompt = await assemble(story, tiny())

    left_out = [part.name for part in prompt.trace.parts if part.cut == "tiny_model"]
    assert left_out == [
        *("persona", "description", "personality", "scenario", "example", "example", "world_time"),
        *["history"] * 4,
    ]


async def test_a_continued_reply_and_a_swipes_wish_have_their_places() -> None:
    prompt = await assemble(context([user("Hi")], instruction="Mention rain.", is_swipe=True), tiny(), kept="I like")

    assert prompt.messages[-2].text == "Hi (Answer as Pip, in two short sentences. Mention rain.)"
    assert prompt.messages[-1] == PromptMessage("assistant", "I like")
    assert prompt.sampling.variant


async def test_without_a_character_it_is_a_companion() -> None:
    prompt = await assemble(context([user("Hi")], card=None), tiny())

    assert [message.text for message in prompt.messages] == [
        "You are a friendly companion. Reply in one or two short sentences.",
        "Hi (Answer in two short sentences.)",
    ]


async def test_old_exchanges_then_the_greeting_give_way_to_a_long_message() -> None:
    branch = [reply("Beep! " * 20), *turns(2, "word " * 100)[:-1], user("long " * 700)]

    provider = CountingProvider(0.3, profile="tiny")
    prompt = await assemble(context(branch), provider)

    assert len(prompt.messages) < 8
    assert prompt.messages[-1].text == branch[-1].content + SUFFIX
    assert provider.tokens(prompt.messages) <= 1_400


async def test_the_first_turn_stays_short_although_the_greeting_is_long() -> None:
    card = replace(PIP, first_mes="Welcome to the garden. " * 100)

    prompt = await assemble(context([user("Hi")], card=card), tiny())

    assert prompt.trace.tokens <= 400
    assert [message.role for message in prompt.messages] == ["system", "user"]


@pytest.mark.parametrize(
    ("description", "introduced"),
    [
        ("", "You are Wren. "),
        ("A kind old lighthouse keeper. Has a cat.", "You are Wren, a kind old lighthouse keeper. "),
        (
            "Wren keeps the lighthouse at Gull Point.\nShe is old.",
            "You are Wren, who keeps the lighthouse at Gull Point. ",
        ),
        ("You are a pirate captain! Arr.", "You are Wren, a pirate captain. "),
        ("She was born in a storm; she likes tea", "You are Wren, born in a storm; she likes tea. "),
        ("Old, kind and slow.", "You are Wren: Old, kind and slow. "),
        (
            "Wren is a friend of Dr. Hale and of all birds. More.",
            "You are Wren, a friend of Dr. Hale and of all birds. ",
        ),
        ("灯" * 100, "You are Wren: 灯灯灯灯"),
    ],
)
async def test_a_description_begins_the_introduction(description: str, introduced: str) -> None:
    prompt = await assemble(context([user("Hi")], card=Card("Wren", description)), tiny())

    assert prompt.messages[0].text.startswith(introduced)


async def test_a_long_first_sentence_is_cut_at_a_word_to_sixty_tokens() -> None:
    card = Card("Wren", "Wren is a keeper of " + "lamps and " * 100 + "lenses.")

    provider = CountingProvider(0.28, profile="tiny")
    prompt = await assemble(context([user("Hi")], card=card), provider)

    assert provider.tokens(prompt.messages[:1]) <= 64
    assert prompt.messages[0].text.startswith("You are Wren, a keeper of lamps and ")
    assert "lamp." not in prompt.messages[0].text


async def test_a_description_without_an_end_is_cut_in_no_time() -> None:
    card = Card("Wren", "é b " * 25_000)

    began = time.process_time()
    prompt = await assemble(context([user("Hi")], card=card), tiny())

    assert time.process_time() - began < 5  # to count its tokens once for each of its words took minutes
    assert prompt.messages[0].text.startswith("You are Wren: é b é b")


async def test_a_name_of_separators_alone_is_a_name() -> None:
    prompt = await assemble(context([user("Hi")], card=Card("\x1c", "A kind old keeper.")), tiny())

    assert prompt.messages[0].text.startswith("You are \x1c, a kind old keeper. ")


async def test_a_chat_of_which_all_is_hidden_is_answered_nevertheless() -> None:
    prompt = await assemble(context([user("Hi", hidden=True)]), tiny())

    assert prompt.messages[0] == PromptMessage("system", SYSTEM)
    assert not any("Hi" in message.text for message in prompt.messages)
