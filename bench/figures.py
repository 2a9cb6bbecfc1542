"""What was measured, and the page that shows it."""

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from string import Template

PAGE = Path(__file__).parent.parent / "docs" / "benchmarks.md"
TEMPLATE = Path(__file__).parent / "page.md"
WEB = "## The web app"
"""The heading of the part that `make bench-web` writes; `make bench` leaves it as it is."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of the table. `baselines` are named programs' values of the same measure; a target is an upper bound
    unless `at_least`. The ratio is Causerie's value to the first baseline's."""

    name: str
    unit: str
    value: float
    target: float | None = None
    at_least: bool = False
    baselines: Mapping[str, float] = field(default_factory=dict)

    @property
    def missed(self) -> bool:
        """Whether the target is not reached."""
        if self.target is None:
            return False
        return self.value < self.target if self.at_least else self.value > self.target

    def row(self) -> str:
        """Return the figure as a row of the page's table."""
        baselines = " · ".join(f"{name} {shown(value)}" for name, value in self.baselines.items())
        first = next(iter(self.baselines.values()), 0.0)
        ratio = f"{self.value / first:.2f}" if first else ""
        return f"{self.short_row()} {baselines} | {ratio} |"

    def short_row(self) -> str:
        """Return the row of a table without baselines."""
        sign = "≥" if self.at_least else "≤"
        target = "" if self.target is None else f"{sign} {shown(self.target)}"
        if self.missed:
            target += f" (missed: {self.value / self.target:.2f} ×)" if self.target else " (missed)"
        return f"| {self.name} | {shown(self.value)} {self.unit} | {target} |"


def shown(value: float) -> str:
    """Return a number with three digits that count."""
    if abs(value) >= 1_000:
        return f"{float(f'{value:.3g}'):,.0f}"
    return f"{value:.3g}"


def page(figures: Sequence[Figure], seconds: float, load: float) -> str:
    """Return the whole page. `load`: what the machine was busy with before, in cores."""
    rows = "\n".join(figure.row() for figure in figures)
    packages = ", ".join(f"{name} {version(name)}" for name in ("uvicorn", "aiohttp", "httpx", "sqlalchemy", "uvloop"))
    return Template(TEMPLATE.read_text()).substitute(
        **machine(),
        minutes=f"{seconds / 60:.0f}",
        load=f"{load:.1f}",
        python=f"{platform.python_implementation()} {platform.python_version()}",
        packages=packages,
        rows=rows,
    )


def machine() -> dict[str, str]:
    """Return what the page tells of the day and the machine."""
    return {
        "day": str(datetime.now(UTC).date()),
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.1f}",
        "system": f"{platform.system()} {platform.release().partition('-')[0]}",
    }


def section_of(page: str, heading: str) -> str:
    """Return a section of a page: its heading and what stands below, up to the next heading as high; else nothing."""
    _, found, rest = f"\n{page}".partition(f"\n{heading}\n")
    return found[1:] + rest.partition("\n## ")[0] if found else ""


def with_section(page: str, section: str) -> str:
    """Return the page with this section in place of the one of the same heading, or at its end; none changes none."""
    if not section:
        return page
    present = section_of(page, section.partition("\n")[0])
    return page.replace(present, section.strip() + "\n", 1) if present else f"{page.rstrip()}\n\n{section.strip()}\n"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except FileNotFoundError:
        return platform.processor()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.machine())
