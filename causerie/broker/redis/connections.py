"""The way to Redis: connections that can be given up at once, to one server or to the nodes of a cluster."""

import asyncio
import random
import socket
from binascii import crc_hqx
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple, cast

from hiredis import pack_command
from redis.asyncio.connection import Connection, parse_url
from redis.exceptions import (
    AskError,
    ClusterDownError,
    MasterDownError,
    MovedError,
    ReadOnlyError,
    RedisError,
    ResponseError,
    TryAgainError,
)
from redis.exceptions import ConnectionError as RedisConnectionError

ANSWER_SECONDS = 4.0
"""The longest wait for a connection or for an answer."""
SHORTEST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 2.0
SLOTS = 16_384
ELSEWHERE = (MovedError, AskError, ClusterDownError, TryAgainError, MasterDownError, ReadOnlyError)
"""Answers of a server that is no longer, or not yet, the one to ask."""
KEEP_ALIVE = {
    getattr(socket, name): value
    for name, value in {"TCP_KEEPIDLE": 15, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3}.items()
    if hasattr(socket, name)
}

FAILURES = (RedisError, OSError, TimeoutError)
"""What a way to Redis fails with."""

Command = tuple[bytes | str | int, ...]
Answer = Any
"""What Redis says to a command; a refusal is a `ResponseError`."""

# As the protocol has it; the stub means a tuple of one. redis-py's own way takes several times as long, and was half of
# what publishing a piece of text cost.
_packed = cast("Callable[[Command], bytes]", pack_command)


class Moved(RedisConnectionError):
    """What was asked for is on another node now."""


class Node(NamedTuple):
    """Where a server listens."""

    host: str
    port: int


class Line:
    """One connection, whose user is alone on it. After a failure it is of no more use."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def send(self, commands: Iterable[Command]) -> None:
        """Write commands; each gets one answer."""
        if not self._connection.is_connected:  # redis-py would connect again, behind whoever counts the answers
            raise RedisConnectionError("The connection is closed.")
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await self._connection.send_packed_command(b"".join(map(_packed, commands)), check_health=False)
        except RuntimeError as error:  # what uvloop says of a transport that it has closed
            raise RedisConnectionError("The connection is closed.") from error

    async def receive(self) -> Answer:
        """Wait for the next answer, without a limit.

        Raises:
            RedisError, OSError: nothing more comes from here, or the server is not (any more) the one to ask.
        """
        try:
            return await self._connection.read_response(disconnect_on_error=False)
        except ResponseError as error:
            if isinstance(error, ELSEWHERE):
                raise Moved(str(error)) from error
            return error

    async def ask(self, *commands: Command, seconds: float = ANSWER_SECONDS) -> list[Answer]:
        """Send commands, and wait for all their answers.

        Raises:
            RedisError, OSError: the connection is lost.
            TimeoutError: not all answers came in time.
        """
        async with asyncio.timeout(seconds):
            await self.send(commands)
            return [await self.receive() for _ in commands]

    def abort(self) -> None:
        """Give the connection up at once, whatever is on its way; who waits for it fails."""
        # No way of redis-py leads to this: its `disconnect` waits until a peer that is gone has taken what is buffered.
        writer = self._connection._writer  # noqa: SLF001
        if writer is not None:
            writer.transport.abort()

    async def close(self) -> None:
        """Close the connection without waiting for the other side."""
        self.abort()
        await self._connection.disconnect(nowait=True)


class Connections:
    """Makes connections, knows which node has what, and can give up all connections at once.

    Args:
        url: `redis://` or `rediss://`, of a server or of any node of a cluster.

    Raises:
        ValueError: `url` cannot be read.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        settings: dict[str, Any] = dict(parse_url(url))
        self._connection_class: type[Connection] = settings.pop("connection_class", Connection)
        self._home = Node(settings.pop("host", "localhost"), settings.pop("port", 6379))
        self._settings = {
            **settings,
            "protocol": 2,
            "socket_timeout": None,  # each wait has its limit here
            "socket_connect_timeout": ANSWER_SECONDS,
            "socket_keepalive": True,
            "socket_keepalive_options": KEEP_ALIVE,
        }
        self._lines: set[Line] = set()
        self._nodes: list[Node] | None = None  # by slot; one for a server that is no cluster
        self._known = [self._home]
        self._learning = asyncio.Lock()

    async def node_of(self, key: bytes) -> Node:
        """Return the node that has a key or, for a channel, one that does for it.

        Raises:
            RedisError, OSError, TimeoutError: it is not known, and no node can be asked.
        """
        nodes = await self._by_slot()
        return nodes[0] if len(nodes) == 1 else nodes[slot_of(key)]

    async def some_node(self) -> Node:
        """Return any node, by chance; raises as `node_of` does."""
        return random.choice(await self._by_slot())

    async def line_to(self, node: Node) -> Line:
        """Make a connection.

        Raises:
            RedisError, OSError, TimeoutError: the node is out of reach, or refuses.
        """
        connection = self._connection_class(host=node.host, port=node.port, **self._settings)
        line = Line(connection)
        self._lines.add(line)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await connection.connect()  # type: ignore[no-untyped-call]  # redis-py leaves it untyped
        except BaseException:
            await self.hang_up(line)
            raise
        return line

    async def hang_up(self, line: Line) -> None:
        """Close a connection that is of no more use; it does not wait."""
        self._lines.discard(line)
        await line.close()

    def forget_nodes(self) -> None:
        """Ask the cluster afresh who has what."""
        if self._nodes is not None and len(self._nodes) > 1:
            self._nodes = None

    def drop(self) -> None:
        """Give up all connections at once."""
        for line in self._lines:
            line.abort()

    async def _by_slot(self) -> list[Node]:
        if self._nodes is None:
            async with self._learning:
                if self._nodes is None:
                    self._nodes = await self._learn()
        return self._nodes

    async def _learn(self) -> list[Node]:
        """Ask for the nodes of all slots: one that is known, by chance, because any may be gone."""
        asked = random.choice(self._known)
        line = await self.line_to(asked)
        try:
            [answer] = await line.ask(("CLUSTER", "SLOTS"))
        finally:
            await self.hang_up(line)
        if isinstance(answer, ResponseError):  # no cluster, or none that we may know of
            return [asked]
        nodes = [asked] * SLOTS
        for first, last, (host, port, *_), *_ in answer:
            node = Node(host.decode() or asked.host, port)
            nodes[first : last + 1] = [node] * (last + 1 - first)
        self._known = [self._home, *set(nodes)]
        return nodes


class Pauses:
    """The pauses between tries: each about twice as long as the one before, and by chance, so that nodes part."""

    def __init__(self) -> None:
        self._next = SHORTEST_PAUSE_SECONDS

    def reset(self) -> None:
        """Begin with the shortest again."""
        self._next = SHORTEST_PAUSE_SECONDS

    async def pause(self) -> None:
        """Wait."""
        seconds, self._next = self._next, min(2 * self._next, LONGEST_PAUSE_SECONDS)
        await asyncio.sleep(seconds * random.uniform(0.5, 1))


def reason_of(error: Exception) -> str:
    """Return what a failure was, for the log."""
    return f"{type(error).__name__}: {error}"


def slot_of(key: bytes) -> int:
    """Return the slot of a key: that of what its first pair of braces holds, if that is not empty."""
    rest = key.partition(b"{")[2]
    tag, closing, _ = rest.partition(b"}")
    return crc_hqx(tag if closing and tag else key, 0) % SLOTS
