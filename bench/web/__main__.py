"""`make bench-web`: measures the web app in Chromium, prints its budgets and writes them into docs/benchmarks.md.

Takes about six minutes, with `--quick` about one; the machine has to be quiet.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from string import Template

from playwright.sync_api import expect, sync_playwright

from bench.figures import PAGE, Figure, machine, with_section
from bench.web.build import weights
from bench.web.results import figures_of, measure
from bench.web.scenes import QUICK, Size, Theatre
from bench.web.tab import WAIT_MS
from tests.browser import provider as scripted
from tests.browser.conftest import BROWSERS
from tests.browser.installation import Installation
from tests.contract.serving import stop

TEMPLATE = Path(__file__).parent / "section.md"


@contextmanager
def theatre(folder: Path, size: Size) -> Iterator[Theatre]:
    """Run a server, a provider and a browser until the block ends."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        sys.exit("no Chromium is installed: run `make browser`")
    expect.set_options(timeout=WAIT_MS)
    installation = Installation(folder / "data")
    process, provider = scripted.start()
    try:
        installation.start()
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
            yield Theatre.prepared(browser, installation, provider, size)
            browser.close()
    finally:
        installation.close()
        stop(process)
        if process.stdout:
            process.stdout.close()


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.web", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="measure a little of everything and write nothing")
    size = QUICK if parser.parse_args().quick else Size()
    began, load = time.perf_counter(), os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="causerie-bench-web-") as folder, theatre(Path(folder), size) as stage:
        chromium, outcome = stage.browser.version, measure(stage)
    figures = figures_of(outcome, *weights())
    for figure in figures:
        print(figure.short_row(), flush=True)
    seconds = time.perf_counter() - began
    print(f"in {seconds:.0f} s")
    if size is not QUICK:
        PAGE.write_text(with_section(PAGE.read_text(), section(figures, size, chromium, seconds, load)))


def section(figures: list[Figure], size: Size, chromium: str, seconds: float, load: float) -> str:
    """Return the page's part. `load`: what the machine was busy with before, in cores."""
    return Template(TEMPLATE.read_text()).substitute(
        **machine(),
        minutes=f"{seconds / 60:.0f}",
        load=f"{load:.1f}",
        chromium=chromium.partition(".")[0],
        rows="\n".join(figure.short_row() for figure in figures),
        messages=f"{size.messages:,}",
        repeats=size.repeats,
        switches=size.switches,
    )


if __name__ == "__main__":
    main()
