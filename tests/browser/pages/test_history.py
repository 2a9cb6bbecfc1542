"""Every chat in one list: found, and put away many at a time."""

import pytest
from playwright.sync_api import expect

from tests.browser.chat import Chat
from tests.browser.pages.crowd import add_chats

SCROLL_TO_THE_END = """async () => {
  const box = document.querySelector('main .overflow-y-auto')
  const rows = () => document.querySelector('[role=table]').textContent
  while (!rows().includes('Winter 199.')) {
    box.scrollTop += 400
    await new Promise(requestAnimationFrame)
  }
}"""


def test_filters_are_as_they_were_after_a_reload_and_on_the_way_back(chat: Chat) -> None:
    add_chats(chat.installation, 3, lambda place: f"Almanac {place}.")
    chat.page.goto("/history")
    chat.page.get_by_role("searchbox", name="Search chats").fill("almanac")
    expect(chat.page).to_have_url("/history?q=almanac")
    chat.page.get_by_role("combobox", name="Order").select_option(label="Oldest first")
    table = chat.page.get_by_role("table", name="History")
    first = table.get_by_role("link").first
    expect(first).to_have_text("Almanac 2.")
    expect(chat.page).to_have_url("/history?q=almanac&order=oldest")

    chat.page.reload()
    expect(first).to_have_text("Almanac 2.")
    expect(table.get_by_role("link")).to_have_count(3)
    expect(chat.page.get_by_role("searchbox", name="Search chats")).to_have_value("almanac")

    first.click()
    chat.page.wait_for_url("**/c/*")
    chat.page.go_back()
    expect(first).to_have_text("Almanac 2.")
    expect(chat.page).to_have_url("/history?q=almanac&order=oldest")


def test_a_search_without_result_explains_the_filters_and_is_cleared(chat: Chat) -> None:
    add_chats(chat.installation, 1, lambda place: f"Zeppelin {place}.")
    chat.page.goto("/history?q=zeppelin&state=archived")
    expect(chat.page.get_by_role("main")).to_contain_text("No chat fits all of these filters.")
    chat.page.get_by_role("button", name="Show all chats").click()
    expect(chat.page.get_by_role("link", name="Zeppelin 0.").first).to_be_visible()
    expect(chat.page).to_have_url("/history")


@pytest.mark.long_browser
def test_two_hundred_chats_are_deleted_with_one_press_and_come_back_with_another(chat: Chat) -> None:
    add_chats(chat.installation, 200, lambda place: f"Winter {place}.")
    chat.page.goto("/history?q=winter")
    main = chat.page.get_by_role("main")
    main.get_by_role("checkbox", name="Choose Winter 0.", exact=True).check()
    chat.page.evaluate(f"({SCROLL_TO_THE_END})()")
    main.get_by_role("checkbox", name="Choose Winter 199.", exact=True).click(modifiers=["Shift"])
    expect(main).to_contain_text("200 chosen")

    main.get_by_role("button", name="Delete", exact=True).click()
    expect(main.get_by_role("progressbar")).to_be_visible()
    expect(chat.page.get_by_text("200 chats are in the trash", exact=True)).to_be_visible(timeout=60_000)
    assert chat.installation.get("/sessions", q="winter")["items"] == []

    chat.page.get_by_role("button", name="Undo").click()
    expect(chat.page.get_by_text("200 chats are back", exact=True)).to_be_visible(timeout=60_000)
    assert len(chat.installation.get("/sessions", q="winter", limit=200)["items"]) == 200
