"""Nodes whose engines the tests start, on each database."""

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.generation.working import Outage, Shift
from tests.node import Node, migrated_file, open_node


@pytest.fixture
async def node(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> AsyncIterator[Node]:
    template = tmp_path_factory.getbasetemp() / "empty.db"
    async with open_node(migrated_file(template, tmp_path / "engine.db")) as node:
        yield node


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Path | str:
    """Where a migrated database is: a file, or a server's URL."""
    if request.param == "sqlite":
        return migrated_file(tmp_path_factory.getbasetemp() / "empty.db", tmp_path / "shared.db")
    url: str = request.getfixturevalue("postgres_database").url
    return url


@pytest.fixture
async def shared(place: Path | str) -> AsyncIterator[Node]:
    """A node on a database that many workers share."""
    async with open_node(place) as node:
        yield node


@pytest.fixture
def shift(monkeypatch: pytest.MonkeyPatch) -> Shift:
    """The machine's clock, which may be put forward as sleep does it."""
    shift, clock = Shift(), time.clock_gettime
    monkeypatch.setattr(time, "clock_gettime", lambda which: clock(which) + shift.seconds)
    return shift


@pytest.fixture
def outage(shared: Node, monkeypatch: pytest.MonkeyPatch) -> Outage:
    """A database that can be away."""
    outage = Outage()
    for name in ("work", "work_lazily", "read"):
        monkeypatch.setattr(shared.database, name, outage.around(getattr(shared.database, name)))
    return outage


@pytest.fixture
def rarely(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is found by sweeping, but at the start."""
    monkeypatch.setattr("causerie.generation.engine.SWEEP_SECONDS", 1_000.0)


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sweeping finds everything at once."""
    monkeypatch.setattr("causerie.generation.engine.SWEEP_SECONDS", 0.05)
