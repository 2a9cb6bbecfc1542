"""Pictures of every page, light, dark and on a telephone, and of every layer: `make pictures` puts them into a folder.

Usage: python -m tests.browser.pictures [folder]
"""

import shutil
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser import sights
from tests.browser.conftest import BROWSERS
from tests.browser.installation import Installation

FOLDER = Path("pictures")
LOOKS = {
    "light": {"width": 1440, "height": 900},
    "dark": {"width": 1440, "height": 900},
    "phone": {"width": 390, "height": 844},
}


def take(browser: Browser, installation: Installation, folder: Path) -> None:
    """Take them all."""
    chat = sights.furnish(installation)
    for look, size in LOOKS.items():
        context = browser.new_context(
            base_url=installation.url,
            viewport={"width": size["width"], "height": size["height"]},
            color_scheme="dark" if look == "dark" else "light",
            reduced_motion="reduce",
            device_scale_factor=2 if look == "phone" else 1,
            has_touch=look == "phone",
        )
        page = context.new_page()
        page.set_viewport_size({"width": 1440, "height": 900})
        addresses = sights.paths(page, installation, chat)
        page.set_viewport_size({"width": size["width"], "height": size["height"]})
        for name, address in addresses.items():
            sights.show(page, address)
            page.screenshot(path=folder / f"{name}-{look}.png")
        for name in sights.LAYERS:
            sights.show(page, addresses["chat"])
            with sights.layer(page, name):
                page.screenshot(path=folder / f"chat-{name}-{look}.png")
        context.close()


def main(folder: Path) -> None:
    """Start an installation and a browser, and take pictures of the one in the other."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        sys.exit("no Chromium is installed: run `make browser`")
    folder.mkdir(parents=True, exist_ok=True)
    expect.set_options(timeout=10_000)
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
