"""The first thing that every request and handshake meets: its id, who may knock, and what every answer carries."""

import ipaddress
import secrets
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

import structlog
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from causerie.errors import CauserieError
from causerie.http.problems import problem_response

log = structlog.get_logger(__name__)

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'{nonce}; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'"
)
_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
)
_DEFAULTS = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", _POLICY.format(nonce="").encode()),
)
_TRANSPORT_SECURITY = (b"strict-transport-security", b"max-age=31536000")
_ORIGIN_SCHEMES = {"http": b"http://", "ws": b"http://", "https": b"https://", "wss": b"https://"}


class HostNotAllowed(CauserieError):
    """The request names another host than this server's own names (a rebound DNS name, say)."""

    status, code, title = 400, "host_not_allowed", "This server has another name"


class ForeignOrigin(CauserieError):
    """A page of another site sent the request."""

    status, code, title = 403, "foreign_origin", "Pages of other sites may not do this"


class ServerFault(CauserieError):
    """A bug: the log has the details under the request's id."""


def content_security_policy(nonce: str) -> str:
    """Return the policy of a page whose style tags carry `nonce`."""
    return _POLICY.format(nonce=f" 'nonce-{nonce}'")


class Front:
    """Checks `Host` (S4) and the sender's origin (S14, S15) before routing, of requests and handshakes alike.

    A trailing slash makes no difference from here on. Every answer carries the security headers (S57) and its
    `X-Request-Id`; no failure leaves without a problem document.

    Args:
        names: host names beside the loopback ones that mean this server.
        origins: foreign origins whose pages may use the API.
        not_yet: tells why the API cannot be used now; its health can be, and so can everything beside it.
        count: is told the status of every answer, with the request's scope.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        names: Iterable[str] = (),
        origins: Iterable[str] = (),
        not_yet: Callable[[], CauserieError | None] = lambda: None,
        count: Callable[[Scope, int], None] = lambda _scope, _status: None,
    ) -> None:
        self.app = app
        self._not_yet = not_yet
        self._count = count
        self._names = {b"localhost", *(name.lower().encode() for name in names)}
        self._origins = {origin.lower().encode() for origin in origins}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        scope["request_id"] = secrets.token_hex(8)
        if scope["path"].endswith("/"):
            scope["path"] = scope["path"].rstrip("/") or "/"
        refusal = self._refusal(scope) or (self._not_yet() if _needs_the_database(scope["path"]) else None)
        if scope["type"] == "websocket":
            await (_deny(refusal, scope, receive, send) if refusal else self.app(scope, receive, send))
            return
        answer = _Answer(scope, send, self._count)
        if refusal:
            await problem_response(refusal.problem(scope["request_id"]))(scope, receive, answer.send)
            return
        try:
            await self.app(scope, receive, answer.send)
        except ClientDisconnect:
            return  # nobody is left to answer
        except Exception:  # the surface's last stop: a bug costs one request
            if answer.started:
                raise
            log.exception("request_failed", request_id=scope["request_id"], path=scope["path"])
            fault = ServerFault("The server has a fault; its log has the details under this request's id.")
            await problem_response(fault.problem(scope["request_id"]))(scope, receive, answer.send)

    def _refusal(self, scope: Scope) -> CauserieError | None:
        hosts, origins, site, mode = [], set(), None, None
        for name, value in scope["headers"]:
            if name == b"host":
                hosts.append(value.lower())
            elif name == b"origin":
                origins.add(value.lower())
            elif name == b"sec-fetch-site":
                site = value
            elif name == b"sec-fetch-mode":
                mode = value
        if len(hosts) != 1 or not self._is_own_name(hosts[0]):
            return HostNotAllowed("Use the address that the server printed at its start.")
        if origins:
            own = {_ORIGIN_SCHEMES[scope["scheme"]] + hosts[0], *self._origins}
            return None if origins <= own else ForeignOrigin("The request comes from a page of another site.")
        if site == b"cross-site" and not _follows_a_link(scope, mode):
            return ForeignOrigin("The request comes from a page of another site.")
        return None

    def _is_own_name(self, host: bytes) -> bool:
        name, colon, port = host.rpartition(b":")
        if not colon or not port.isdigit():
            name = host
        return name in self._names or name.endswith(b".localhost") or _is_loopback_address(name)


class _Answer:
    """Sends a response with the headers that all have; what a route set itself stays."""

    __slots__ = ("_count", "_scope", "_send", "started")

    def __init__(self, scope: Scope, send: Send, count: Callable[[Scope, int], None]) -> None:
        self._scope = scope
        self._send = send
        self._count = count
        self.started = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            self._count(self._scope, message["status"])
            headers = message["headers"]
            names = {name for name, _ in headers}
            message["headers"] = [
                *headers,
                *_HEADERS,
                *(default for default in _DEFAULTS if default[0] not in names),
                *((_TRANSPORT_SECURITY,) if self._scope["scheme"] == "https" else ()),
                (b"x-request-id", self._scope["request_id"].encode()),
            ]
        await self._send(message)


def origin_of(url: str) -> str:
    """Return the origin of a URL as browsers send it."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower()


def _needs_the_database(path: str) -> bool:
    return (path == "/ws" or path.startswith("/api/")) and path != "/api/health"


def _follows_a_link(scope: Scope, mode: bytes | None) -> bool:
    path = scope["path"]
    in_api = path == "/api" or path.startswith("/api/")
    return scope["type"] == "http" and scope["method"] == "GET" and mode == b"navigate" and not in_api


def _is_loopback_address(name: bytes) -> bool:
    if name == b"127.0.0.1":
        return True
    try:
        if name.startswith(b"[") and name.endswith(b"]"):
            return ipaddress.IPv6Address(name[1:-1].decode()).is_loopback
        return ipaddress.IPv4Address(name.decode()).is_loopback
    except ValueError:
        return False


async def _deny(refusal: CauserieError, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a handshake with HTTP where the server can, else by closing before it is accepted."""
    if "websocket.http.response" not in scope.get("extensions", {}):
        await send({"type": "websocket.close"})
        return
    await problem_response(refusal.problem(scope["request_id"]))(scope, receive, send)
