"""All characters as cards, and what stands between one of them and the trash."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.chat import Chat
from tests.browser.conftest import Open
from tests.browser.installation import Installation
from tests.browser.pages.crowd import add_characters

MOST_PICTURES = 60

SCROLL_DOWN = """async () => {
  const box = document.querySelector('main .overflow-y-auto')
  const decoded = () => [...document.images].filter((image) => image.complete && image.naturalWidth > 0).length
  let most = 0
  for (let frame = 0; frame < 120; frame++) {
    box.scrollTop += 300
    await new Promise(requestAnimationFrame)
    most = Math.max(most, decoded())
  }
  return most
}"""


@pytest.mark.long_browser
class TestACrowd:
    """The tab of an installation with two thousand characters more."""

    @pytest.fixture
    def installation(self, opened: Open, tmp_path: Path) -> Iterator[Installation]:
        """One that they share with those who are always there."""
        with opened(tmp_path / "data") as installation:
            add_characters(installation, 2_000, lambda place: f"Person {place}")
            yield installation

    def test_of_two_thousand_characters_only_the_pictures_in_sight_are_decoded(self, chat: Chat) -> None:
        chat.page.goto("/gallery?order=name")
        expect(chat.page.get_by_role("link", name="Talk to Person 0", exact=True)).to_be_visible()
        expect(chat.page.get_by_role("main").locator("img").first).to_be_visible()

        assert 0 < chat.page.evaluate(f"({SCROLL_DOWN})()") <= MOST_PICTURES

        chat.page.goto("/gallery?tags=odd&order=name")
        expect(chat.page.get_by_role("link", name="Talk to Person 1", exact=True)).to_be_visible()
        expect(chat.page.get_by_role("link", name="Talk to Person 0", exact=True)).to_have_count(0)


def test_a_character_with_chats_is_not_deleted_and_the_dialog_lists_them(chat: Chat) -> None:
    installation = chat.installation
    ada = installation.post("/characters", {"name": "Ada the clockmaker"})
    titles = ("The pendulum", "The spring")
    sessions = [installation.post("/sessions", {"character_id": ada["id"], "title": title}) for title in titles]
    chat.page.goto(f"/characters/{ada['id']}")
    chat.page.get_by_role("button", name="Delete").click()

    dialog = chat.page.get_by_role("dialog", name="Ada the clockmaker still has chats")
    expect(dialog).to_contain_text("2 chats are kept with this character")
    for session in sessions:
        expect(dialog.get_by_role("link", name=session["title"])).to_have_attribute("href", f"/c/{session['id']}")
    dialog.get_by_role("button", name="Archive instead").click()
    expect(dialog).to_have_count(0)
    assert installation.get(f"/characters/{ada['id']}")["archived"]
    chat.forgive(re.compile("409"))
