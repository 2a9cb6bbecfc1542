"""Connections between clients and nodes: each way in order, slow, and broken by either end or in between."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager
from random import Random
from typing import Any, Protocol

from websockets.exceptions import ConnectionClosed
from websockets.frames import Close

from tests.faults.simulated.clockwork import Process

Message = MutableMapping[str, Any]

MOST_UNREAD = 64
"""Frames that the way to the client holds; then the node's `send` waits."""


class Application(Protocol):
    """An ASGI application."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve a connection."""


class Wire:
    """One connection. The client's end has what `websockets` gives a client, the node's end is ASGI."""

    def __init__(self, chance: Random, client: Process, node: Process) -> None:
        self.client = client
        self.node = node
        self.open = True
        self.silent = False
        self._chance = chance
        self._closed: Close | None = None
        self._gone = False
        self._to_client: deque[str] = deque()
        self._to_node: deque[Message] = deque([{"type": "websocket.connect"}])
        self._under_way = 0
        self._news = {client: asyncio.Event(), node: asyncio.Event()}
        self._room = asyncio.Event()
        self._until = {client: 0.0, node: 0.0}

    # The client's end.

    async def send(self, text: str) -> None:
        """Send a frame to the node.

        Raises:
            ConnectionClosed: the connection is known to be lost.
        """
        if not self.open:
            raise ConnectionClosed(self._closed, None)
        self._carry(self.node, self._arrive_at_node, {"type": "websocket.receive", "text": text})

    async def recv(self) -> str:
        """Wait for the next frame. Cancelling it loses nothing.

        Raises:
            ConnectionClosed: the connection is lost.
        """
        while not self._to_client:
            if not self.open:
                raise ConnectionClosed(self._closed, None)
            self._news[self.client].clear()
            await self._news[self.client].wait()
        self._under_way -= 1
        self._room.set()
        return self._to_client.popleft()

    async def close(self) -> None:
        """Close from the client's side."""
        self._lose_client(None)
        self._carry(self.node, self._lose_node)

    # The node's end.

    async def receive(self) -> Message:
        """Wait for what the client sends, or for its end."""
        while not self._to_node:
            self._news[self.node].clear()
            await self._news[self.node].wait()
        return self._to_node.popleft()

    async def accept(self, message: Message) -> None:
        """Send to the client, when there is room."""
        if message["type"] == "websocket.close":
            self._gone = True
            self._carry(self.client, self._lose_client, Close(message["code"], ""))
        elif message["type"] == "websocket.send":
            while self._under_way >= MOST_UNREAD and not self._gone:
                self._room.clear()
                await self._room.wait()
            if self._gone:
                raise OSError("the client is gone")
            self._under_way += 1
            self._carry(self.client, self._arrive_at_client, message["text"])

    # In between.

    def cut(self) -> None:
        """Break the connection; each end hears of it in its own time."""
        self._carry(self.client, self._lose_client, None)
        self._carry(self.node, self._lose_node)

    def fall_silent(self) -> None:
        """Let nothing pass any more, and tell nobody."""
        self.silent = True

    def _carry(self, to: Process, callback: Any, *args: Any) -> None:
        if self.silent:
            return
        now = asyncio.get_running_loop().time()
        way = self._chance.uniform(0.0005, 0.01) if self._chance.random() < 0.95 else self._chance.uniform(0.05, 0.8)
        self._until[to] = max(now + way, self._until[to] + 1e-6)
        to.later(self._until[to] - now, callback, *args)

    def _arrive_at_client(self, text: str) -> None:
        if self.open:
            self._to_client.append(text)
            self._news[self.client].set()

    def _arrive_at_node(self, message: Message) -> None:
        self._to_node.append(message)
        self._news[self.node].set()

    def _lose_client(self, close: Close | None) -> None:
        if self.open:
            self.open = False
            self._closed = close
            self._news[self.client].set()

    def _lose_node(self) -> None:
        if not self._gone:
            self._gone = True
            self._arrive_at_node({"type": "websocket.disconnect", "code": 1006})
            self._room.set()


@asynccontextmanager
async def connected(
    chance: Random, client: Process, node: Process, scope: Any, serve: Application
) -> AsyncIterator[Wire]:
    """Open a connection from a client's process to a node's."""
    await asyncio.sleep(chance.uniform(0.001, 0.05))
    if not node.alive:
        raise ConnectionRefusedError
    wire = Wire(chance, client, node)
    node.spawn(serve(scope, wire.receive, wire.accept), name="socket")
    try:
        yield wire
    finally:
        await wire.close()
