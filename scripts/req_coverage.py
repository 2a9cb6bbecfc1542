"""Tells which security requirements have a test; one that is due and has none is a failure.

`python -m scripts.req_coverage`. A test names what it proves: `@pytest.mark.req("S22")`, or `[S22]` in the title of a
test of the page. Requirements begin with S, the invariants of a turn with I.
"""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]

DUE = {
    *("S3", "S4", "S7", "S14", "S15"),
    *("S22", "S23", "S24", "S27", "S28", "S29", "S30", "S31", "S32", "S33"),
    *("S35", "S36", "S37"),
    *("S40", "S41", "S42", "S43", "S44", "S46", "S50", "S56", "S57", "S59"),
    *("S69", "S70", "S73", "S77", "S83", "S88", "S89", "S91"),
}
"""What the product as it is promises; whoever builds more adds what it makes due."""

KNOWN = {f"S{number}" for number in range(1, 92)} | {f"I{number}" for number in range(1, 19)}
_TITLE = re.compile(r"\[([SI][1-9]\d?)\]")


def marked() -> dict[str, set[str]]:
    """Return the files whose tests name each requirement."""
    found: dict[str, set[str]] = {}
    for file, name in (*_marks(), *_titles()):
        found.setdefault(name, set()).add(file.relative_to(ROOT).as_posix())
    return found


def _marks() -> Iterator[tuple[Path, str]]:
    for file in sorted((ROOT / "tests").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "req":
                for name in node.args:
                    if isinstance(name, ast.Constant) and isinstance(name.value, str):
                        yield file, name.value


def _titles() -> Iterator[tuple[Path, str]]:
    for file in sorted((ROOT / "web" / "src").rglob("*.test.ts*")):
        for name in _TITLE.findall(file.read_text()):
            yield file, name


def uncovered() -> set[str]:
    """Return what is due and has no test."""
    return DUE - marked().keys()


def main() -> int:
    """Print a line for each requirement; fail when one that is due has no test."""
    found = marked()
    for name in sorted(DUE | found.keys(), key=lambda name: (name[0], int(name[1:]))):
        files = ", ".join(sorted(found.get(name, ()))) or "NO TEST"
        sys.stdout.write(f"{name:4} {files}\n")
    return 1 if uncovered() else 0


if __name__ == "__main__":
    sys.exit(main())
