"""What is done on one device is seen on the other, at once and without a reload."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.chat import Chat
from tests.browser.provider import Provider

STORY = "The lamp turns, and the sea is dark between two turns of it. " * 5


@pytest.fixture
def other(browser: Browser, chat: Chat) -> Iterator[Chat]:
    """The same reader on a telephone."""
    context = browser.new_context(base_url=chat.installation.url, viewport={"width": 390, "height": 844})
    other = Chat(context.new_page(), chat.installation)
    yield other
    context.close()
    assert other.complaints == []


def test_a_reply_is_stopped_from_another_device(chat: Chat, other: Chat, provider: Provider) -> None:
    session_id = provider.begin(chat.installation, "stopped-there", text=STORY, fault="hold", after=120)
    chat.open(session_id)
    other.open(session_id)
    reply = chat.say("Tell me a story")
    other.until_text(reply, 110)

    other.row(reply).get_by_role("button", name="Stop here").click()

    for device in (chat, other):
        assert device.until_ended(reply)["content"] == STORY[:120]
        expect(device.row(reply)).to_contain_text("stopped here")
        device.assert_only_grew(reply, STORY[:120])


@pytest.mark.long_browser
def test_what_is_said_edited_and_deleted_here_changes_there(chat: Chat, other: Chat, provider: Provider) -> None:
    session_id = provider.begin(chat.installation, "two-devices", text="By the stove.")
    chat.open(session_id)
    other.open(session_id)
    for device, words in ((chat, "Where shall I sit?"), (other, "And my coat?")):
        device.until_ended(device.say(words))
    for device in (chat, other):
        expect(device.rows).to_have_count(5)

    question = chat.rows.filter(has_text="Where shall I sit?")
    chat.act(question, "Edit")
    chat.page.get_by_role("textbox", name="Edit message").fill("Where shall I stand?")
    chat.page.get_by_role("button", name="Save", exact=True).click()
    expect(other.rows.filter(has_text="Where shall I stand?")).to_be_visible()

    chat.act(chat.rows.filter(has_text="And my coat?"), "Delete")
    expect(other.rows.filter(has_text="And my coat?")).to_have_count(0)
    chat.page.get_by_role("button", name="Undo").click()
    expect(other.rows.filter(has_text="And my coat?")).to_be_visible()
    for device in (chat, other):
        stored = [message["id"] for message in device.installation.messages(session_id)]
        assert [device.row_id(row) for row in device.rows.all()] == stored
