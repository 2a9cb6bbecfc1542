"""Every page: its title, its address, its colours, its rules."""

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import sights
from tests.browser.chat import Chat
from tests.browser.provider import Provider

PAPER = {"light": "rgb(250, 248, 244)", "dark": "rgb(21, 22, 26)"}

PAGES = {
    "/": "Who would you like to talk to?",
    "/new": "Who would you like to talk to?",
    "/gallery": "Characters",
    "/characters/new": "New character",
    "/profiles": "Personas",
    "/prompts": "System prompts",
    "/history": "History",
    "/models": "Models",
    "/usage": "Usage",
    "/settings/appearance": "Appearance",
    "/settings/keys": "Keys",
    "/trash": "Trash",
    "/health": "Health",
    "/nowhere": "Nothing lives here",
}


@pytest.fixture
def pages(chat: Chat, provider: Provider) -> dict[str, str]:
    """Every page's address and heading, those of one chat and one character among them."""
    session = provider.begin(chat.installation, "a page", text="Come in.")
    chat.installation.patch(f"/sessions/{session}", {"title": "On the stairs"})
    wren = chat.installation.character("Wren")["id"]
    return {
        **PAGES,
        f"/c/{session}": "On the stairs",
        f"/new?character={wren}": "New chat",
        f"/characters/{wren}": "Wren",
        f"/characters/{wren}?tab=edit": "Wren",
        f"/characters/{wren}?tab=versions": "Wren",
    }


def test_a_page_is_the_same_however_it_is_reached(chat: Chat, pages: dict[str, str]) -> None:
    """Loaded directly, reloaded, and by going back."""
    page = chat.page
    heading = page.get_by_role("heading", level=1)
    for path, name in pages.items():
        response = page.goto(path)
        assert response
        policy = response.headers["content-security-policy"]
        assert "'unsafe" not in policy.partition("script-src")[2].partition(";")[0]
        expect(page).to_have_title(f"{name} · Causerie")
        expect(heading).to_have_text(name)

        page.reload()
        expect(heading).to_have_text(name)
        expect(page).to_have_title(f"{name} · Causerie")

        elsewhere = "History" if path != "/history" else "Characters"
        page.get_by_role("navigation", name="Pages").get_by_role("link", name=elsewhere, exact=True).click()
        expect(heading).not_to_have_text(name)
        page.go_back()
        expect(heading).to_have_text(name)
        expect(page).to_have_title(f"{name} · Causerie")


def test_who_comes_from_another_page_has_the_focus_on_the_heading(chat: Chat) -> None:
    places = chat.page.get_by_role("navigation", name="Pages")
    chat.page.goto("/")
    expect(places.get_by_role("link", name="Models")).to_have_count(0)
    chat.until_painted()
    places.get_by_role("button", name="All pages").press("Enter")
    chat.page.keyboard.press("Tab")
    expect(places.get_by_role("link", name="Personas")).to_be_focused()
    places.get_by_role("link", name="Models").press("Enter")
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


def test_a_page_fits_a_small_telephone(chat: Chat, pages: dict[str, str]) -> None:
    """320 pixels: as wide as a window of 1280 is at 400 %."""
    long_words = "A_word_that_has_no_end_" * 20
    chat.installation.post("/prompts", {"name": "Long", "content": long_words})
    chat.installation.post("/profiles", {"name": "Long", "description": long_words})
    (session,) = (path.removeprefix("/c/") for path in pages if path.startswith("/c/"))
    for text in (sights.TOLD, long_words):
        chat.installation.post(f"/sessions/{session}/messages", {"role": "assistant", "content": text})
    chat.page.set_viewport_size({"width": 320, "height": 640})
    too_wide = {}
    for path in pages:
        chat.page.goto(path)
        expect(chat.page.get_by_role("heading", level=1)).to_be_visible()
        expect(chat.page.locator("[aria-busy=true]")).to_have_count(0)
        if (width := chat.page.evaluate("document.scrollingElement.scrollWidth")) != 320:
            too_wide[path] = width
    assert too_wide == {}


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
