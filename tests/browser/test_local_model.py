"""The whole main job against the real local model: a newcomer opens the page and a character answers."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import expect

from tests.browser.chat import Chat, letters

QUESTIONS = (
    "Tell me a long story about the night when the storm came",
    "What do you see from your window, near and far?",
    "Tell me a story about a whale and a teapot",
    "Describe your kitchen, and everything that stands in it",
    "Tell me of the strangest guest that you have ever had",
)


@contextmanager
def caught_in_the_middle(chat: Chat) -> Iterator[str]:
    """Let the model write the beginning of a reply, and hold it there; the block gets the reply's id.

    The model may be done before it can be held: then something else is asked.
    """
    for question in QUESTIONS:
        reply = chat.say(question)
        chat.until_text(reply)
        with chat.installation.local_model_paused():
            if chat.stored(reply)["status"] == "streaming":
                yield reply
                return
        chat.until_ended(reply)
    raise AssertionError("every reply was over before it could be held")


def begin_with(chat: Chat, name: str) -> None:
    """Pick a character on the first page and say something."""
    chat.page.goto(chat.installation.url)
    chat.page.get_by_role("main").get_by_role("link", name=name, exact=True).click()
    chat.composer.fill("Good evening! Who are you?")
    chat.composer.press("Enter")
    chat.page.wait_for_url(re.compile("/c/"))


def test_a_newcomer_picks_a_character_and_sees_it_answer(chat: Chat) -> None:
    begin_with(chat, "Captain Marrow")
    expect(chat.replies).to_have_count(2)  # the greeting, and the answer
    reply = chat.row_id(chat.reply)
    chat.until_text(reply)
    stored = chat.until_ended(reply)

    assert (stored["status"], stored["attempt"], stored["provider"]) == ("complete", 1, "local")
    assert len(chat.shown[reply]) > 1, "the text did not grow"
    chat.assert_only_grew(reply, stored["content"])
    greeting, question, answer = chat.installation.messages(chat.session_id)
    assert "teapot" in greeting["content"]
    assert question["content"] == "Good evening! Who are you?"
    assert answer["id"] == reply


def test_one_reply_is_stopped_and_another_survives_a_reload(chat: Chat) -> None:
    begin_with(chat, "Wren")
    expect(chat.replies).to_have_count(2)
    chat.until_ended(chat.row_id(chat.reply))

    with caught_in_the_middle(chat) as stopped:
        chat.row(stopped).get_by_role("button", name="Stop here").click()
        partial = chat.until_ended(stopped)
    assert partial["status"] == "stopped"
    assert partial["content"]
    chat.assert_only_grew(stopped, partial["content"])

    with caught_in_the_middle(chat) as reply:
        before = chat.shown[reply][-1]
        chat.page.reload()
        after = chat.until_text(reply)
    stored = chat.until_ended(reply)

    assert letters(after).startswith(letters(before))
    assert (stored["status"], stored["attempt"]) == ("complete", 1)
    chat.assert_only_grew(reply, stored["content"])
    assert chat.stored(stopped)["content"] == partial["content"], "a stopped reply was written on"


def test_swipe_edit_delete_and_undo(chat: Chat) -> None:
    begin_with(chat, "Pip")
    expect(chat.replies).to_have_count(2)
    first = chat.until_ended(chat.row_id(chat.reply))

    chat.reply.get_by_role("button", name="New version").click()
    expect(chat.reply).to_contain_text("2 of 2")
    second = chat.until_ended(chat.row_id(chat.reply))
    assert second["id"] != first["id"]
    assert second["parent_id"] == first["parent_id"]
    chat.assert_only_grew(second["id"], second["content"])

    chat.reply.get_by_role("button", name="Previous version").click()
    expect(chat.reply).to_have_attribute("data-row", first["id"])
    expect(chat.reply).to_contain_text("1 of 2")

    question = chat.row(first["parent_id"])
    chat.act(question, "Edit")
    question.get_by_role("textbox", name="Edit message").fill("Good evening! What grows here?")
    question.get_by_role("button", name="Save", exact=True).click()
    expect(question.get_by_role("textbox")).to_have_count(0)
    expect(question).to_contain_text("What grows here?")
    assert chat.stored(first["parent_id"])["content"] == "Good evening! What grows here?"

    chat.act(chat.row(first["id"]), "Delete")
    expect(chat.row(first["id"])).to_have_count(0)
    remaining = chat.installation.messages(chat.session_id)
    assert first["id"] not in [message["id"] for message in remaining]

    chat.page.get_by_role("button", name="Undo").click()
    expect(chat.row(first["id"])).to_be_visible()
    assert chat.stored(first["id"])["content"] == first["content"]
