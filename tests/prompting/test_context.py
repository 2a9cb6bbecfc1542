"""What a prompt is made from: whose rows, which defaults, in how many statements."""

from uuid import UUID

import pytest

from causerie.aimodels.models import AiModel
from causerie.characters.models import Character
from causerie.chats import service as chats
from causerie.chats.errors import MessageNotFound
from causerie.chats.schemas import NewSession, NewSwipe
from causerie.clock import utc_now
from causerie.db.work import Actor, Work
from causerie.ids import new_id
from causerie.profiles.models import UserProfile
from causerie.prompting.service import Context, read_context
from causerie.prompts.models import SystemPrompt
from causerie.settings.models import ApplicationSettings
from tests.prompting.conftest import Desk
from tests.prompting.telling import NobodyStarts, answer, claim, prompt_of, say


def add(work: Work, *rows: object) -> None:
    work.session.add_all(rows)
    work.session.flush()


def ask(desk: Desk, **session: object) -> Context:
    """Say something in a new session that is set so, and read the reply's context."""
    chat = desk.run(chats.start, NewSession.model_validate(session))
    session_id, _, reply_id = desk.run(say, chat.id, "Hi")
    context: Context = desk.run(claim, session_id, reply_id)
    return context


def model(name: str, **more: object) -> AiModel:
    return AiModel(id=new_id(), name=name, provider="openai", model=name, **more)


def test_a_bare_chat_has_nothing_but_what_was_said(desk: Desk) -> None:
    context = ask(desk)

    assert [message.content for message in context.branch] == ["Hi"]
    assert (context.card, context.model, context.persona, context.system_prompt) == (None, None, "", "")
    assert not context.is_swipe


def test_everything_comes_from_the_sessions_own_choices(desk: Desk) -> None:
    character = Character(id=new_id(), label="wren", name="Wren", description="Old.", creator_notes="Secret note")
    profile = UserProfile(id=new_id(), name="Ann", description="Tall.")
    prompt = SystemPrompt(id=new_id(), user_id=desk.owner.user_id, name="p", content="Be kind.")
    chosen = model("chosen", context_window=4_000)
    desk.run(add, chosen)
    desk.run(add, character, profile, prompt)

    context = ask(
        desk,
        character_id=character.id,
        user_profile_id=profile.id,
        system_prompt_id=prompt.id,
        ai_model_id=chosen.id,
        world_time="noon",
    )

    assert context.card is not None
    assert (context.card.name, context.card.description) == ("Wren", "Old.")
    assert (context.user_name, context.persona, context.system_prompt) == ("Ann", "Tall.", "Be kind.")
    assert context.world_time == "noon"
    assert context.model is not None
    assert (context.model.id, context.model.context_window, context.model.options) == (chosen.id, 4_000, {})


def test_notes_and_tags_never_enter_a_prompt_c23(desk: Desk) -> None:
    card = {"creator_notes": "NOTES", "tags": ["TAGS"], "alternate_greetings": ["OTHER"]}
    character = Character(id=new_id(), label="wren", name="Wren", first_mes="Hello.", **card)
    desk.run(add, character)

    prompt = prompt_of(ask(desk, character_id=character.id))

    sent = "".join(message.text for message in prompt.messages)
    assert "Hello." in sent
    assert not any(word in sent for word in ("NOTES", "TAGS", "OTHER", "wren"))


def test_a_story_told_to_a_session_outranks_the_profiles(desk: Desk) -> None:
    profile = UserProfile(id=new_id(), name="Ann", description="Tall.")
    desk.run(add, profile)

    context = ask(desk, user_profile_id=profile.id, user_persona="In disguise.")

    assert (context.user_name, context.persona) == ("Ann", "In disguise.")


def test_the_model_is_the_sessions_else_the_characters_else_the_settings(desk: Desk) -> None:
    own, the_characters, usual = model("own"), model("character's"), model("usual")
    desk.run(add, own, the_characters, usual)
    plain = Character(id=new_id(), label="plain", name="Plain")
    minded = Character(id=new_id(), label="minded", name="Minded", ai_model_id=the_characters.id)
    desk.run(add, plain, minded, ApplicationSettings(default_ai_model_id=usual.id))

    def name_of(**session: UUID) -> str | None:
        chosen = ask(desk, **session).model
        return chosen.model if chosen else None

    assert name_of(ai_model_id=own.id, character_id=minded.id) == "own"
    assert name_of(character_id=minded.id) == "character's"
    assert name_of(character_id=plain.id) == "usual"
    assert name_of() == "usual"


