"""The connections to a PostgreSQL server: a few, kept open between units of work, handed out in turn."""

import asyncio
import socket
from collections import deque
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import asyncpg  # type: ignore[import-untyped]  # it has no types
from sqlalchemy import Connection
from sqlalchemy.engine.interfaces import IsolationLevel
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from causerie.db.errors import StorageUnavailable
from causerie.db.prepared import STATEMENTS
from causerie.errors import Busy

CONNECT_SECONDS = 5.0
WAIT_SECONDS = 5.0
COMMAND_SECONDS = 7.0
"""Longer than the server's own limit of a statement: this one is for a server that is gone without a word."""
ROLLBACK_SECONDS = 2.0
CLOSE_SECONDS = 1.0
KEEP_ALIVE = {"TCP_KEEPIDLE": 30, "TCP_KEEPINTVL": 10, "TCP_KEEPCNT": 3}
"""Seconds, seconds, probes; for the systems that have them."""
FAILURES = (DBAPIError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)
"""What the driver raises, plain or in SQLAlchemy's wrapping; a `TimeoutError` is an `OSError`.

Of a connection that the server has ended it says, until it reads the end, that another operation is in progress.
"""


def reason_of(error: BaseException) -> str:
    """Return what the driver or the server said, in one line and without what SQLAlchemy adds."""
    own = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    return " ".join(str(own).split()) or type(own).__name__


class _KeptAlive(asyncpg.Connection):  # type: ignore[misc]  # of an untyped package
    """A connection whose silent death the system notices, also while nobody uses it."""

    def __init__(self, protocol: Any, transport: asyncio.Transport, *more: Any) -> None:
        super().__init__(protocol, transport, *more)
        bound = transport.get_extra_info("socket")
        if bound is not None and bound.family != socket.AF_UNIX:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            for name, value in KEEP_ALIVE.items():
                if hasattr(socket, name):
                    bound.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


class Link:
    """One connection: the driver's, and SQLAlchemy's over it, which is told of no transaction: those are ours."""

    __slots__ = ("_opened", "connection", "driver", "used")

    def __init__(self, opened: AsyncConnection, connection: Connection, driver: Any) -> None:
        self._opened = opened
        self.connection = connection
        self.driver = driver
        self.used = False

    @property
    def usable(self) -> bool:
        """Whether the next transaction can begin."""
        return not self.driver.is_closed() and not self.driver.is_in_transaction()

    async def run(self, function: Any, *args: Any) -> Any:
        """Run a plain function that uses the connection."""
        return await self._opened.run_sync(lambda _: function(*args))

    async def roll_back(self) -> None:
        """End a transaction, or the connection with it if the server does not answer."""
        try:
            if not self.driver.is_closed():
                await self.driver.execute("ROLLBACK", timeout=ROLLBACK_SECONDS)
        except FAILURES:
            self.abort()

    def abort(self) -> None:
        """End the connection at once; whoever waits for an answer on it gets an error."""
        self.driver.terminate()

    async def close(self) -> None:
        await self._opened.close()


