"""The pages of the documentation, and the examples in them that say of themselves that they run."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
EXAMPLE = re.compile(
    r'^<!-- runs(?:: prints "(?P<prints>[^"\n]+)")? -->\n'
    r"```(?P<language>\w+)\n(?P<text>.*?)^```",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Example:
    """A block of a page; `prints` is what its output has to hold."""

    page: str
    number: int
    language: str
    text: str
    prints: str


def pages() -> list[Path]:
    """Return every page that is written for people."""
    return sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])


def examples_of(page: str) -> list[Example]:
    """Return a page's examples, in their order."""
    found = EXAMPLE.finditer((ROOT / page).read_text())
    return [
        Example(page, number, match["language"], match["text"], match["prints"] or "")
        for number, match in enumerate(found)
    ]
