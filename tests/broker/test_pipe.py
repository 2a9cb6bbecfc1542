"""A pipe to several nodes, some of which fail while others are still busy."""

import asyncio
from collections.abc import Iterable
from typing import cast

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from causerie.broker.redis.connections import Answer, Command, Connections, Node
from causerie.broker.redis.pipe import Once, Pipe

pytestmark = pytest.mark.anyio

SLOW, BROKEN = Node("slow", 1), Node("broken", 2)


class Ways:
    """Connections to a node that breaks at once and to one that never answers, as `Connections` makes them."""

    def __init__(self) -> None:
        self.open: list[Node] = []
        self.at_once = 0
        self.failed = asyncio.Event()

    async def node_of(self, key: bytes) -> Node:
        return SLOW if key == b"slow" else BROKEN

    async def line_to(self, node: Node) -> "Way":
        self.open.append(node)
        return Way(self, node)

    async def hang_up(self, way: "Way") -> None:
        self.open.remove(way.node)

    def forget_nodes(self) -> None:
        self.failed.set()


class Way:
    def __init__(self, ways: Ways, node: Node) -> None:
        self.node = node
        self._ways = ways

    async def send(self, commands: Iterable[Command]) -> None:
        del commands

    async def receive(self) -> Answer:
        if self.node is BROKEN:
            raise RedisConnectionError("It broke.")
        self._ways.at_once += 1
        try:
            return await asyncio.get_running_loop().create_future()
        finally:
            self._ways.at_once -= 1


async def test_when_a_node_fails_nothing_goes_on_with_the_others() -> None:
    ways = Ways()
    pipe = Pipe(cast("Connections", ways), patient=True)
    sending = asyncio.create_task(pipe.run())
    for key in (b"slow", b"broken"):
        pipe.put(Once(key, ("PUBLISH", key, b"")))
    await asyncio.wait_for(ways.failed.wait(), 5)

    assert (ways.open, ways.at_once) == ([], 0)
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
