"""Pictures of every page in every theme, size and direction, and of every layer; `make pictures` takes them all.

Usage: python -m tests.browser.pictures [folder]
"""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser import past, sights
from tests.browser.conftest import BROWSERS
from tests.browser.installation import Installation

FOLDER = Path("pictures")


@dataclass(frozen=True)
class Look:
    """One way to look at the pages. `layers`: also at what opens above them."""

    width: int = 1440
    height: int = 900
    scheme: Literal["dark", "light"] = "light"
    contrast: Literal["more", "no-preference"] = "no-preference"
    touch: bool = False
    layers: bool = False
    only: frozenset[str] = frozenset()


LOOKS = {
    "light": Look(layers=True),
    "dark": Look(scheme="dark", layers=True),
    "contrast": Look(contrast="more"),
    "tablet": Look(820, 1180, touch=True),
    "phone": Look(390, 844, touch=True, layers=True),
    "phone-dark": Look(390, 844, scheme="dark", touch=True, only=frozenset({"chat", "letter", "settings"})),
}
#: What is looked at from right to left.
MIRRORED = frozenset({"lamp", "letter", "history", "gallery", "settings", "usage"})
MIRRORED_LOOKS = {"fa": Look(only=MIRRORED), "fa-phone": Look(390, 844, touch=True, only=MIRRORED)}


def take(browser: Browser, installation: Installation, folder: Path) -> None:
    """Take them all."""
    fog, stories = sights.furnish(installation), past.live(installation)
    with _looking(browser, installation, Look()) as page:
        addresses = sights.paths(page, installation, fog)
    addresses |= {"letter": f"/c/{stories.letter}", "lamp": f"/c/{stories.lamp}"}
    for name, look in LOOKS.items():
        with _looking(browser, installation, look) as page:
            _take_look(page, addresses, name, look, folder)
    installation.patch("/settings", {"interface": {"language": "fa"}})
    for name, look in MIRRORED_LOOKS.items():
        with _looking(browser, installation, look) as page:
            # The first visit of a browser finds out which language its reader has chosen.
            page.goto("/settings")
            expect(page.locator("html")).to_have_attribute("dir", "rtl")
            _take_look(page, addresses, name, look, folder)


def _take_look(page: Page, addresses: dict[str, str], name: str, look: Look, folder: Path) -> None:
    for place, address in addresses.items():
        if look.only and place not in look.only:
            continue
        sights.show(page, address)
        page.wait_for_load_state("networkidle")
        page.screenshot(path=folder / f"{place}-{name}.png")
    for layer in sights.LAYERS if look.layers else ():
        sights.show(page, addresses["chat"])
        with sights.layer(page, layer):
            page.screenshot(path=folder / f"chat-{layer}-{name}.png")


@contextmanager
def _looking(browser: Browser, installation: Installation, look: Look) -> Iterator[Page]:
    context = browser.new_context(
        base_url=installation.url,
        viewport={"width": look.width, "height": look.height},
        color_scheme=look.scheme,
        contrast=look.contrast,
        reduced_motion="reduce",
        has_touch=look.touch,
    )
    try:
        yield context.new_page()
    finally:
        context.close()


def main(folder: Path) -> None:
    """Start an installation and a browser, and take pictures of the one in the other."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        sys.exit("no Chromium is installed: run `make browser`")
    folder.mkdir(parents=True, exist_ok=True)
    expect.set_options(timeout=30_000)
    with tempfile.TemporaryDirectory() as data, sync_playwright() as playwright:
        installation = Installation(Path(data) / "data")
        installation.start()
        try:
            browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
            take(browser, installation, folder)
            browser.close()
        finally:
            installation.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
