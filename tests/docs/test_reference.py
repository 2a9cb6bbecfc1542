"""What can be looked up is what the code has: each setting, command, error and frame, no more and no less."""

import re
import subprocess
from pathlib import Path
from urllib.parse import unquote

import pytest

from causerie.chats.events import server_events
from causerie.config import PREFIX, Settings
from causerie.realtime.frames import client_frames
from scripts.reference import PAGES, REFERENCE
from tests.contract.serving import CAUSERIE
from tests.docs.pages import ROOT, pages

LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")


@pytest.mark.parametrize("name", PAGES)
def test_a_generated_page_is_fresh(name: str) -> None:
    assert (REFERENCE / name).read_text() == PAGES[name](), "run `make docs`"


def entries(name: str) -> list[str]:
    """Return what stands in the first column of a page's tables, or in its headings."""
    text = (REFERENCE / name).read_text()
    return re.findall(r"^(?:\| |#+ )`([^`]+)`", text, re.MULTILINE)


def test_every_setting_has_its_entry() -> None:
    assert entries("settings.md") == [f"{PREFIX}{name.upper()}" for name in Settings.model_fields]


def test_every_frame_has_its_entry() -> None:
    found = re.findall(r"^### `([^`]+)`", (REFERENCE / "frames.md").read_text(), re.MULTILINE)
    unions = [frames.json_schema()["discriminator"]["mapping"] for frames in (client_frames, server_events)]

    assert sorted(found) == sorted(kind for mapping in unions for kind in mapping)


def test_every_code_in_the_source_has_its_entry() -> None:
    """Read from the source as text, so that a class that nobody imports is found too."""
    source = "\n".join(file.read_text() for file in (ROOT / "causerie").rglob("*.py"))
    assigned = re.findall(r'^    (?:status, )?code, title(?:, retryable)? = (?:\d+, )?"(\w+)"', source, re.MULTILINE)
    given = re.findall(r'FieldError\((?:[^()]|\([^()]*\))*?code="(\w+)"', source)

    assert len(assigned) > 30
    assert set(assigned) | set(given) <= set(entries("errors.md"))


def test_every_command_of_the_help_has_its_entry() -> None:
    help_text = subprocess.run([CAUSERIE, "--help"], capture_output=True, text=True, check=True, timeout=60).stdout
    commands = re.findall(r"^│ (\w+) {2,}", help_text, re.MULTILINE)
    documented = {entry.split()[1] for entry in entries("commands.md") if entry.startswith("causerie ")}

    assert commands
    assert set(commands) == documented


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    missing = [link for link in LINK.findall(page.read_text()) if not (page.parent / unquote(link)).exists()]

    assert missing == []


def test_what_a_guide_names_of_the_reference_exists() -> None:
    known = set(entries("settings.md"))
    named = {
        name for page in pages() for name in re.findall(rf"\b{PREFIX}[A-Z_]+\b", page.read_text()) if name != PREFIX
    }

    assert named <= known
