"""All that there is to look at: every page with something on it, and every layer that opens above one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, expect

from tests.browser.installation import Installation

ASKED = "What do you see from up there, when the fog is in? And did you ever find out who left the *glove* on the sill?"
TOLD = """“In a fog? Nothing, and all of it,” *she says, and turns the lamp down a hair.* “You learn to see with your \
ears. The bell on the Skerry first, then the gulls, and then, when you have stopped hoping, an engine.”

*Button the cat jumps onto the sill and sits down on the glove.*

I keep a table of such nights. Here is the last of them:

| hour | light | sea |
| --- | --- | --- |
| ten | steady | calm |
| eleven | failing | rising, with a long swell from the north-west |

1. [x] oil for the week
2. [ ] a letter to the harbour master

> The keeper keeps the light, and the light keeps the keeper.

```python
for turn in range(12):
    lamp.turn(turn * 30)  # one breath each
    sea.listen("who is out there?")
```

## What the log says

See [the chart](https://example.org/chart) for the rest of it."""


def furnish(installation: Installation) -> str:
    """Put chats, characters and a model into an installation, something into its trash; return the chat to look at."""
    wren = installation.character("Wren")["id"]
    for title in ("The doorstep", "Letters to the harbour master, which were never sent", "چراغ دریایی"):
        chat = installation.post("/sessions", {"character_id": wren, "title": title})["id"]
        installation.post(f"/sessions/{chat}/messages", {"content": "Good evening."})
    buried = installation.post("/sessions", {"character_id": wren, "title": "A false start"})["id"]
    installation.api.delete(f"/sessions/{buried}").raise_for_status()
    installation.post(
        "/characters",
        {
            "name": "Ada, who repairs clocks and other people's evenings",
            "description": "A clockmaker of few words and many drawers.",
            "first_mes": "Mind the pendulum!",
            "tags": ["workshop", "mystery"],
        },
    )
    shown = installation.post("/sessions", {"character_id": wren, "title": "A night in the fog"})["id"]
    installation.post(f"/sessions/{shown}/messages", {"role": "user", "content": ASKED})
    installation.post(f"/sessions/{shown}/messages", {"role": "assistant", "content": TOLD})
    return str(shown)


def paths(page: Page, installation: Installation, chat: str) -> dict[str, str]:
    """Return the addresses of all pages by a name for each; the sidebar's links tell of those in it."""
    character = installation.character("Wren")["id"]
    page.goto(f"{installation.url}/gallery")
    pages = page.get_by_role("navigation", name="Pages")
    pages.get_by_role("button", name="All pages").click()
    linked = pages.get_by_role("link")
    expect(linked).to_have_count(9)
    addresses = [str(link.get_attribute("href")) for link in linked.all()]
    pages.get_by_role("button", name="All pages").click()
    return {
        "welcome": "/",
        "chat": f"/c/{chat}",
        "new-chat": f"/new?character={character}",
        "character": f"/characters/{character}",
        "new-character": "/characters/new",
        "nowhere": "/nowhere",
        **{address.strip("/").replace("/", "-"): address for address in addresses},
    }


def show(page: Page, address: str) -> None:
    """Go to a page and wait until all of it is there."""
    page.goto(address)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.locator("[aria-busy=true]")).to_have_count(0)


@contextmanager
def layer(page: Page, name: str) -> Iterator[None]:
    """Open a layer above the chat for as long as the block runs."""
    LAYERS[name](page)
    yield
    page.keyboard.press("Escape")


def _menu(page: Page) -> None:
    row = page.locator("article").last
    row.hover()
    row.get_by_role("button", name="More actions").click()


def _editor(page: Page) -> None:
    _menu(page)
    page.get_by_role("menuitem", name="Edit", exact=True).click()
    expect(page.get_by_role("textbox", name="Edit message")).to_be_focused()


def _keys(page: Page) -> None:
    page.get_by_role("log").press("?")
    expect(page.get_by_role("dialog", name="All keys")).to_be_visible()


def _palette(page: Page) -> None:
    page.keyboard.press("Control+k")
    page.get_by_role("combobox").fill("lamp")
    expect(page.get_by_role("option").filter(has_text="lamp").first).to_be_visible()


def _find(page: Page) -> None:
    page.get_by_role("log").press("Control+f")
    page.get_by_role("searchbox", name="Find in this chat").fill("fog")
    expect(page.get_by_text("2 of 2")).to_be_visible()


def _themes(page: Page) -> None:
    if not page.get_by_role("button", name="Theme").is_visible():
        page.get_by_role("button", name="Show chats").click()
    page.get_by_role("button", name="Theme").click()


LAYERS: dict[str, Callable[[Page], None]] = {
    "menu": _menu,
    "editor": _editor,
    "palette": _palette,
    "keys": _keys,
    "find": _find,
    "themes": _themes,
}
