"""The one door for HTTP requests to elsewhere: guarded targets, explicit limits, nothing taken from the environment."""

import asyncio
import socket
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.connector import AddrInfoType
from yarl import URL

from causerie.providers.protocol import ModelNotAllowed, ProviderCut, ProviderSilent, ProviderUnreachable
from causerie.providers.targets import TargetNotAllowed, Targets

MAX_BODY_BYTES = 10 << 20  # of a body that is read whole
MAX_STREAM_BYTES = 64 << 20
MOST_SESSIONS = 256


@dataclass(frozen=True, slots=True)
class Limits:
    """How long each part of a request may take, in seconds."""

    connect: float = 10
    first_byte: float = 60
    between_bytes: float = 30
    total: float = 600


@dataclass(frozen=True, slots=True)
class Request:
    """A POST. With `socket_path` it goes to that Unix socket, whatever host the URL says."""

    url: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    socket_path: str | None = None


class Outgoing:
    """Sends requests. One session, and so one pool of connections, for each scheme, host and port."""

    def __init__(
        self, targets: Targets, limits: Limits | None = None, resolver: AbstractResolver | None = None
    ) -> None:
        self._targets = targets
        self._limits = limits or Limits()
        self._resolver = resolver
        self._sessions: dict[str, aiohttp.ClientSession] = {}  # by origin or socket, the longest unused first
        self._answers: set[Answer] = set()

    def check(self, url: str) -> None:
        """Refuse a URL that no request may go to, as far as its text shows; names are looked up only to connect.

        Raises:
            ModelNotAllowed: see `Targets.check`.
        """
        try:
            self._targets.check(url)
        except TargetNotAllowed as error:
            raise ModelNotAllowed(
                "Only public http or https addresses and the hosts that the operator lists can be used.",
                pointer="/base_url",
            ) from error

    @asynccontextmanager
    async def post(self, request: Request) -> "AsyncIterator[Answer]":
        """Send a request and give its answer, whatever its status. Redirects are not followed.

        Raises:
            ProviderUnreachable: blocked, refused, timed out or no HTTP: all alike (S44).
            ProviderSilent: no answer within the limit for the first byte.
        """
        started = asyncio.get_running_loop().time()
        try:
            origin, url = self._target(request)
            session = await self._session(origin, request, url)
            response = await session.post(url, data=request.body, headers=request.headers, allow_redirects=False)
        except aiohttp.ConnectionTimeoutError as error:
            raise ProviderUnreachable from error
        except TimeoutError as error:
            raise ProviderSilent from error
        except (aiohttp.ClientError, OSError) as error:
            raise ProviderUnreachable from error
        answer = Answer(origin, response, started + self._limits.first_byte, self._limits.between_bytes)
        self._answers.add(answer)
        try:
            yield answer
        finally:
            self._answers.discard(answer)
            response.release()  # closes the connection when something of the body is still to come

    async def drop_connections(self) -> None:
        """Abort every connection to another host, whose side may be gone: running answers end as cut.

        Connections over sockets of this machine stay: their other side was away for as long as this one.
        """
        await self._drop([origin for origin in self._sessions if not origin.startswith("/")])

    async def close(self) -> None:
        """Drop every connection: running answers end as cut, later requests connect anew."""
        await self._drop(list(self._sessions))

    async def _drop(self, origins: Collection[str]) -> None:
        for answer in self._answers:
            if answer.origin in origins:
                answer.abort()
        for session in [self._sessions.pop(origin) for origin in origins]:
            await session.close()

    def _target(self, request: Request) -> tuple[str, URL]:
        if request.socket_path:
            return request.socket_path, URL(request.url)
        url = self._targets.check(request.url)
        return str(url.origin()), url

    async def _session(self, origin: str, request: Request, url: URL) -> aiohttp.ClientSession:
        if origin not in self._sessions and len(self._sessions) >= MOST_SESSIONS:
            await self._drop_an_idle_session()
        session = self._sessions.pop(origin, None)
        if session is None:
            session = aiohttp.ClientSession(
                connector=self._connector(request, url),
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(
                    total=self._limits.total,
                    connect=self._limits.connect,
                    sock_connect=self._limits.connect,
                    sock_read=self._limits.first_byte,
                ),
                trust_env=False,
                headers={"Accept-Encoding": "identity", "User-Agent": "Causerie"},
            )
        self._sessions[origin] = session
        return session

    async def _drop_an_idle_session(self) -> None:
        busy = {answer.origin for answer in self._answers}
        idle = next((origin for origin in self._sessions if origin not in busy), None)
        if idle is not None:
            await self._sessions.pop(idle).close()

    def _connector(self, request: Request, url: URL) -> aiohttp.BaseConnector:
        if request.socket_path:
            # llama.cpp closes a connection right after a stream and tells only whoever uses it next.
            return aiohttp.UnixConnector(request.socket_path, force_close=True, limit=0)
        guard = _Guard(self._targets, str(url.raw_host), int(url.port or 0), self._resolver)
        return aiohttp.TCPConnector(resolver=guard, socket_factory=guard.socket, limit=0)


