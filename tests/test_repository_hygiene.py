"""What no tracked file holds: registries, paths of one machine, promises of later work, tests that do not run."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FORBIDDEN = {
    "the host of a package registry": re.compile(
        r"\b(?:pypi\.org|pythonhosted\.org|npmjs\.(?:org|com)|yarnpkg\.com|debian\.org)\b"
    ),
    "a path of one machine": re.compile(r"(?<![\w.:/-])/(?:home|work|root|Users)/[\w.-]+"),
    "a promise of later work": re.compile(r"\b(?:TO[D]O|FIX[M]E|X[X]X)\b"),
    "a test that does not run": re.compile(
        r"pytest\.(?:mark\.)?(?:skip|skipif|xfail|importorskip)\b|\b(?:it|test|describe)\.(?:skip|only|todo|fails)\b"
    ),
}


def tracked() -> list[Path]:
    """Return the files that git tracks and that are there; files of bytes are left out."""
    names = subprocess.check_output(["git", "ls-files", "-z"], cwd=ROOT, text=True).split("\0")
    files = [ROOT / name for name in names if name]
    return [file for file in files if file.is_file() and b"\0" not in file.read_bytes()]


@pytest.mark.parametrize("kind", FORBIDDEN)
def test_no_tracked_file_holds(kind: str) -> None:
    places = [
        f"{file.relative_to(ROOT)}:{number}: {line.strip()[:100]}"
        for file in tracked()
        for number, line in enumerate(file.read_text().splitlines(), start=1)
        if FORBIDDEN[kind].search(line)
    ]

    assert places == []


def test_decisions_are_numbered_without_gaps() -> None:
    names = sorted(path.name for path in (ROOT / "docs" / "decisions").glob("*.md"))

    assert [name[:5] for name in names] == [f"{number:04}-" for number in range(1, len(names) + 1)]
