"""Every page: its title, its address, its colours, its rules."""

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.chat import Chat
from tests.browser.provider import Provider

PAPER = {"light": "rgb(250, 248, 244)", "dark": "rgb(21, 22, 26)"}

PAGES = {
    "/": "Who would you like to talk to?",
    "/gallery": "Characters",
    "/characters/new": "New character",
    "/history": "History",
    "/models": "Models",
    "/trash": "Trash",
    "/health": "Health",
    "/nowhere": "Nothing lives here",
}


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_the_same_however_it_is_reached(chat: Chat, path: str) -> None:
    """Loaded directly, reloaded, and by going back."""
    title = f"{PAGES[path]} · Causerie"
    response = chat.page.goto(path)
    assert response
    assert "'unsafe" not in response.headers["content-security-policy"].partition("script-src")[2].partition(";")[0]
    expect(chat.page).to_have_title(title)
    expect(chat.page.get_by_role("heading", level=1)).to_have_text(PAGES[path])

    chat.page.reload()
    expect(chat.page).to_have_title(title)

    chat.page.get_by_role("link", name="New chat").click()
    expect(chat.page).to_have_url("/new")
    chat.page.go_back()
    expect(chat.page).to_have_title(title)


def test_who_comes_from_another_page_has_the_focus_on_the_heading(chat: Chat) -> None:
    chat.page.goto("/")
    chat.page.get_by_role("link", name="Models").click()
    expect(chat.page.get_by_role("heading", level=1, name="Models")).to_be_focused()


@pytest.mark.parametrize("scheme", PAPER)
def test_colours_follow_the_system_until_one_is_chosen(browser: Browser, chat: Chat, scheme: str) -> None:
    other = "light" if scheme == "dark" else "dark"
    chat.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    chat.page.goto("/")
    expect(chat.page.locator("body")).to_have_css("background-color", PAPER[scheme])

    chat.page.get_by_role("button", name="Theme").click()
    chat.page.get_by_role("menuitemradio", name=other.title()).click()
    expect(chat.page.locator("body")).to_have_css("background-color", PAPER[other])

    chat.page.reload()
    expect(chat.page.locator("body")).to_have_css("background-color", PAPER[other])


@pytest.mark.parametrize("path", [*PAGES, "/new"])
def test_a_page_fits_a_small_telephone(chat: Chat, path: str) -> None:
    chat.page.set_viewport_size({"width": 320, "height": 640})
    chat.page.goto(path)
    expect(chat.page.get_by_role("heading", level=1)).to_be_visible()
    assert chat.page.evaluate("document.scrollingElement.scrollWidth") == 320


def test_a_character_is_made_and_changed(chat: Chat) -> None:
    chat.page.goto("/characters/new")
    chat.page.get_by_role("button", name="Save").click()
    expect(chat.page.get_by_role("form", name="Character")).to_contain_text("A character needs a name.")
    chat.page.get_by_label("Name", exact=True).fill("Ada the clockmaker")
    chat.page.get_by_label("First words").fill("Mind the pendulum!")
    chat.page.get_by_role("button", name="Save").click()
    expect(chat.composer).to_have_attribute("placeholder", "Say something to Ada the clockmaker")
    expect(chat.page.get_by_role("main")).to_contain_text("Mind the pendulum!")

    ada = chat.installation.character("Ada the clockmaker")
    chat.page.goto(f"/characters/{ada['id']}")
    expect(chat.page).to_have_title("Ada the clockmaker · Causerie")
    expect(chat.page.get_by_role("main")).to_contain_text("Mind the pendulum!")
    chat.page.get_by_role("link", name="Edit", exact=True).click()
    chat.page.get_by_label("Name", exact=True).fill("Ada of the clocks")
    chat.page.get_by_role("button", name="Save").click()
    expect(chat.page).to_have_url(f"/characters/{ada['id']}")
    expect(chat.page.get_by_role("heading", level=1)).to_have_text("Ada of the clocks")
    assert chat.installation.character("Ada of the clocks")["first_mes"] == "Mind the pendulum!"


def test_a_chat_is_renamed_deleted_and_brought_back(chat: Chat, provider: Provider) -> None:
    session = provider.begin(chat.installation, "sidebar", text="Come in.")
    chat.open(session)
    chat.until_ended(chat.say("Sidebar, are you there?"))
    chats = chat.page.get_by_role("navigation", name="Chats")
    item = chats.get_by_role("listitem").filter(has_text="Sidebar, are you there?")
    count = chat.installation.get(f"/sessions/{session}")["total_messages"]
    expect(item).to_contain_text(f"{count} messages")

    item.hover()
    item.get_by_role("button", name="Actions for Sidebar, are you there?").click()
    chat.page.get_by_role("menuitem", name="Rename").click()
    chats.get_by_role("textbox", name="Title").fill("The doorstep")
    chats.get_by_role("textbox", name="Title").press("Enter")
    item = chats.get_by_role("listitem").filter(has_text="The doorstep")
    expect(item).to_be_visible()
    expect(chat.page).to_have_title("The doorstep · Causerie")

    item.hover()
    item.get_by_role("button", name="Actions for The doorstep").click()
    chat.page.get_by_role("menuitem", name="Delete").click()
    expect(item).to_have_count(0)
    assert chat.installation.api.get(f"/sessions/{session}").status_code == 404

    chat.page.get_by_role("button", name="Undo").click()
    expect(item).to_be_visible()
    item.get_by_role("link").click()
    expect(chat.reply).to_contain_text("Come in.")
