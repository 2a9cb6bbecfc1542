"""The preview of a system prompt is what a model is sent, word for word."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update

from causerie.aimodels.models import AiModel
from causerie.characters.errors import CharacterNotFound
from causerie.characters.models import Character
from causerie.chats import service as chats
from causerie.chats.schemas import NewSession
from causerie.clock import utc_now
from causerie.db.work import Actor, Work
from causerie.ids import new_id
from causerie.profiles.errors import ProfileNotFound
from causerie.profiles.models import UserProfile
from causerie.prompting.schemas import PreviewOut
from causerie.prompting.service import preview, read_preview
from causerie.prompts.models import SystemPrompt
from causerie.settings.models import ApplicationSettings
from tests.prompting.conftest import Desk
from tests.prompting.telling import claim, prompt_of, say

CONTENT = "You are {{char}}, never {{user}}. {{original}}"
CARD = {"description": "A keeper of {{user}}'s light.", "mes_example": "<START>\n{{user}}: Hi\n{{char}}: Hm."}
DEAR = {"system_prompt": "Be old. {{original}}"}


def add(work: Work, *rows: object) -> None:
    work.session.add_all(rows)
    work.session.flush()


@pytest.fixture
def settled(desk: Desk) -> Desk:
    desk.run(add, ApplicationSettings())
    return desk


def previewed(
    desk: Desk, content: str = CONTENT, *, character_id: UUID | None = None, user_profile_id: UUID | None = None
) -> PreviewOut:
    return preview(desk.run(read_preview, content, character_id, user_profile_id))


def sent(
    desk: Desk, content: str = CONTENT, *, character_id: UUID | None = None, user_profile_id: UUID | None = None
) -> str:
    """Return the system message of a new chat's first prompt."""
    prompt = SystemPrompt(id=new_id(), user_id=desk.owner.user_id, name="p", content=content)
    desk.run(add, prompt)
    session = NewSession(system_prompt_id=prompt.id, character_id=character_id, user_profile_id=user_profile_id)
    session_id, _, reply_id = desk.run(say, desk.run(chats.start, session).id, "Good evening.")
    message = prompt_of(desk.run(claim, session_id, reply_id)).messages[0]
    assert message.role == "system"
    return message.text


@pytest.mark.parametrize("card", [{}, CARD, CARD | DEAR, CARD | {"mes_example": "<START>\n" + "word " * 9_000}])
def test_it_is_the_message_that_a_chat_with_this_prompt_begins_with(settled: Desk, card: dict[str, Any]) -> None:
    character = Character(id=new_id(), label="wren", name="Wren", **card)
    profile = UserProfile(id=new_id(), name="Ann", description="Tall.")
    settled.run(add, character, profile)

    shown = previewed(settled, character_id=character.id, user_profile_id=profile.id)

    assert shown.text == sent(settled, character_id=character.id, user_profile_id=profile.id)
    assert shown.profile == "normal"
    assert "You are Wren, never Ann." in shown.text


def test_without_choices_it_is_told_to_the_usual_user(settled: Desk) -> None:
    settled.run(add, UserProfile(id=new_id(), name="Marked", description="Short.", is_default=True))

    shown = previewed(settled)

    assert shown.text == sent(settled)
    assert shown.text.startswith("You are , never Marked.")
    assert "Short." in shown.text


def test_more_words_are_more_tokens(settled: Desk) -> None:
    short, long = previewed(settled, "Be kind."), previewed(settled, "Be kind. " * 100)

    assert 0 < short.tokens < long.tokens


def test_a_small_model_is_told_of_the_character_alone(settled: Desk) -> None:
    small = AiModel(id=new_id(), name="small", provider="local", model="smollm2")
    character = Character(id=new_id(), label="wren", name="Wren", description="Wren keeps a light.")
    settled.run(add, small, character)
    settled.run(lambda work: work.session.execute(update(ApplicationSettings).values(default_ai_model_id=small.id)))

    shown = previewed(settled, character_id=character.id)

    assert shown.profile == "tiny"
    assert shown.text == "You are Wren, who keeps a light. Reply as Wren in one or two short sentences."


def test_what_somebody_else_has_or_the_trash_is_not_there(settled: Desk) -> None:
    stranger = Actor(new_id())
    settled.run(add, ApplicationSettings(), actor=stranger)
    foreign = Character(id=new_id(), label="wren", name="Wren"), UserProfile(id=new_id(), name="Ann")
    settled.run(add, *foreign, actor=stranger)
    gone = Character(id=new_id(), label="gone", name="Gone", deleted_at=utc_now())
    settled.run(add, gone)

    for character_id in (foreign[0].id, gone.id):
        with pytest.raises(CharacterNotFound):
            previewed(settled, character_id=character_id)
    with pytest.raises(ProfileNotFound):
        previewed(settled, user_profile_id=foreign[1].id)


def test_an_empty_prompt_gives_way_to_ours(settled: Desk) -> None:
    assert previewed(settled, "").text == sent(settled, "")


def test_a_prompt_of_which_nothing_is_left_is_no_message(settled: Desk) -> None:
    shown = previewed(settled, "{{char}}")

    assert (shown.text, shown.tokens) == ("", 0)
