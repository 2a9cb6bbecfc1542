"""Connections that die without a word, tabs that stand still, browsers that take their database away."""

import pytest
from playwright.sync_api import WebSocket, expect

from tests.browser.cable import Cable
from tests.browser.chat import Chat
from tests.browser.offline.test_outbox import stored, write
from tests.browser.provider import Provider


def another_device_talks(chat: Chat, session_id: str) -> None:
    """Say something past the tab, and wait until it is answered."""
    said = {"chat_session_id": session_id, "message": "Are you asleep?"}
    answer = chat.installation.post("/chat/send_message", said)
    assert answer["ai_message"]["status"] == "complete"


def test_a_machine_that_slept_finds_its_connection_dead_and_catches_up(
    chat: Chat, cable: Cable, provider: Provider
) -> None:
    session_id = provider.begin(chat.installation, "slept", text="I slept well.")
    chat.page.clock.install()
    chat.open(session_id)
    cable.die()
    another_device_talks(chat, session_id)
    expect(chat.replies).to_have_count(1)

    chat.page.clock.fast_forward("08:00:00")

    expect(chat.reply).to_contain_text("I slept well.")
    expect(chat.rows).to_have_count(3)
    chat.until_ended(chat.say("Good morning!"))


@pytest.mark.long_browser
def test_who_retries_now_waits_no_longer(chat: Chat, cable: Cable, provider: Provider) -> None:
    chat.page.clock.install()
    chat.open(provider.begin(chat.installation, "impatient", text="Come in."))
    cable.pull()
    connection = chat.page.get_by_role("status", name="Connection")
    retry = connection.get_by_role("button", name="Retry now")
    expect(retry).to_be_visible()
    # From here on nothing that waits comes to its end by itself.
    chat.page.clock.pause_at(chat.page.evaluate("Date.now()") / 1000 + 60)
    cable.plug()

    retry.click()

    expect(connection).to_be_empty()


@pytest.mark.long_browser
def test_a_frozen_tab_catches_up_when_it_goes_on(chat: Chat, provider: Provider) -> None:
    story = "The lamp turns, and the sea is dark between two turns of it. " * 5
    session_id = provider.begin(chat.installation, "frozen", text=story, pace=60, fault="hold", after=100)
    chat.open(session_id)
    reply = chat.say("Tell me a story")
    chat.until_text(reply, 90)
    devtools = chat.page.context.new_cdp_session(chat.page)

    devtools.send("Page.setWebLifecycleState", {"state": "frozen"})
    provider.release("frozen")
    another_device_talks(chat, session_id)
    devtools.send("Page.setWebLifecycleState", {"state": "active"})

    expect(chat.replies).to_have_count(3)
    for row in (reply, chat.row_id(chat.reply)):
        assert chat.until_ended(row)["content"] == story
        chat.assert_only_grew(row, story)


@pytest.mark.long_browser
def test_a_tab_has_one_connection_wherever_it_goes(chat: Chat, provider: Provider) -> None:
    opened: list[WebSocket] = []

    def note(socket: WebSocket) -> None:
        opened.append(socket)

    chat.page.on("websocket", note)
    chat.open(provider.begin(chat.installation, "one-socket", text="Come in."))
    for page in ("Characters", "History"):
        chat.page.get_by_role("navigation", name="Pages").get_by_role("link", name=page, exact=True).click()
        expect(chat.page.get_by_role("heading", level=1)).to_have_text(page)
    assert len(opened) == 1

    with chat.page.expect_websocket():
        chat.page.reload()
    chat.page.go_back()
    expect(chat.page.get_by_role("heading", level=1)).to_have_text("Characters")
    assert len(opened) == 2


@pytest.mark.long_browser
def test_what_is_said_is_kept_though_the_browser_takes_its_database_away(
    chat: Chat, cable: Cable, provider: Provider
) -> None:
    session_id = provider.begin(chat.installation, "cleared", text="I hear you.")
    chat.open(session_id)
    cable.pull()
    write(chat, "It is getting dark.")
    devtools = chat.page.context.new_cdp_session(chat.page)
    devtools.send("Storage.clearDataForOrigin", {"origin": chat.installation.url, "storageTypes": "indexeddb"})

    write(chat, "I left a lamp burning.")
    expect(chat.rows.last).to_contain_text("kept, will be sent")
    chat.page.reload()
    kept_one = chat.page.get_by_role("status", name="Connection")
    expect(kept_one).to_contain_text("One message is kept")
    cable.plug(chat)

    expect(chat.replies).to_have_count(2)
    assert stored(chat, session_id) == ["I left a lamp burning."]
