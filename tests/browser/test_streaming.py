"""Replies as they are written, over everything that can come between: reload, a second tab, the death of the server."""

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.chat import COMPLAINTS_OF_A_LOST_SERVER, Chat
from tests.browser.installation import Installation
from tests.browser.provider import Provider

STORY = (
    "The lamp turns 🐋 and the sea wind carries a song over the café roofs, where naïve gulls sleep 灯台 while "
    "Button the cat 🐈 watches and waits for tea. Zoë said it was late 👩‍🚀, so we went home again to read. "
) * 4


def test_a_reload_in_the_middle_of_a_reply_loses_nothing(chat: Chat, provider: Provider) -> None:
    session = provider.begin(chat.installation, "reload", text=STORY, pace=40, fault="hold", after=300)
    chat.open(session)
    reply = chat.say("Tell me a story")
    before = chat.until_text(reply, 100)

    chat.page.reload()
    after = chat.until_text(reply)
    provider.release("reload")
    stored = chat.until_ended(reply)

    assert after.startswith(before)
    assert stored["content"] == STORY
    assert (stored["status"], stored["attempt"]) == ("complete", 1)
    assert provider.asked("reload") == 1
    chat.assert_only_grew(reply, STORY)


def test_text_is_painted_as_it_comes(chat: Chat, provider: Provider) -> None:
    chat.open(provider.begin(chat.installation, "paced", text=STORY, pace=60))
    reply = chat.say("Tell me a story")
    chat.until_ended(reply)

    assert len(chat.shown[reply]) > 20
    chat.assert_only_grew(reply, STORY)


def test_a_second_tab_sees_the_same_reply(chat: Chat, provider: Provider, browser: Browser) -> None:
    session = provider.begin(chat.installation, "two-tabs", text=STORY, pace=60, fault="hold", after=200)
    chat.open(session)
    reply = chat.say("Tell me a story")
    chat.until_text(reply, 50)
    context = browser.new_context()
    other = Chat(context.new_page(), chat.installation)

    other.open(session)
    other.until_text(reply, 50)
    provider.release("two-tabs")
    other.until_ended(reply)
    chat.until_ended(reply)

    for tab in (chat, other):
        tab.assert_only_grew(reply, STORY)
    assert other.complaints == []
    context.close()


def test_a_stop_keeps_what_was_written(chat: Chat, provider: Provider) -> None:
    chat.open(provider.begin(chat.installation, "stop", text=STORY, fault="hold", after=120))
    reply = chat.say("Tell me a story")
    chat.until_text(reply, 110)

    chat.row(reply).get_by_role("button", name="Stop here").click()
    stored = chat.until_ended(reply)

    expect(chat.row(reply)).to_contain_text("stopped here")
    assert (stored["status"], stored["content"]) == ("stopped", STORY[:120])
    chat.assert_only_grew(reply, STORY[:120])


def test_a_stopped_reply_goes_on_where_it_stopped(chat: Chat, provider: Provider) -> None:
    chat.open(provider.begin(chat.installation, "go-on", text=STORY, fault="hold", after=120))
    reply = chat.say("Tell me a story")
    chat.until_text(reply, 110)
    chat.row(reply).get_by_role("button", name="Stop here").click()
    chat.until_ended(reply)
    provider.play("go-on", text=STORY, pace=60)

    chat.row(reply).get_by_role("button", name="Continue", exact=True).click()
    expect(chat.row(reply)).to_have_attribute("aria-busy", "true")
    stored = chat.until_ended(reply)

    assert (stored["content"], stored["attempt"]) == (STORY, 2)
    chat.assert_only_grew(reply, STORY)


def test_a_failed_reply_says_why_and_retry_answers_once(chat: Chat, provider: Provider) -> None:
    chat.open(provider.begin(chat.installation, "broken", fault="refuse", status=400))
    reply = chat.say("Tell me a story")
    chat.until_ended(reply)
    expect(chat.row(reply).get_by_role("alert")).to_contain_text("failed")
    provider.play("broken", text=STORY)

    chat.row(reply).get_by_role("button", name="Retry").click()
    expect(chat.row(reply)).to_contain_text("The lamp turns")
    stored = chat.until_ended(reply)

    assert (stored["status"], stored["content"]) == ("complete", STORY)
    assert len(chat.installation.messages(chat.session_id)) == 3


class TestWhenTheServerDies:
    """The tab of an installation of its own."""

    @pytest.fixture
    def installation(self, own: Installation) -> Installation:
        """One that may be killed."""
        return own

    def test_the_reply_goes_on_where_it_was(self, chat: Chat, provider: Provider) -> None:
        session = provider.begin(chat.installation, "killed", text=STORY, pace=40, fault="hold", after=250)
        chat.open(session)
        reply = chat.say("Tell me a story")
        chat.until_text(reply, 150)

        chat.installation.kill()
        provider.release("killed")
        chat.installation.start()
        stored = chat.until_ended(reply)

        assert (stored["status"], stored["content"]) == ("complete", STORY)
        chat.assert_only_grew(reply, STORY)
        chat.forgive(COMPLAINTS_OF_A_LOST_SERVER)

    def test_the_banner_tells_and_what_was_said_is_kept(self, chat: Chat, provider: Provider) -> None:
        chat.open(provider.begin(chat.installation, "banner", text="Here I am."))
        connection = chat.page.get_by_role("status", name="Connection")
        expect(connection).to_be_empty()

        chat.installation.kill()
        expect(connection).to_contain_text("Reconnecting")
        chat.composer.fill("Are you there?")
        chat.composer.press("Enter")
        expect(chat.rows.last).to_contain_text("kept, will be sent")
        chat.installation.start()
        connection.get_by_role("button", name="Retry now").click()

        expect(connection).to_be_empty()
        expect(chat.reply).to_contain_text("Here I am.")
        messages = chat.installation.messages(chat.session_id)
        assert [message["content"] for message in messages][-2:] == ["Are you there?", "Here I am."]
        assert len(messages) == 3
        chat.forgive(COMPLAINTS_OF_A_LOST_SERVER)


def test_the_address_names_the_chat(chat: Chat, provider: Provider) -> None:
    chat.open(provider.begin(chat.installation, "address", text="Come in."))
    chat.say("May I come in?")
    expect(chat.page).to_have_title(re.compile(r"^May I come in\? · Causerie$"))
