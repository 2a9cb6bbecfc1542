"""What the rules of accessibility find on every page and layer, in every theme, on a telephone and on a wide screen."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser import sights
from tests.browser.chat import Chat
from tests.browser.conftest import Open
from tests.browser.installation import Installation

AXE = Path(__file__).parents[3] / "web/node_modules/axe-core/axe.min.js"
THEMES = ("light", "dark", "contrast")
WIDTHS = (390, 1280)


@pytest.fixture(scope="module")
def furnished(opened: Open, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Installation, str]]:
    """An installation with something on every page, and the chat to look at."""
    with opened(tmp_path_factory.mktemp("furnished") / "data") as installation:
        yield installation, sights.furnish(installation)


@pytest.fixture
def installation(furnished: tuple[Installation, str]) -> Installation:
    """The one that the test's tab talks to."""
    return furnished[0]


@pytest.fixture
def shown(furnished: tuple[Installation, str]) -> str:
    """The chat to look at."""
    return furnished[1]


@pytest.fixture
def page(chat: Chat) -> Page:
    """A page without motion: a colour on its way to another one is neither."""
    chat.page.add_init_script(path=AXE)
    chat.page.emulate_media(reduced_motion="reduce")
    return chat.page


def problems(page: Page) -> list[str]:
    """Return what is serious or critical on the page as it is, in each theme."""
    found = []
    for theme in THEMES:
        page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
        for violation in page.evaluate("() => axe.run({ resultTypes: ['violations'] })")["violations"]:
            if violation["impact"] in {"serious", "critical"}:
                places = [f"{node['target']} {node['failureSummary']}" for node in violation["nodes"]]
                found.append(f"{theme}, {violation['id']}: {places}")
    return found


def test_a_chat_has_no_serious_problem(page: Page, shown: str) -> None:
    sights.show(page, f"/c/{shown}")
    assert problems(page) == []
    with sights.layer(page, "palette"):
        assert problems(page) == []


@pytest.mark.long_browser
@pytest.mark.parametrize("width", WIDTHS)
def test_no_page_has_a_serious_problem(page: Page, installation: Installation, shown: str, width: int) -> None:
    addresses = sights.paths(page, installation, shown)
    page.set_viewport_size({"width": width, "height": 800})
    found = {}
    for name, address in addresses.items():
        sights.show(page, address)
        found[name] = problems(page)
    assert {name: of_page for name, of_page in found.items() if of_page} == {}
    assert len(found) >= 10


@pytest.mark.long_browser
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", sights.LAYERS)
def test_no_layer_has_a_serious_problem(page: Page, shown: str, name: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    sights.show(page, f"/c/{shown}")
    with sights.layer(page, name):
        assert problems(page) == []
