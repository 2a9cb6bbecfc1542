"""The scripted server and the ways to it."""

from collections.abc import AsyncIterator

import pytest

from causerie.providers.outgoing import Limits, Outgoing
from causerie.providers.targets import Targets
from tests.scripted_provider import ScriptedServer

SHORT_LIMITS = Limits(connect=1, first_byte=0.5, between_bytes=0.3, total=30)


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    async with ScriptedServer() as server:
        yield server


@pytest.fixture
async def outgoing() -> AsyncIterator[Outgoing]:
    outgoing = Outgoing(Targets(["loopback"]), SHORT_LIMITS)
    yield outgoing
    await outgoing.close()
