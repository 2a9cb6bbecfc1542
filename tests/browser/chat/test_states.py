"""Every state of a message is told in words, and each way on from it works."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.cable import Cable, Frame
from tests.browser.chat import COMPLAINTS_OF_A_LOST_SERVER, Chat, letters
from tests.browser.installation import Installation
from tests.browser.provider import Provider

STORY = "The lamp turns, and the sea is dark between two turns of it. " * 5
REFUSAL = {"type": "error", "status": 403, "code": "forbidden", "title": "No", "detail": "The story is closed."}


def said(chat: Chat) -> list[str]:
    """Return what the branch holds after the greeting."""
    return [message["content"] for message in chat.installation.messages(chat.session_id)][1:]


def test_what_is_said_is_being_sent_then_stored(chat: Chat, cable: Cable, provider: Provider) -> None:
    chat.open(provider.begin(chat.installation, "sent", text=STORY))
    own = chat.rows.filter(has_text="Is it late already?")
    with cable.holding():
        chat.composer.fill("Is it late already?")
        chat.composer.press("Enter")
        expect(own).to_contain_text("sending")

    expect(own).to_contain_text("stored")
    expect(chat.reply).to_contain_text("The lamp turns")


def test_what_is_refused_says_why_and_is_said_again_edited_or_discarded(
    chat: Chat, cable: Cable, provider: Provider
) -> None:
    def refuse(frame: Frame) -> Frame | None:
        if frame["type"] != "chat:message":
            return None
        return {**REFUSAL, "ref": frame["id"], "request_id": "r", "retryable": False}

    chat.open(provider.begin(chat.installation, "refused", text="Welcome."))
    cable.answer = refuse
    refused = chat.rows.filter(has_text="not sent: The story is closed.")
    for words in ("One", "Two", "Three"):
        chat.composer.fill(words)
        chat.composer.press("Enter")
        expect(refused.filter(has_text=words)).to_be_visible()
    chat.page.reload()
    expect(refused).to_have_count(3)
    cable.answer = lambda _: None

    refused.filter(has_text="Two").get_by_role("button", name="Discard").click()
    refused.filter(has_text="Three").get_by_role("button", name="Edit").click()
    expect(chat.composer).to_have_value("Three")
    refused.filter(has_text="One").get_by_role("button", name="Send again").click()

    expect(refused).to_have_count(0)
    expect(chat.reply).to_contain_text("Welcome.")
    expect(chat.rows).to_have_count(3)
    chat.until_ended(chat.row_id(chat.reply))
    assert said(chat) == ["One", "Welcome."]


@pytest.mark.parametrize(
    ("name", "fault", "words"),
    [
        ("cut", {"fault": "cut"}, "cut off"),
        pytest.param("garbled", {"fault": "malformed"}, "cut off: ", marks=pytest.mark.long_browser),
    ],
)
def test_a_reply_that_breaks_off_keeps_its_text_and_is_written_anew(
    chat: Chat, provider: Provider, name: str, fault: dict[str, Any], words: str
) -> None:
    chat.open(provider.begin(chat.installation, name, kind={"paid": True}, text=STORY, after=120, **fault))
    reply = chat.say("Tell me a story")
    assert chat.until_ended(reply)["content"] == STORY[:120]
    expect(chat.row(reply)).to_contain_text(words)
    chat.row(reply).get_by_role("button", name="Details").click()
    expect(chat.row(reply)).to_contain_text(f"provider_{'cut' if name == 'cut' else ''}")
    provider.play(name, text=STORY)

    chat.row(reply).get_by_role("button", name="Retry").click()

    expect(chat.row(reply)).to_contain_text(STORY.strip())
    assert chat.until_ended(reply)["content"] == STORY
    assert said(chat) == ["Tell me a story", STORY]
    assert provider.asked(name) == 2


@pytest.mark.long_browser
class TestWhenTheServerDies:
    """The tab of an installation of its own."""

    @pytest.fixture
    def installation(self, own: Installation) -> Installation:
        """One that may be killed."""
        return own

    def test_a_model_that_cannot_continue_answers_again_and_the_old_text_stays_until_then(
        self, chat: Chat, provider: Provider
    ) -> None:
        free = {"continue_prefix": False}
        chat.open(provider.begin(chat.installation, "anew", kind=free, text=STORY, pace=60, fault="hold", after=200))
        reply = chat.say("Tell me a story")
        chat.until_text(reply, 190)

        chat.installation.kill()
        chat.installation.start()
        expect(chat.row(reply)).to_contain_text("answering again", timeout=30_000)
        provider.release("anew")
        stored = chat.until_ended(reply)

        assert (stored["status"], stored["content"], stored["attempt"]) == ("complete", STORY, 2)
        lengths = [len(letters(text)) for text in chat.shown[reply]]
        assert lengths == sorted(lengths), "text went away that nothing replaced"
        chat.forgive(COMPLAINTS_OF_A_LOST_SERVER)
