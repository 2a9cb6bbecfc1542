"""Why did it say that? What is answered is word for word what the model was given, whatever happened since."""

from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from causerie.characters.models import Character
from causerie.chats import service as chats
from causerie.chats.errors import MessageNotFound
from causerie.chats.models import Generation, Message
from causerie.chats.schemas import NewSession, ReplyAttempt
from causerie.db.work import Actor, Work
from causerie.http.answers import Expected
from causerie.ids import new_id
from causerie.prompting.errors import NoPrompt
from causerie.prompting.models import PromptSegment
from causerie.prompting.schemas import PromptOut
from causerie.prompting.service import Prompt, read_prompt, store_trace
from causerie.providers.protocol import Profile
from tests.prompting.conftest import Desk, opened
from tests.prompting.telling import NobodyStarts, answer, claim, edit, prompt_of, say

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20).filter(str.strip)


def pip(work: Work) -> UUID:
    character = Character(
        id=new_id(), label="pip", name="Pip", description="A robot of {{user}}.", first_mes="Beep, {{user}}!"
    )
    work.session.add(character)
    work.session.flush()
    return character.id


def sent(prompt: Prompt) -> list[tuple[str, str | None]]:
    return [(message.role, message.text) for message in prompt.messages]


def rebuilt(desk: Desk, reply_id: UUID) -> list[tuple[str, str | None]]:
    prompt: PromptOut = desk.run(read_prompt, reply_id)
    return [(message.role, message.text) for message in prompt.messages]


@given(
    said=st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=5),
    edits=st.lists(st.tuples(st.integers(0, 20), TEXTS), max_size=12),
    profile=st.sampled_from(["normal", "tiny"]),
    in_between=st.booleans(),
)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_every_prompt_can_be_read_as_it_was_sent_after_any_edits(
    migrated: Path,
    said: list[tuple[str, str]],
    edits: list[tuple[int, str]],
    profile: Profile,
    in_between: bool,
) -> None:
    with TemporaryDirectory() as folder, opened(migrated, Path(folder) / "prompts.db") as desk:
        chat = desk.run(chats.start, NewSession(character_id=desk.run(pip)))
        prompts: dict[UUID, list[tuple[str, str | None]]] = {}
        messages: list[UUID] = []
        for question, reply in said:
            _, question_id, reply_id = desk.run(say, chat.id, question)
            prompt = prompt_of(desk.run(claim, chat.id, reply_id), profile=profile)
            desk.run(answer, chat.id, reply_id, reply, prompt)
            prompts[reply_id] = sent(prompt)
            messages += [question_id, reply_id]
            if in_between and edits:
                place, text = edits.pop()
                desk.run(edit, messages[place % len(messages)], text)
        for place, text in edits:
            desk.run(edit, messages[place % len(messages)], text)

        for reply_id, prompt_sent in prompts.items():
            assert rebuilt(desk, reply_id) == prompt_sent


def test_parts_tell_what_they_are_and_where_they_stand(desk: Desk) -> None:
    chat = desk.run(chats.start, NewSession(character_id=desk.run(pip), world_time="noon"))
    _, question_id, reply_id = desk.run(say, chat.id, "Hi")
    prompt = prompt_of(desk.run(claim, chat.id, reply_id))
    desk.run(answer, chat.id, reply_id, "Hello.", prompt)

    shown: PromptOut = desk.run(read_prompt, reply_id)

    assert [(part.part, part.message) for part in shown.parts] == [
        ("system_prompt", 0),
        ("description", 0),
        ("history", 1),
        ("history", 2),
        ("world_time", 3),
    ]
    assert shown.parts[3].message_id == question_id
    assert all(part.available for part in shown.parts)
    assert (shown.attempt, shown.counted, shown.tokens) == (1, "estimated", prompt.trace.tokens)
    assert sum(part.tokens for part in shown.parts) == shown.tokens


def test_a_continued_reply_shows_the_text_it_went_on_from(desk: Desk) -> None:
    session_id, _, reply_id = desk.run(say, None, "Hi")
    first = prompt_of(desk.run(claim, session_id, reply_id))
    desk.run(answer, session_id, reply_id, "Once upon", first)
    desk.run(chats.continue_, reply_id, ReplyAttempt(), NobodyStarts())
    second = prompt_of(desk.run(claim, session_id, reply_id, attempt=2), kept="Once upon")
    desk.run(store_trace, reply_id, 2, second.trace)

    while_it_runs = rebuilt(desk, reply_id)
    desk.run(answer, session_id, reply_id, "Once upon a time", second, attempt=2)
    ended = rebuilt(desk, reply_id)
    desk.run(edit, reply_id, "Never")

    assert sent(second)[-1] == ("assistant", "Once upon")
    assert while_it_runs == ended == rebuilt(desk, reply_id) == sent(second)


def test_the_trace_of_an_older_attempt_is_not_kept(desk: Desk) -> None:
    session_id, _, reply_id = desk.run(say, None, "Hi")
    prompt = prompt_of(desk.run(claim, session_id, reply_id, attempt=2))

    assert desk.run(store_trace, reply_id, 1, prompt.trace) is False
    with pytest.raises(NoPrompt):
        desk.run(read_prompt, reply_id)


def test_texts_that_are_no_message_are_stored_once(desk: Desk) -> None:
    chat = desk.run(chats.start, NewSession(character_id=desk.run(pip)))
    for turn in range(4):
        _, _, reply_id = desk.run(say, chat.id, f"secret {turn}")
        desk.run(answer, chat.id, reply_id, f"answer {turn}", prompt_of(desk.run(claim, chat.id, reply_id)))

    texts = desk.run(lambda work: list(work.session.scalars(select(PromptSegment.text))))
    traces = desk.run(lambda work: [str(trace) for trace in work.session.scalars(select(Generation.prompt_trace))])

    assert len(texts) == 2
    assert not any(word in text for text in [*texts, *traces] for word in ("secret", "answer"))


def test_a_text_that_is_gone_is_shown_as_gone(desk: Desk) -> None:
    session_id, first_id, first_reply = desk.run(say, None, "Hi")
    desk.run(answer, session_id, first_reply, "Hello.", prompt_of(desk.run(claim, session_id, first_reply)))
    _, _, reply_id = desk.run(say, session_id, "And now?")
    prompt = prompt_of(desk.run(claim, session_id, reply_id))
    desk.run(answer, session_id, reply_id, "Now.", prompt)

    def replace_silently(work: Work) -> None:
        work.session.execute(update(Message).where(Message.id == first_id).values(content="Something else"))

    desk.run(replace_silently)
    shown: PromptOut = desk.run(read_prompt, reply_id)

    assert [message.text for message in shown.messages[1:]] == [None, "Hello.", "And now?"]
    assert [part.available for part in shown.parts[1:]] == [False, True, True]


def test_only_its_owner_reads_a_prompt(desk: Desk) -> None:
    session_id, question_id, reply_id = desk.run(say, None, "Hi")
    desk.run(answer, session_id, reply_id, "Hello.", prompt_of(desk.run(claim, session_id, reply_id)))

    with pytest.raises(MessageNotFound):
        desk.run(read_prompt, reply_id, actor=Actor(new_id()))
    with pytest.raises(NoPrompt):
        desk.run(read_prompt, question_id)
    desk.run(chats.trash, session_id, Expected())
    with pytest.raises(MessageNotFound):
        desk.run(read_prompt, reply_id)
