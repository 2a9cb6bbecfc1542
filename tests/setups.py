"""The three set-ups on which everything behaves alike; `--setup` chooses the one that a run is about.

* `embedded`: one process on SQLite.
* `postgres`: one process with a worker inside, on PostgreSQL without Redis.
* `served`: a web node and a worker apart, on PostgreSQL and Redis.

A test that asks for the fixture `setup`, itself or through another, runs on each; the others run with `embedded` alone.
"""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from tests.contract.serving import Server, serving
from tests.house import client_of, open_house
from tests.node import Node, migrated_file, open_node
from tests.postgres import PostgresDatabase

EMBEDDED, POSTGRES, SERVED = SETUPS = ("embedded", "postgres", "served")
LOGICAL_DATABASES = 16


@dataclass(frozen=True)
class Installation:
    """Where the processes of an installation keep what they have, and what they are told at their start."""

    setup: str
    data: Path
    settings: Mapping[str, str] = field(default_factory=dict)

    def serving(self, *options: str, **settings: str) -> AbstractContextManager[Server]:
        """Start the set-up's processes, wait until they are ready, and end them afterwards."""
        worker = ("--worker",) if self.setup == POSTGRES else ()
        workers = 1 if self.setup == SERVED else 0
        return serving(self.data, *worker, *options, workers=workers, **{**self.settings, **settings})


Install = Callable[[Path], AbstractContextManager[Installation]]


def add_option(parser: pytest.Parser) -> None:
    """Let a run be about one set-up."""
    parser.addoption("--setup", choices=SETUPS, default=EMBEDDED, help="the set-up that the tests run on")


def select(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what this set-up does not have (`@pytest.mark.setups`), and what `embedded` tells for all."""
    setup = config.getoption("--setup")
    wanted = [item for item in items if _is_wanted(item, setup)]
    config.hook.pytest_deselected(items=[item for item in items if item not in wanted])
    items[:] = wanted


def _is_wanted(item: pytest.Item, setup: str) -> bool:
    marker = item.get_closest_marker("setups")
    if marker is not None:
        return setup in marker.args
    return setup == EMBEDDED or "setup" in getattr(item, "fixturenames", ())


@pytest.fixture(scope="session")
def setup(request: pytest.FixtureRequest) -> str:
    """The set-up that this run is about."""
    chosen: str = request.config.getoption("--setup")
    return chosen


@pytest.fixture(scope="session")
def install(setup: str, request: pytest.FixtureRequest) -> Install:
    """Return what makes an empty installation with the newest schema, its processes' data in the given folder."""
    numbers = count()

    @contextmanager
    def make(data: Path) -> Iterator[Installation]:
        if setup == EMBEDDED:
            yield Installation(setup, data)
            return
        postgres, template = request.getfixturevalue("postgres"), request.getfixturevalue("postgres_template")
        with postgres.database(template=template) as database:
            settings = {"DATABASE_URL": database.url}
            if setup == SERVED:
                redis, number = request.getfixturevalue("redis_server"), next(numbers) % LOGICAL_DATABASES
                redis.command("FLUSHDB", database=number)
                settings["REDIS_URL"] = redis.database(number)
            yield Installation(setup, data, settings)

    return make


@pytest.fixture
def installation(install: Install, tmp_path: Path) -> Iterator[Installation]:
    """An empty installation of this test's own."""
    with install(tmp_path / "data") as installation:
        yield installation


@pytest.fixture
def place(setup: str, request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    """Where a migrated database of this test's own is: a file, or a server's URL."""
    if setup == EMBEDDED:
        template = request.getfixturevalue("tmp_path_factory").getbasetemp() / "empty.db"
        return migrated_file(template, tmp_path / "causerie.db")
    database: PostgresDatabase = request.getfixturevalue("postgres_database")
    return database.url


@pytest.fixture
async def node(place: Path | str) -> AsyncIterator[Node]:
    """One process' parts on a database, without an engine: what is said stays queued."""
    async with open_node(place) as node:
        yield node


@pytest.fixture
async def app(place: Path | str, tmp_path: Path) -> AsyncIterator[FastAPI]:
    """An application of this test's own, with a worker inside."""
    url = f"sqlite:///{place}" if isinstance(place, Path) else place
    async with open_house(tmp_path, None, database_url=url) as app:
        yield app


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client of that application; its paths begin behind `/api`."""
    async with client_of(app) as client:
        yield client
