"""Draws the icons that cannot be SVG from the one that is: `python -m scripts.icons`; the repository has them, too."""

import re
import shutil
from pathlib import Path

from playwright.sync_api import sync_playwright

PUBLIC = Path(__file__).parents[1] / "web" / "public"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Systems cut their own shape out of these, so the ground fills them; within it the drawing has to keep to a circle.
FULL = {"icon-maskable.png": (512, 0.85), "apple-touch-icon.png": (180, 1.0)}
SHAPED = {"icon-192.png": 192, "icon-512.png": 512}


def filled(svg: str, scale: float) -> str:
    """Return the icon with a ground without corners and its drawing at `scale` around the middle."""
    middle = 16 * (1 - scale)
    square = re.sub(r' rx="\d+"', "", svg)
    return square.replace("<g ", f'<g transform="translate({middle} {middle}) scale({scale})" ', 1)


def main() -> None:
    """Draw all of them."""
    svg = (PUBLIC / "icon.svg").read_text()
    drawings = {name: (svg, size) for name, size in SHAPED.items()}
    drawings |= {name: (filled(svg, scale), size) for name, (size, scale) in FULL.items()}
    with sync_playwright() as playwright:
        path = next(filter(None, map(shutil.which, BROWSERS)), None)
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for name, (drawing, size) in drawings.items():
            page = browser.new_page(viewport={"width": size, "height": size})
            page.set_content(f"<style>body {{ margin: 0 }} svg {{ display: block; width: {size}px }}</style>{drawing}")
            page.screenshot(path=PUBLIC / name, omit_background=True)
        browser.close()


if __name__ == "__main__":
    main()
