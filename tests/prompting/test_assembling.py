"""A prompt for a model that reads well: what is in it, in which order, and what gives way."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from causerie.chats.models import Role, Status
from causerie.prompting.errors import FixedPartsTooLong
from causerie.prompting.parts import Cut
from causerie.prompting.service import Prompt, assemble
from causerie.providers.protocol import PromptMessage
from causerie.testing import ScriptedProvider
from tests.prompting.conversations import PIP, CountingProvider, context, model, reply, said, turns, user


def plain() -> ScriptedProvider:
    return ScriptedProvider([""])


def cut(prompt: Prompt, why: Cut) -> list[str]:
    return [part.text for part in prompt.trace.parts if part.cut == why]


async def test_what_stays_comes_first_and_what_changes_last() -> None:
    card = replace(PIP, post_history_instructions="Stay kind, {{char}}.")
    story = context(
        [reply("Beep! Hello, Ann!"), user("Hi")],
        card=card,
        persona="{{user}} is tall.",
        system_prompt="Play {{char}}.",
        world_time="noon",
        instruction="Shorter.",
    )

    prompt = await assemble(story, plain(), kept="Well")

    assert [message.role for message in prompt.messages] == ["system", "assistant", "user", "user", "assistant"]
    system, greeting, question, passing, kept = (message.text for message in prompt.messages)
    order = [
        "Play Pip.",
        "Ann is tall.",
        "garden robot",
        "curious",
        "Ann stands",
        "Pip: Beep!",
        "Ann: Rain?\nPip: Lovely.",
    ]
    places = [system.index(words) for words in order]
    assert places == sorted(places)
    assert (greeting, question, kept) == ("Beep! Hello, Ann!", "Hi", "Well")
    places = [passing.index(words) for words in ("noon", "Stay kind, Pip.", "Shorter.")]
    assert places == sorted(places)


async def test_a_chat_without_character_has_a_prompt_too() -> None:
    prompt = await assemble(context([user("Hi")], card=None), plain())

    assert [message.role for message in prompt.messages] == ["system", "user"]
    assert prompt.messages[0].text
    assert prompt.messages[1] == PromptMessage("user", "Hi")


@pytest.mark.parametrize(
    ("of_card", "of_user", "sent"),
    [
        ("Be {{char}}.", "Write well.", "Be Pip."),
        ("Be {{char}}. {{Original}} Now.{{original}}", "Write as {{CHAR}}.", "Be Pip. Write as Pip. Now."),
        (" ", "Write well.", "Write well."),
    ],
)
async def test_a_cards_system_prompt_replaces_the_users_c21(of_card: str, of_user: str, sent: str) -> None:
    card = replace(PIP, system_prompt=of_card)

    prompt = await assemble(context([user("Hi")], card=card, system_prompt=of_user), plain())

    assert prompt.messages[0].text.startswith(f"{sent}\n\n")


async def test_instructions_after_the_history_know_the_original_c22() -> None:
    card = replace(PIP, post_history_instructions="{{original}}Be brief, <user>.")

    prompt = await assemble(context([user("Hi")], card=card), plain())

    assert prompt.messages[-1] == PromptMessage("user", "Be brief, Ann.")


async def test_names_stand_in_authored_texts_and_never_in_what_was_said() -> None:
    story = context([user("Who is {{char}}, <BOT>?"), reply("I, {{user}}."), user("{{original}} $text")])

    prompt = await assemble(story, plain())

    assert [message.text for message in prompt.messages[1:]] == [message.content for message in story.branch]
    assert "{{" not in prompt.messages[0].text
    assert "<" not in prompt.messages[0].text


async def test_hidden_messages_and_replies_without_text_are_left_out() -> None:
    branch = [
        user("one"),
        reply("two", hidden=True),
        user("three"),
        reply("", status=Status.FAILED),
        user("four"),
        reply("five", status=Status.STOPPED),
        user("six"),
    ]

    prompt = await assemble(context(branch), plain())

    assert [message.text for message in prompt.messages[1:]] == ["one", "three", "four", "five", "six"]
    assert cut(prompt, "hidden") == ["two"]
    assert cut(prompt, "no_text") == [""]


@pytest.mark.parametrize("branch", [[], [user("Hi"), reply("Hello")]])
async def test_the_model_is_always_asked_by_the_user(branch: list[object]) -> None:
    prompt = await assemble(context(branch), plain())  # type: ignore[arg-type]  # parametrize loses the element type

    assert prompt.messages[-1].role == "user"


async def test_examples_give_way_before_anything_that_was_said() -> None:
    blocks = [f"{{{{user}}}}: {number} {'word ' * 20}" for number in range(3)]
    card = replace(PIP, mes_example="<START>\n" + "<START>\n".join(blocks))
    branch = turns(10)
    roomy = await assemble(context(branch, card=card, model=model(2_000)), plain())
    needed = roomy.trace.tokens

    window = int((needed - 20) / 0.75 / 0.95)
    prompt = await assemble(context(branch, card=card, model=model(window, window // 5)), plain())

    assert cut(roomy, "no_room") == []
    assert len(said(prompt.messages, branch)) == len(branch)
    given_way = [part.name for part in prompt.trace.parts if part.cut]
    assert given_way
    assert set(given_way) == {"example"}


async def test_examples_take_at_most_a_tenth_of_the_window() -> None:
    card = replace(PIP, mes_example="<START>".join(["x" * 400] * 20))

    prompt = await assemble(context([user("Hi")], card=card, model=model(4_000)), plain())

    kept = sum(part.tokens for part in prompt.trace.parts if part.name == "example" and not part.cut)
    assert 0 < kept <= 400
    assert cut(prompt, "over_share")


async def test_a_growing_chat_keeps_its_first_message_for_several_turns() -> None:
    window = model(1_500, 300)
    starts = []
    for count in range(20, 60):
        branch = turns(count, "word " * 12)
        prompt = await assemble(context(branch, model=window), plain())
        starts.append(prompt.messages[1].text)

    moves = sum(before != after for before, after in pairwise(starts))
    assert 2 <= moves <= len(starts) / 4


@given(
    sizes=st.lists(st.integers(1, 900), min_size=1, max_size=40),
    roles=st.lists(st.booleans(), min_size=40, max_size=40),
    greeted=st.booleans(),
    window=st.integers(600, 4_000),
)
async def test_history_is_cut_at_its_old_end_and_between_turns(
    sizes: list[int], roles: list[bool], greeted: bool, window: int
) -> None:
    branch = [
        (user if by_user else reply)(f"{place} {'x' * size}")
        for place, (size, by_user) in enumerate(zip(sizes, roles, strict=False))
    ]
    branch = [*([reply("Beep!")] if greeted else []), user("first"), *branch, user("last")]

    try:
        prompt = await assemble(context(branch, model=model(window, 100)), plain())
    except FixedPartsTooLong:
        pytest.fail("the last message and the character fit into any of these windows")

    kept = said(prompt.messages, branch)
    ids = [message.id for message in branch]
    assert kept == ids[len(ids) - len(kept) :]
    assert kept[-1] == ids[-1]
    assert prompt.trace.tokens <= window * 0.95 - 100
    first = branch[len(ids) - len(kept)]
    assert len(kept) == len(ids) or first.role is Role.USER


async def test_the_last_four_turns_outlast_every_block() -> None:
    branch = turns(30, "word " * 10)

    for window in range(700, 2_000, 50):
        prompt = await assemble(context(branch, model=model(window, 100)), plain())
        kept = said(prompt.messages, branch)
        four_turns = sum(part.tokens for part in prompt.trace.parts if part.name == "history") / 61 * 7
        others = sum(part.tokens for part in prompt.trace.parts if part.name != "history" and not part.cut)
        if others + four_turns < window * 0.95 - 100:
            assert len(kept) >= 7, window


async def test_what_cannot_give_way_is_named_with_its_size() -> None:
    card = replace(PIP, description="long " * 2_000)

    with pytest.raises(FixedPartsTooLong) as refused:
        await assemble(context(turns(3), card=card, model=model(1_000)), plain())

    assert refused.value.code == "prompt_too_long"
    sizes = refused.value.facts["parts"]
    assert max(sizes, key=sizes.__getitem__) == "description"
    assert set(sizes) == {"system_prompt", "description", "personality", "scenario", "history"}
    assert f"description {sizes['description']}" in refused.value.detail


@pytest.mark.parametrize("per_character", [0.1, 0.3, 0.9])
async def test_a_known_tokenizer_decides_what_fits(per_character: float) -> None:
    provider = CountingProvider(per_character)
    branch = turns(40, "word " * 20)
    room = int(3_000 * 0.98) - 500

    prompt = await assemble(context(branch, model=model(3_000, 500)), provider)

    assert provider.tokens(prompt.messages) <= room
    assert prompt.trace.counted
    assert prompt.trace.tokens == provider.tokens(prompt.messages)
    assert prompt.trace.tokens > room * 0.6 or len(said(prompt.messages, branch)) == len(branch)
    assert len(provider.counted) <= 3


async def test_a_prompt_that_fits_whatever_the_tokenizer_is_not_counted() -> None:
    provider = CountingProvider(0.3)

    await assemble(context([user("Hi")]), provider)

    assert provider.counted == []


async def test_an_estimate_that_is_far_too_high_refuses_nothing() -> None:
    card = replace(PIP, description="の" * 3_000)

    prompt = await assemble(context([user("Hi")], card=card, model=model(3_000, 500)), CountingProvider(0.5))

    assert prompt.trace.tokens < 2_440


async def test_a_swipe_asks_for_a_variant() -> None:
    first = await assemble(context([user("Hi")]), plain())
    swipe = await assemble(context([user("Hi")], is_swipe=True), plain())

    assert not first.sampling.variant
    assert swipe.sampling.variant
