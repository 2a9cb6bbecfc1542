"""The list of chats beside every page."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.chat import Chat
from tests.browser.conftest import Open
from tests.browser.installation import Installation
from tests.browser.pages.crowd import add_chats
from tests.browser.provider import Provider

MOST_ROWS = 60

SCROLL_UNTIL = """async ([list, text]) => {
  const box = list.parentElement
  let most = 0
  while (!list.textContent.includes(text)) {
    box.scrollTop += 400
    await new Promise(requestAnimationFrame)
    most = Math.max(most, list.children.length)
  }
  return most
}"""


@pytest.fixture(scope="module")
def crowded(opened: Open, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Installation, list[str]]]:
    """An installation with five thousand chats, and their ids, newest first."""
    with opened(tmp_path_factory.mktemp("crowded") / "data") as installation:
        yield installation, add_chats(installation, 5_000, lambda place: f"Chat number {place}.")


@pytest.fixture
def installation(crowded: tuple[Installation, list[str]]) -> Installation:
    """The one that the test's tab talks to."""
    return crowded[0]


def test_of_five_thousand_chats_only_those_in_sight_are_there(chat: Chat) -> None:
    chat.page.goto("/gallery")
    chats = chat.page.get_by_role("navigation", name="Chats")
    expect(chats.get_by_role("listitem").first).to_be_visible()
    expect(chats.get_by_role("heading", name="Today")).to_be_visible()

    most = chats.get_by_role("list").evaluate(f"list => ({SCROLL_UNTIL})([list, 'Chat number 450.'])")

    assert 0 < most <= MOST_ROWS
    assert chats.get_by_role("listitem").count() <= MOST_ROWS


def test_a_title_that_changes_elsewhere_neither_reads_the_list_again_nor_takes_the_focus(
    chat: Chat, crowded: tuple[Installation, list[str]]
) -> None:
    installation, ids = crowded
    chat.page.goto("/gallery")
    chats = chat.page.get_by_role("navigation", name="Chats")
    focused = chats.locator(f'a[href="/c/{ids[4]}"]')
    other = chats.locator(f'a[href="/c/{ids[2]}"]')
    focused.focus()
    reads: list[str] = []
    chat.page.on("request", lambda request: reads.append(request.url) if "/api/sessions" in request.url else None)

    for place, link in ((2, other), (4, focused)):
        installation.patch(f"/sessions/{ids[place]}", {"title": f"Called otherwise {place}"})
        expect(link).to_contain_text(f"Called otherwise {place}")
        expect(focused).to_be_focused()
    assert reads == []


def test_a_chat_is_pinned_above_all_and_archived_out_of_sight(
    chat: Chat, crowded: tuple[Installation, list[str]]
) -> None:
    installation, ids = crowded
    chat.page.goto("/gallery")
    chats = chat.page.get_by_role("navigation", name="Chats")
    for place, deed in ((7, "Pin"), (8, "Archive")):
        item = chats.get_by_role("listitem").filter(has_text=f"Chat number {place}.")
        item.hover()
        item.get_by_role("button", name=f"Actions for Chat number {place}.").click()
        chat.page.get_by_role("menuitem", name=deed, exact=True).click()

    expect(chats.get_by_role("heading").first).to_have_text("Pinned")
    expect(chats.get_by_role("listitem").first).to_contain_text("Chat number 7.")
    expect(chats.locator(f'a[href="/c/{ids[8]}"]')).to_have_count(0)
    assert installation.get(f"/sessions/{ids[7]}")["pinned"]

    chat.page.get_by_role("button", name="Undo").click()
    expect(chats.locator(f'a[href="/c/{ids[8]}"]')).to_be_visible()
    expect(chats.get_by_role("listitem").filter(has_text=re.compile("Chat number 8\\."))).to_have_count(1)


def test_a_reply_that_nobody_saw_is_unread_until_its_end_is_in_sight(chat: Chat, provider: Provider) -> None:
    installation = chat.installation
    session = provider.begin(installation, "unread", text="Come in.")
    installation.patch(f"/sessions/{session}", {"title": "At the door"})
    chat.page.goto("/gallery")
    item = chat.page.get_by_role("navigation", name="Chats").get_by_role("listitem").filter(has_text="At the door")
    expect(item).to_be_visible()
    installation.post(f"/sessions/{session}/messages", {"role": "user", "content": "Is somebody there?"})
    installation.post(f"/sessions/{session}/generate", {})
    expect(item.get_by_role("img", name="unread")).to_be_visible()
    expect(item).to_contain_text("Come in.")

    item.get_by_role("link").click()
    expect(chat.reply).to_contain_text("Come in.")
    expect(item.get_by_role("img", name="unread")).to_have_count(0)
    assert not installation.get(f"/sessions/{session}")["unread"]
