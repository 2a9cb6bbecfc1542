"""An empty PostgreSQL database."""

from collections.abc import Iterator

import pytest

from tests.postgres import PostgresDatabase, PostgresServer


@pytest.fixture
def postgres_empty(postgres: PostgresServer) -> Iterator[PostgresDatabase]:
    with postgres.database() as database:
        yield database
