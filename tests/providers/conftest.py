"""The scripted server and the ways to it."""

from collections.abc import AsyncIterator

import pytest

from causerie.providers.outgoing import Limits, Outgoing
from causerie.providers.targets import Targets
from tests.scripted_provider import ScriptedServer

SHORT_LIMITS = Limits(connect=1, first_byte=0.5, between_bytes=0.3, total=30)
"""For tests of models that say nothing: on a busy machine others may take longer than that."""


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    async with ScriptedServer() as server:
        yield server


@pytest.fixture
def limits() -> Limits:
    """How long a model may take; a test that waits for their end gives `SHORT_LIMITS` in their place."""
    return Limits(connect=20, first_byte=20, between_bytes=20, total=60)


@pytest.fixture
async def outgoing(limits: Limits) -> AsyncIterator[Outgoing]:
    outgoing = Outgoing(Targets(["loopback"]), limits)
    yield outgoing
    await outgoing.close()
