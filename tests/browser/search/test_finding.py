"""The palette, find in chat and the table of keys, from the keyboard alone."""

import re

from playwright.sync_api import expect

from tests.browser.chat import Chat


def test_what_was_said_is_found_from_another_page_and_in_its_chat(chat: Chat) -> None:
    installation = chat.installation
    wren = installation.character("Wren")["id"]
    session = installation.post("/sessions", {"character_id": wren, "title": "Birds"})["id"]
    said = [f"Nothing came on day {day}." for day in range(1, 71)]
    said[4], said[60] = "The heron landed at dawn.", "No heron today."
    ids = [installation.post(f"/sessions/{session}/messages", {"content": text})["id"] for text in said]

    chat.page.goto("/gallery")
    expect(chat.page.get_by_role("heading", level=1)).to_be_visible()
    chat.until_painted()
    chat.page.keyboard.press("Control+k")
    chat.page.get_by_role("dialog").get_by_role("combobox").fill("dawn heron")
    expect(chat.page.get_by_role("option").filter(has_text="The heron landed at dawn.")).to_have_attribute(
        "aria-selected", "true"
    )
    chat.page.keyboard.press("Enter")
    expect(chat.page).to_have_url(re.compile(rf"/c/{session}\?at={ids[4]}$"))
    expect(chat.row(ids[4])).to_be_in_viewport()

    chat.page.get_by_role("log").press("Control+f")
    box = chat.page.get_by_role("searchbox", name="Find in this chat")
    box.fill("heron")
    expect(chat.page.get_by_text("2 of 2")).to_be_visible()
    expect(chat.row(ids[60])).to_be_in_viewport()
    box.press("Enter")
    expect(chat.page.get_by_text("1 of 2")).to_be_visible()
    expect(chat.row(ids[4])).to_be_in_viewport()
    expect(box).to_be_focused()
    box.press("Escape")
    expect(box).to_have_count(0)
    expect(chat.page.get_by_role("log")).to_be_focused()


def test_single_keys_are_text_where_text_is_written(chat: Chat) -> None:
    chat.page.goto("/characters/new")
    name = chat.page.get_by_label("Name", exact=True)
    expect(name).to_be_visible()
    chat.until_painted()
    name.press("?")
    expect(name).to_have_value("?")
    keys = chat.page.get_by_role("dialog", name="All keys")
    expect(keys).to_have_count(0)

    chat.page.get_by_role("heading", level=1).press("?")
    expect(keys).to_contain_text("Search and commands")
    chat.page.keyboard.press("Escape")
    expect(keys).to_have_count(0)
