"""A TCP proxy between two parts of an installation, which can make their network fail."""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Self, cast

HIGH_WATER_BYTES = 1 << 20


class Proxy:
    """Passes connections on to the first of `targets`, ports of the loopback, that takes them; harms them when told.

    While it is a black hole it takes connections and swallows what they send, both ways. A connection that was open
    then never recovers, as after a lost NAT entry: neither end learns of it but by its own time-outs.
    """

    def __init__(self, *targets: int) -> None:
        self.targets: Sequence[int] = targets
        self.port = 0
        self.delay_seconds = 0.0
        self.is_black_hole = False
        self._sides: set[_Side] = set()
        self._connecting: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Near(self), "127.0.0.1", self.port, backlog=1_024)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()
        for task in self._connecting:
            task.cancel()
        await asyncio.gather(*self._connecting, return_exceptions=True)
        self.reset()

    @property
    def connections(self) -> int:
        """How many connections are open at the near end."""
        return sum(isinstance(side, _Near) for side in self._sides)

    def black_hole(self) -> None:
        """Swallow everything from now on."""
        self.is_black_hole = True
        for side in self._sides:
            side.is_dead = True

    def heal(self) -> None:
        """Pass new connections on at once; those that a black hole had stay dead."""
        self.is_black_hole = False
        self.delay_seconds = 0.0

    def reset(self) -> int:
        """Cut every connection at both ends, as a crashed router does; return how many there were."""
        count = self.connections
        for side in list(self._sides):
            side.abort()
        return count

    def bury(self) -> None:
        """Cut the ends whose other end is gone for good: what the keep-alive of a host does after some minutes."""
        for side in list(self._sides):
            if side.is_widowed:
                side.abort()

    def take(self, near: "_Near") -> None:
        """Find the other end for a new connection."""
        self._sides.add(near)
        if self.is_black_hole:
            near.is_dead = True
            return
        task = asyncio.create_task(self._connect(near))
        self._connecting.add(task)
        task.add_done_callback(self._connecting.discard)

    def drop(self, side: "_Side") -> None:
        """Forget an end that is closed."""
        self._sides.discard(side)

    async def _connect(self, near: "_Near") -> None:
        loop = asyncio.get_running_loop()
        for target in self.targets:
            try:
                _, far = await loop.create_connection(lambda: _Side(self), "127.0.0.1", target)
            except OSError:
                continue
            self._sides.add(far)
            far.is_dead = near.is_dead
            near.meet(far)
            far.meet(near)
            return
        near.abort()


class _Side(asyncio.Protocol):
    """One end of a connection."""

    def __init__(self, proxy: Proxy) -> None:
        self._proxy = proxy
        self._loop = asyncio.get_running_loop()
        self._other: _Side | None = None
        self._early = bytearray()
        self._late: deque[tuple[float, bytes]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._ends = False
        self.is_dead = False

    @property
    def is_widowed(self) -> bool:
        """Whether the connection is dead and its other end has been given up."""
        return self.is_dead and self._other is not None and self._other.transport.is_closing()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop has transports of its own
        self.transport.set_write_buffer_limits(HIGH_WATER_BYTES)

    def meet(self, other: "_Side") -> None:
        """Know the other end, which gets what came before it was found."""
        self._other = other
        if self.transport.is_closing():
            other.abort()
        elif self._early:
            data, self._early = bytes(self._early), bytearray()
            self.data_received(data)

    def data_received(self, data: bytes) -> None:
        if self.is_dead:
            return
        if self._other is None:
            self._early += data
        elif self._proxy.delay_seconds or self._late:
            self._late.append((self._loop.time() + self._proxy.delay_seconds, data))
            self._wait()
        else:
            self._other.write(data)

    def write(self, data: bytes) -> None:
        """Send something out at this end, unless it is closing already."""
        if not self.transport.is_closing():
            self.transport.write(data)

    def connection_lost(self, error: Exception | None) -> None:
        self._proxy.drop(self)
        if self.is_dead or self._other is None or self._other.transport.is_closing():
            return
        if error is not None:
            self._other.abort()
        elif self._late:
            self._ends = True
        else:
            self._other.transport.close()

    def pause_writing(self) -> None:
        if self._other is not None and not self._other.transport.is_closing():
            self._other.transport.pause_reading()

    def resume_writing(self) -> None:
        if self._other is not None and not self._other.transport.is_closing():
            self._other.transport.resume_reading()

    def abort(self) -> None:
        """Cut this end."""
        self._late.clear()
        self.transport.abort()

    def _wait(self) -> None:
        if self._timer is None:
            self._timer = self._loop.call_at(self._late[0][0], self._pass_on)

    def _pass_on(self) -> None:
        self._timer = None
        if self._other is None or self.is_dead:
            self._late.clear()
            return
        while self._late and self._late[0][0] <= self._loop.time():
            self._other.write(self._late.popleft()[1])
        if self._late:
            self._wait()
        elif self._ends:
            self._other.transport.close()


class _Near(_Side):
    """The end that connected to the proxy."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._proxy.take(self)
