"""What is chosen in the settings: in force at once, in every tab, and on the server."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.chat import Chat
from tests.browser.installation import Installation

DARK_PAPER = "rgb(21, 22, 26)"


@pytest.fixture
def usual(shared: Installation) -> Iterator[None]:
    """The settings that all tests share are as usual again afterwards."""
    yield
    shared.patch("/settings", {"interface": {"theme": "system", "keys": {}}, "retention_days": 30})


@pytest.mark.usefixtures("usual")
def test_a_choice_is_in_force_at_once_here_in_other_tabs_and_before_the_next_first_paint(chat: Chat) -> None:
    page = chat.page
    other = page.context.new_page()
    other.goto("/trash")
    expect(other.get_by_role("heading", level=1)).to_be_visible()
    page.goto("/settings")
    expect(page).to_have_url("/settings/appearance")
    expect(page).to_have_title("Appearance · Causerie")

    page.get_by_role("radio", name="Dark").check()
    expect(page.locator("body")).to_have_css("background-color", DARK_PAPER)
    expect(other.locator("body")).to_have_css("background-color", DARK_PAPER)
    expect(page.get_by_role("group", name="Theme").get_by_role("status")).to_have_text("saved")
    assert chat.installation.get("/settings")["interface"]["theme"] == "dark"

    page.reload(wait_until="commit")
    page.wait_for_function("() => document.documentElement.dataset.theme")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


@pytest.mark.usefixtures("usual")
def test_numbers_of_a_chat_are_kept_and_a_wrong_one_is_told(chat: Chat) -> None:
    page = chat.page
    page.goto("/settings/conversation")
    days = page.get_by_label("Days in the trash")
    days.fill("0")
    days.press("Tab")
    expect(page.get_by_text("A whole number from 1 to 3,650.")).to_be_visible()

    days.fill("45")
    days.press("Enter")
    expect(page.get_by_text("saved", exact=True)).to_be_visible()
    assert chat.installation.get("/settings")["retention_days"] == 45