class Links:
    """At most `most` connections. Who comes first is served first, bulk work when nobody else waits."""

    def __init__(self, url: str, most: int) -> None:
        self._engine = postgres_engine(url)
        self._keeps_statements = _without_our_own(url)[1]
        self._free = most
        self._idle: list[Link] = []
        self._taken: set[Link] = set()
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._waiting_bulk: deque[asyncio.Future[None]] = deque()

    @property
    def open(self) -> int:
        return len(self._idle) + len(self._taken)

    async def take(self, *, bulk: bool) -> Link:
        """Return a connection that nobody else has.

        Raises:
            Busy: none came free for `WAIT_SECONDS`.
            StorageUnavailable: the server cannot be reached.
        """
        if self._free:
            self._free -= 1
        else:
            await self._wait(self._waiting_bulk if bulk else self._waiting)
        try:
            link = await self._idle_link() or await self._connect()
        except BaseException:
            self._pass_on()
            raise
        self._taken.add(link)
        return link

    async def give(self, link: Link) -> None:
        """Take a connection back; one that cannot be used again is closed."""
        self._taken.discard(link)
        try:
            if link.usable:
                link.used = True
                self._idle.append(link)
            else:
                link.abort()
                await link.close()
        finally:
            self._pass_on()

    def drop(self) -> None:
        """Abort every connection, idle or not."""
        for link in (*self._idle, *self._taken):
            link.abort()

    def drop_idle(self) -> None:
        """Abort the connections that nobody has: the other side went away, it seems, and they have not noticed yet."""
        for link in self._idle:
            link.abort()

    async def close(self) -> None:
        """Close what is idle; nobody may hold a connection any more. A server that does not answer is left behind."""
        links, self._idle = self._idle, []
        closing = [asyncio.create_task(link.close()) for link in links]
        if closing:
            await asyncio.wait(closing, timeout=CLOSE_SECONDS)
            for link in links:
                link.abort()
            await asyncio.gather(*closing, return_exceptions=True)
        await self._engine.dispose()

    async def _wait(self, queue: deque[asyncio.Future[None]]) -> None:
        turn = asyncio.get_running_loop().create_future()
        queue.append(turn)
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                await turn
        except TimeoutError as error:
            self._forgo(queue, turn)
            raise Busy("Nothing was stored. Try again in a moment.", retry_after=1) from error
        except asyncio.CancelledError:
            self._forgo(queue, turn)
            raise

    def _forgo(self, queue: deque[asyncio.Future[None]], turn: asyncio.Future[None]) -> None:
        if not turn.cancelled():
            self._pass_on()
        elif turn in queue:
            queue.remove(turn)

    def _pass_on(self) -> None:
        """Give the right to a connection to who waits for it."""
        for queue in (self._waiting, self._waiting_bulk):
            while queue:
                turn = queue.popleft()
                if not turn.cancelled():  # else its time is over, and it has not heard of that yet
                    turn.set_result(None)
                    return
        self._free += 1

    async def _idle_link(self) -> Link | None:
        while self._idle:
            link = self._idle.pop()
            if link.usable:
                return link
            await link.close()
        return None

    async def _connect(self) -> Link:
        try:
            opened = await self._engine.connect()
            driver = (await opened.get_raw_connection()).driver_connection
            connection = await opened.run_sync(lambda plain: plain)
        except FAILURES as error:
            raise StorageUnavailable("Nothing was stored. The database cannot be reached; try again.") from error
        if self._keeps_statements:
            connection.info[STATEMENTS] = {}
        return Link(opened, connection, driver)


def postgres_engine(
    url: str, *, isolation_level: IsolationLevel = "AUTOCOMMIT", command_seconds: float | None = COMMAND_SECONDS
) -> AsyncEngine:
    """Return an engine on the server at `url`, `postgresql://user:password@host:port/database?…`.

    The query may have what libpq knows of (`sslmode`, …), and `prepared_statements=off` behind a proxy that hands each
    transaction to another connection: nothing is kept on one then. With AUTOCOMMIT transactions are the caller's own:
    BEGIN and the actor are one round trip so.
    """
    address, keeps_statements = _without_our_own(url)

    async def connect() -> Any:
        return await asyncpg.connect(
            address,
            timeout=CONNECT_SECONDS,
            command_timeout=command_seconds,
            statement_cache_size=512 if keeps_statements else 0,
            max_cached_statement_lifetime=0,
            server_settings={"application_name": "causerie"},
            connection_class=_KeptAlive,
        )

    return create_async_engine(
        "postgresql+asyncpg://",
        poolclass=NullPool,
        pool_reset_on_return=None,
        isolation_level=isolation_level,
        connect_args={
            "async_creator_fn": connect,
            "prepared_statement_cache_size": 512 if keeps_statements else 0,
            "prepared_statement_name_func": None if keeps_statements else _unnamed,
        },
    )


def _without_our_own(url: str) -> tuple[str, bool]:
    """Return the driver's part of the address, and whether statements may stay prepared on the server."""
    parts = urlsplit(url)
    query = parse_qsl(parts.query, keep_blank_values=True)
    theirs = [(name, value) for name, value in query if name != "prepared_statements"]
    keeps = dict(query).get("prepared_statements", "on") != "off"
    return urlunsplit(parts._replace(scheme="postgresql", query=urlencode(theirs))), keeps


def _unnamed() -> str:
    return ""
