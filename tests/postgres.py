"""A real PostgreSQL for the tests: one server a run, and for each test a copy of a database that is migrated already.

The server is the one at `TEST_POSTGRES_URL` (a superuser's login), else one of our own.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import make_url

from causerie.chaos.servers.postgres import PostgresDatabase, PostgresServer, postgres_cluster

__all__ = ["PostgresDatabase", "PostgresServer", "postgres_server"]


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """Find or start a server; afterwards nothing of this run is on it or on the disk."""
    if address := os.environ.get("TEST_POSTGRES_URL"):
        server = PostgresServer(make_url(address).set(drivername="postgresql"))
        with server.roles():
            yield server
        return
    with postgres_cluster() as cluster:
        server = PostgresServer(cluster.admin)
        with server.roles():
            yield server
