"""What tests of every feature need: asyncio, and a real PostgreSQL where a test asks for one."""

from collections.abc import Iterator

import pytest

from tests.postgres import PostgresDatabase, PostgresServer, postgres_server


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Run asynchronous tests on asyncio, as the server does."""
    return "asyncio"


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One server for the run (for each of its processes); empty databases come from `postgres.database()`."""
    with postgres_server() as server:
        yield server


@pytest.fixture
def postgres_database(postgres: PostgresServer) -> Iterator[PostgresDatabase]:
    with postgres.database() as database:
        yield database
