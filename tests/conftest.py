"""What tests of every feature need: asyncio, and a real PostgreSQL where a test asks for one."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy import make_url

from causerie.ops.migrating_postgres import migrate_postgres
from tests.postgres import PostgresDatabase, PostgresServer, postgres_server
from tests.redis import redis_server, redis_url, valkey  # noqa: F401 (fixtures)
from tests.setups import (  # noqa: F401 (fixtures among them)
    add_option,
    app,
    client,
    install,
    installation,
    node,
    place,
    select,
    setup,
)

TESTS = Path(__file__).parent
SLOW_FOLDERS = {"bench", "browser", "contract", "faults"}
"""Their tests talk to real servers in processes of their own."""
ALONE_FOLDERS = {"bench", "browser"}
"""They measure, or look at what a person would see: nothing may run beside them."""

# A busy machine fails nothing, and what passed passes again. `--hypothesis-profile=default` looks for new examples.
settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")


pytest_addoption = add_option


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Choose those of the set-up, and mark the tests of whole folders."""
    select(config, items)
    for item in items:
        folder = item.path.relative_to(TESTS).parts[0]
        if folder in SLOW_FOLDERS:
            item.add_marker(pytest.mark.slow)
        if folder in ALONE_FOLDERS:
            item.add_marker(pytest.mark.alone)
    items.sort(key=lambda item: item.path.parent != TESTS / "faults")  # minutes long: beside them goes all the rest


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Run asynchronous tests on asyncio, as the server does."""
    return "asyncio"


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One server for the run (for each of its processes); empty databases come from `postgres.database()`."""
    with postgres_server() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_template(postgres: PostgresServer) -> Iterator[PostgresDatabase]:
    """A database with the newest schema, for copying: nobody stays connected to it."""
    with postgres.database() as template:
        application_role = make_url(template.url).username
        assert application_role is not None
        asyncio.run(migrate_postgres(template.owner_url, application_role))
        yield template


@pytest.fixture
def postgres_database(postgres: PostgresServer, postgres_template: PostgresDatabase) -> Iterator[PostgresDatabase]:
    """A migrated database of this test's own."""
    with postgres.database(template=postgres_template) as database:
        yield database
