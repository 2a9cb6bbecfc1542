"""What is said without a connection is stored once and in order, whatever happens to its tab."""

import pytest
from playwright.sync_api import expect

from tests.browser.cable import Cable
from tests.browser.chat import Chat
from tests.browser.provider import Provider

LONG_LETTER = [f"Line {number} of a long letter." for number in range(1, 201)]
MINUTE_MS = 60_000
WORDS = ["Is anybody there?", "It is getting dark.", "I left a lamp burning."]


def write(chat: Chat, text: str) -> None:
    """Say something that cannot be sent now."""
    chat.composer.fill(text)
    chat.composer.press("Enter")
    expect(chat.composer).to_have_value("")


def kept(chat: Chat, count: int) -> None:
    """Wait until the page tells that so many messages are kept."""
    expect(chat.page.get_by_role("status", name="Connection")).to_contain_text(f"{count} messages are kept")


def reopened(chat: Chat) -> Chat:
    """Close the tab and open another one in the same browser."""
    context = chat.page.context
    chat.page.close()
    return Chat(context.new_page(), chat.installation)


def stored(chat: Chat, session_id: str) -> list[str]:
    """Return all that the reader said on the branch, oldest first, as the API has it."""
    said: list[str] = []
    query = {"chat_session_id": session_id, "limit": 100}
    while items := chat.installation.get("/messages", **query)["items"]:
        said[:0] = [item["content"] for item in items if item["role"] == "user"]
        query["before"] = items[0]["id"]
    return said


def test_it_outlives_a_reload_and_the_closing_of_the_tab(chat: Chat, cable: Cable, provider: Provider) -> None:
    session_id = provider.begin(chat.installation, "kept", text="I hear you.")
    chat.open(session_id)
    cable.pull()
    for text in WORDS:
        write(chat, text)
        expect(chat.rows.last).to_contain_text(text)
        expect(chat.rows.last).to_contain_text("kept, will be sent")

    chat.page.reload()
    kept(chat, 3)
    expect(chat.rows.last).to_contain_text(WORDS[-1])
    tab = reopened(chat)
    tab.page.goto(f"/c/{session_id}")
    kept(tab, 3)
    expect(tab.rows.last).to_contain_text(WORDS[-1])
    cable.plug(tab)

    expect(tab.replies).to_have_count(4)
    assert stored(tab, session_id) == WORDS
    assert tab.complaints == []


def test_two_tabs_that_come_back_at_once_send_it_once(chat: Chat, cable: Cable, provider: Provider) -> None:
    session_id = provider.begin(chat.installation, "kept-twice", text="I hear you.")
    chat.open(session_id)
    other = Chat(chat.page.context.new_page(), chat.installation)
    other.open(session_id)
    cable.pull()
    for text in WORDS:
        write(chat, text)
    expect(other.rows.last).to_contain_text(WORDS[-1])

    cable.plug(chat, other)

    for tab in (chat, other):
        expect(tab.replies).to_have_count(4)
        expect(tab.rows).to_have_count(7)
    assert stored(chat, session_id) == WORDS
    assert other.complaints == []


def test_a_cut_before_the_acknowledgement_stores_it_once(chat: Chat, cable: Cable, provider: Provider) -> None:
    session_id = provider.begin(chat.installation, "cut", text="I hear you.")
    chat.open(session_id)
    cable.breaks_before_ack = True
    write(chat, WORDS[0])
    expect(chat.rows.last).to_contain_text("kept, will be sent")

    cable.plug(chat)

    expect(chat.rows).to_have_count(3)
    chat.until_ended(chat.row_id(chat.reply))
    assert stored(chat, session_id) == WORDS[:1]


def test_a_chat_that_begins_without_a_connection_is_made_and_followed(chat: Chat, cable: Cable) -> None:
    wren = chat.installation.character("Wren")
    chat.page.goto(f"/new?character={wren['id']}")
    expect(chat.composer).to_be_visible()
    cable.pull()
    write(chat, WORDS[0])
    kept_words = chat.page.get_by_role("main")
    expect(kept_words).to_contain_text("kept, will be sent")
    chat.page.reload()
    expect(kept_words).to_contain_text("kept, will be sent")

    cable.plug(chat)

    expect(chat.replies).to_have_count(2)
    assert stored(chat, chat.session_id) == WORDS[:1]


@pytest.mark.long_browser
def test_two_hundred_arrive_once_and_in_order_though_the_tab_is_closed_in_between(
    chat: Chat, cable: Cable, provider: Provider
) -> None:
    session_id = provider.begin(chat.installation, "two-hundred", text="I hear you.")
    chat.open(session_id)
    cable.pull()
    for text in LONG_LETTER[:120]:
        write(chat, text)
    tab = reopened(chat)
    tab.page.goto(f"/c/{session_id}")
    kept(tab, 120)
    for text in LONG_LETTER[120:]:
        write(tab, text)
    kept(tab, 200)
    tab.page.context.set_offline(True)
    expect(tab.page.get_by_role("status", name="Connection")).to_contain_text(
        "Offline: messages are kept and sent later"
    )

    tab.page.context.set_offline(False)
    cable.plug(tab)

    all_is_answered(tab)
    assert stored(tab, session_id) == LONG_LETTER
    assert provider.asked("two-hundred") == len(LONG_LETTER)
    assert tab.complaints == []


@pytest.mark.long_browser
def test_two_hundred_arrive_once_and_in_order_though_two_tabs_wrote_and_both_come_back(
    chat: Chat, cable: Cable, provider: Provider
) -> None:
    session_id = provider.begin(chat.installation, "two-hundred-twice", text="I hear you.")
    chat.open(session_id)
    other = Chat(chat.page.context.new_page(), chat.installation)
    other.open(session_id)
    cable.pull()
    for number, text in enumerate(LONG_LETTER):
        writing, reading = (chat, other) if number // 50 % 2 == 0 else (other, chat)
        write(writing, text)
        if number % 50 == 49:
            expect(reading.rows.last).to_contain_text(text)

    cable.plug(chat, other)

    for tab in (chat, other):
        all_is_answered(tab)
    assert stored(chat, session_id) == LONG_LETTER
    assert provider.asked("two-hundred-twice") == len(LONG_LETTER)
    assert other.complaints == []


def all_is_answered(tab: Chat) -> None:
    """Wait until a tab shows the end of the answered letter, and keeps nothing back."""
    transcript = tab.page.get_by_role("log", name="Transcript")
    expect(tab.rows.last).to_have_attribute("aria-setsize", str(1 + 2 * len(LONG_LETTER)), timeout=3 * MINUTE_MS)
    transcript.focus()
    tab.page.keyboard.press("End")
    expect(tab.rows.last).to_have_attribute("aria-posinset", str(1 + 2 * len(LONG_LETTER)))
    expect(tab.reply).to_have_attribute("aria-busy", "false", timeout=MINUTE_MS)
    expect(tab.reply).to_contain_text("I hear you.")
    expect(tab.page.get_by_role("status", name="Connection")).to_be_empty()