class Answer:
    """An HTTP answer whose body comes as it comes."""

    def __init__(
        self, origin: str, response: aiohttp.ClientResponse, first_byte_at: float, between_bytes: float
    ) -> None:
        self.origin = origin
        self._response = response
        self._content = response.content
        self._first_byte_at: float | None = first_byte_at
        self._between_bytes = between_bytes
        self._bytes = 0

    @property
    def status(self) -> int:
        return self._response.status

    @property
    def headers(self) -> Mapping[str, str]:
        return self._response.headers

    @property
    def media_type(self) -> str:
        """The declared type, in lower case and without parameters; empty when there is none."""
        return self._response.headers.get("Content-Type", "").partition(";")[0].strip().lower()

    async def read_some(self, within_seconds: float | None = None) -> bytes:
        """Return all bytes that are there, after waiting for the first one; nothing at the body's end.

        Raises:
            ProviderSilent: none came within the limit, or within `within_seconds`.
            ProviderCut: the connection broke, or the body passed `MAX_STREAM_BYTES`.
        """
        try:
            if within_seconds is not None:
                async with asyncio.timeout(within_seconds):
                    chunk = await self._content.readany()
            elif self._first_byte_at is not None:
                async with asyncio.timeout_at(self._first_byte_at):
                    chunk = await self._content.readany()
                self._first_byte_at = None
                self._limit_next_bytes()
            else:  # the limit between bytes is the connection's own: a timer here would cost as much as the read
                chunk = await self._content.readany()
        except (aiohttp.ClientError, TimeoutError) as error:
            chunk = self._what_is_left()
            if not chunk:
                raise (ProviderSilent if isinstance(error, TimeoutError) else ProviderCut) from error
        self._bytes += len(chunk)
        if self._bytes > MAX_STREAM_BYTES:
            raise ProviderCut
        return chunk

    async def read_all(self) -> bytes:
        """Return the whole body.

        Raises:
            ProviderSilent: see `read_some`.
            ProviderCut: see there, and when the body passes `MAX_BODY_BYTES`.
        """
        body = bytearray()
        while chunk := await self.read_some():
            body += chunk
            if len(body) > MAX_BODY_BYTES:
                raise ProviderCut
        return bytes(body)

    async def read_end(self, within_seconds: float) -> None:
        """Wait a moment for the body's end, so that the connection can be used again."""
        try:
            async with asyncio.timeout(within_seconds):
                while await self._content.readany():
                    pass
        except (aiohttp.ClientError, TimeoutError):
            return  # the connection is not used again, that is all

    def abort(self) -> None:
        self._content.set_exception(aiohttp.ClientConnectionError("aborted"))
        self._response.close()

    def _limit_next_bytes(self) -> None:
        connection = self._response.connection  # None once the whole body is here
        if connection is not None and connection.protocol is not None:
            connection.protocol.read_timeout = self._between_bytes
            connection.protocol.start_timeout()

    def _what_is_left(self) -> bytes:
        # aiohttp's own ways give nothing out once the connection has failed, not even what came before.
        buffer = self._content._buffer  # noqa: SLF001 - the only way, and a test holds it
        left = b"".join(buffer)
        buffer.clear()
        return left


class _Guard(AbstractResolver):
    """Checks every address that a name stands for, and once more the one that is connected to."""

    def __init__(self, targets: Targets, host: str, port: int, resolver: AbstractResolver | None) -> None:
        self._targets = targets
        self._host = host
        self._port = port
        self._resolver = resolver or aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        for result in found:
            self._targets.check_address(self._host, self._port, ip_address(result["host"]))
        return found

    def socket(self, address_info: AddrInfoType) -> socket.socket:
        family, kind, protocol, _, address = address_info
        self._targets.check_address(self._host, self._port, ip_address(address[0]))
        return socket.socket(family, kind, protocol)

    async def close(self) -> None:
        await self._resolver.close()
