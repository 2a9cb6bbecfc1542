"""One character: read, changed on two devices at once, brought back to what it was."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.chat import Chat


def test_changes_are_not_left_without_a_question_and_errors_stand_at_their_fields(chat: Chat) -> None:
    page = chat.page
    ada = chat.installation.post("/characters", {"name": "Ada of the doors", "first_mes": "Mind the step!"})
    page.goto(f"/characters/{ada['id']}")
    expect(page.get_by_role("main")).to_contain_text("Mind the step!")
    page.get_by_role("navigation", name="Views").get_by_role("link", name="Edit").click()
    expect(page).to_have_url(f"/characters/{ada['id']}?tab=edit")
    name = page.get_by_label("Name", exact=True)
    name.fill("")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(name).to_have_accessible_description(re.compile("A character needs a name."))
    expect(name).to_be_focused()

    name.fill("Ada of the windows")
    page.get_by_role("link", name="History", exact=True).click()
    question = page.get_by_role("alertdialog")
    question.get_by_role("button", name="Stay here").click()
    expect(name).to_have_value("Ada of the windows")
    page.get_by_role("link", name="History", exact=True).click()
    question.get_by_role("button", name="Leave").click()
    expect(page).to_have_url("/history")
    assert chat.installation.get(f"/characters/{ada['id']}")["name"] == "Ada of the doors"


@pytest.mark.long_browser
def test_a_clash_shows_both_versions_and_former_ones_come_back(chat: Chat) -> None:
    page = chat.page
    address = f"/characters/{chat.installation.post('/characters', {'name': 'Ada of the clocks'})['id']}"
    page.goto(f"{address}?tab=edit")
    page.get_by_label("Scenario").fill("In her workshop.")
    chat.installation.patch(address, {"scenario": "At the station."})
    page.get_by_role("button", name="Save", exact=True).click()
    clash = page.get_by_role("alert").filter(has_text="Somebody has changed it since")
    expect(clash).to_contain_text("In her workshop.")
    expect(clash).to_contain_text("At the station.")
    clash.get_by_role("button", name="Save mine").click()
    expect(page.get_by_role("main")).to_contain_text("In her workshop.")

    page.get_by_role("link", name="Versions").click()
    page.get_by_role("button", name="Restore version 2").click()
    expect(page.get_by_text("Version 2 is back", exact=True)).to_be_visible()
    assert chat.installation.get(address)["scenario"] == "At the station."
    chat.forgive(re.compile("412"))