@pytest.mark.parametrize("state", [{"enabled": False}, {"deleted_at": utc_now()}])
def test_a_model_that_cannot_be_used_is_not_replaced_by_another(desk: Desk, state: dict[str, object]) -> None:
    gone, usual = model("gone"), model("usual")
    desk.run(add, gone, usual)
    desk.run(add, ApplicationSettings(default_ai_model_id=usual.id))
    chat = desk.run(chats.start, NewSession(ai_model_id=gone.id))
    session_id, _, reply_id = desk.run(say, chat.id, "Hi")

    def lose(work: Work) -> None:
        row = work.session.get_one(AiModel, gone.id)
        for name, value in state.items():
            setattr(row, name, value)

    desk.run(lose)

    assert desk.run(claim, session_id, reply_id).model is None


def test_defaults_of_the_settings_outrank_those_that_are_marked(desk: Desk) -> None:
    owner = desk.owner.user_id
    marked = SystemPrompt(id=new_id(), user_id=owner, name="m", content="Marked.", is_default=True)
    named = SystemPrompt(id=new_id(), user_id=owner, name="n", content="Named.")
    marked_profile = UserProfile(id=new_id(), name="Marked", is_default=True)
    named_profile = UserProfile(id=new_id(), name="Named")
    desk.run(add, marked, named, marked_profile, named_profile)

    before = ask(desk)
    row = ApplicationSettings(default_system_prompt_id=named.id, default_user_profile_id=named_profile.id)
    desk.run(add, row)
    after = ask(desk)

    assert (before.system_prompt, before.user_name) == ("Marked.", "Marked")
    assert (after.system_prompt, after.user_name) == ("Named.", "Named")


def test_a_swipe_is_known_as_one(desk: Desk) -> None:
    from_context = ask(desk)
    session_id, _, first = desk.run(say, None, "Hi")
    first_context = desk.run(claim, session_id, first)
    desk.run(answer, session_id, first, "Hello.", prompt_of(first_context))

    def swipe(work: Work) -> UUID:
        return chats.swipe(work, first, NewSwipe(instruction="Shorter."), NobodyStarts()).message.id

    second = desk.run(swipe)
    context = desk.run(claim, session_id, second)

    assert (from_context.is_swipe, first_context.is_swipe, context.is_swipe) == (False, False, True)
    assert context.instruction == "Shorter."
    assert [message.content for message in context.branch] == ["Hi"]


def test_somebody_elses_reply_is_not_there(desk: Desk) -> None:
    session_id, _, reply_id = desk.run(say, None, "Hi")

    with pytest.raises(MessageNotFound):
        desk.run(read_context, session_id, reply_id, actor=Actor(new_id()))


def test_a_long_branch_is_read_in_windows_that_move_in_blocks(desk: Desk) -> None:
    desk.run(add, ApplicationSettings(context_messages=10))
    session_id, starts, lengths = None, [], []
    for turn in range(20):
        session_id, _, reply_id = desk.run(say, session_id, f"Q{turn}")
        context = desk.run(claim, session_id, reply_id)
        desk.run(answer, session_id, reply_id, f"A{turn}", prompt_of(context))
        starts.append(context.branch[0].content)
        lengths.append(len(context.branch))
        assert context.branch[-1].content == f"Q{turn}"
        assert context.from_start == (context.branch[0].content == "Q0")

    assert max(lengths) <= 10
    assert min(lengths[5:]) >= 8
    assert len(set(starts)) < len(starts)


def test_a_context_takes_two_statements(desk: Desk) -> None:
    session_id, _, reply_id = desk.run(say, None, "Hi")
    driver = desk.connection.connection.dbapi_connection
    assert driver is not None
    statements: list[str] = []

    def read(work: Work) -> None:
        driver.set_trace_callback(statements.append)
        read_context(work, session_id, reply_id)
        driver.set_trace_callback(None)

    desk.run(read)

    assert len(statements) == 2
