"""A reader who does not want to follow the answers stays where the answer began."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.chat import Chat
from tests.browser.chat.frames import Frames
from tests.browser.installation import Installation
from tests.browser.long_chat import lengthen
from tests.browser.provider import Provider

STORY = "The lamp turns, and the sea is dark between two turns of it.\n\n" * 2_000
BEGINNING = 900
GROWN = """([row, length]) => document.querySelector(`[data-row="${row}"] .tale`)?.textContent.length >= length"""
GAP = "box => box.scrollHeight - box.scrollTop - box.clientHeight"


@pytest.fixture
def reader(chat: Chat, installation: Installation) -> Iterator[Chat]:
    """Has taken "Follow the answer" back."""
    installation.patch("/settings", {"interface": {"follow": False}})
    yield chat
    installation.patch("/settings", {"interface": {"follow": True}})


def test_nothing_moves_until_the_reader_goes_to_the_end(reader: Chat, provider: Provider) -> None:
    session = provider.begin(reader.installation, "unfollowed", text=STORY, pace=600, fault="hold", after=BEGINNING)
    lengthen(reader.installation, session, 60)
    reader.open(session)
    reply = reader.say("Tell me a story")
    reader.until_text(reply, BEGINNING - 100)
    to_the_end = reader.page.get_by_role("button", name="Answering…")
    expect(to_the_end).to_be_visible()
    expect(reader.rows.nth(-2)).to_be_in_viewport()

    with Frames(reader.page) as frames:
        provider.release("unfollowed")
        reader.page.wait_for_function(GROWN, arg=[reply, 3 * BEGINNING])
    assert frames.drift(reply) <= 1

    to_the_end.click()
    expect(to_the_end).to_have_count(0)
    reader.page.wait_for_function(GROWN, arg=[reply, 6 * BEGINNING])
    reader.installation.post(f"/messages/{reply}/stop", {})
    reader.until_ended(reply)
    assert reader.page.get_by_role("log").evaluate(GAP) <= 1
