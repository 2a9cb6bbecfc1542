"""One real server and one scripted provider for all tests here; each test makes rows of its own."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.contract.making import Api, speaking_to
from tests.contract.providing import Provider, providing
from tests.contract.serving import Server
from tests.contract.sockets import Socket, connected
from tests.setups import Install


@pytest.fixture(scope="session")
def provider() -> Iterator[Provider]:
    with providing() as provider:
        yield provider


@pytest.fixture(scope="session")
def server(install: Install, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with install(tmp_path_factory.mktemp("causerie") / "data") as installation, installation.serving() as server:
        yield server


@pytest.fixture(scope="session")
def api(server: Server, provider: Provider) -> Iterator[Api]:
    with speaking_to(server.url, provider) as api:
        yield api


@pytest.fixture
def connect(server: Server) -> Iterator[Callable[..., Socket]]:
    """Return a function that opens a connection to `/ws`, closed at the test's end, and takes its `welcome`."""
    with ExitStack() as stack:

        def open_socket(**options: Any) -> Socket:
            socket = stack.enter_context(connected(server.socket_url, **options))
            assert socket.receive()["type"] == "welcome"
            return socket

        yield open_socket


@pytest.fixture
def socket(connect: Callable[..., Socket]) -> Socket:
    """One connection to `/ws` that has been welcomed."""
    return connect()
