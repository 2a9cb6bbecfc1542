"""The first visit: what welcomes a reader, and that it does so once."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.chat import Chat
from tests.browser.conftest import Open
from tests.browser.installation import Installation


@pytest.fixture
def installation(opened: Open, tmp_path: Path) -> Iterator[Installation]:
    """An installation that nobody has visited."""
    with opened(tmp_path / "data", welcome=True) as installation:
        yield installation


def test_two_clicks_lead_from_a_fresh_server_to_the_first_answer(chat: Chat) -> None:
    page = chat.page
    page.goto("/")
    welcome = page.get_by_role("dialog", name="Welcome to Causerie")
    expect(welcome.get_by_role("heading", name="Welcome to Causerie")).to_be_focused()
    chat.until_painted()
    page.keyboard.press("Escape")
    expect(welcome).to_have_count(0)
    page.wait_for_function("() => !localStorage['causerie.interface-unsent']")
    assert chat.installation.get("/settings")["interface"]["welcomed"] is True
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(welcome).to_have_count(0)

    page.goto("/settings/appearance")
    page.get_by_role("button", name="Show the welcome again").click()
    welcome.get_by_role("button", name="Wren").click()
    page.get_by_role("list", name="Ways to begin").get_by_role("button").first.click()
    expect(chat.replies).to_have_count(2, timeout=30_000)  # after the greeting
    chat.until_text(chat.row_id(chat.reply))
    assert chat.installation.get("/settings")["interface"]["welcomed"] is True
