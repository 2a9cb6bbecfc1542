"""A real Redis for the tests: one server a run, one empty logical database a test.

Servers that a test stops or freezes are its own: `causerie.chaos.servers.valkey.valkey_server`.
"""

import os
from collections.abc import Iterator

import pytest

from causerie.chaos.servers.valkey import RedisServer, ValkeyServer, valkey_server
from causerie.chaos.servers.valkey import redis_server as any_redis_server


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """One server for the run (for each of its processes)."""
    with any_redis_server() as server:
        yield server


@pytest.fixture
def redis_url(redis_server: RedisServer) -> str:
    """The address of a logical database that nothing else of this run uses, and that is empty."""
    number = 1 + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    redis_server.command("FLUSHDB", database=number)
    return redis_server.database(number)


@pytest.fixture
def valkey() -> Iterator[ValkeyServer]:
    """A server of this test's own, which it may stop, freeze and flush."""
    with valkey_server() as server:
        yield server
