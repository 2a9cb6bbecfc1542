"""Who may knock (S4, S14, S15), and what every answer carries (S57)."""

from collections.abc import Iterable

import pytest
from starlette.types import Message, Receive, Scope, Send

from causerie.http.front import Front

OWN = (b"host", b"127.0.0.1:8000")


class Inside:
    """An application that answers 204, keeps what reached it, or fails."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.paths: list[str] = []
        self.failure = failure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del receive
        self.paths.append(scope["path"])
        if self.failure:
            raise self.failure
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body", "body": b""})
        else:
            await send({"type": "websocket.accept"})


async def knock(
    front: Front,
    *headers: tuple[bytes, bytes],
    path: str = "/api/sessions",
    method: str = "GET",
    kind: str = "http",
    scheme: str = "http",
    extensions: Iterable[str] = (),
) -> list[Message]:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": kind,
        "scheme": scheme,
        "method": method,
        "path": path,
        "headers": list(headers),
        "extensions": {name: {} for name in extensions},
    }
    await front(scope, receive, send)
    return sent


@pytest.mark.req("S4")
@pytest.mark.parametrize(
    "host", [b"localhost", b"LOCALHOST:1", b"127.0.0.1", b"127.8.8.8:80", b"[::1]:9", b"a.localhost"]
)
async def test_the_names_of_this_machine_open(host: bytes) -> None:
    (start, _) = await knock(Front(Inside()), (b"host", host))

    assert start["status"] == 204


@pytest.mark.req("S4")
@pytest.mark.parametrize(
    "hosts",
    [
        [],
        [b""],
        [b"evil.example"],
        [b"127.0.0.1.evil.example"],
        [b"localhost.evil.example:8000"],
        [b"10.0.0.1"],
        [b"[::2]"],
        [b"0.0.0.0"],
        [b"localhost", b"evil.example"],
        [b"localhost:80@evil.example"],
        [b"[::1]]"],
        [b"[[::1]"],
        [b"[127.0.0.1]"],
    ],
)
async def test_any_other_name_is_refused_before_the_application(hosts: list[bytes]) -> None:
    inside = Inside()

    (start, body) = await knock(Front(inside), *((b"host", host) for host in hosts))

    assert start["status"] == 400
    assert b"host_not_allowed" in body["body"]
    assert not inside.paths


async def test_the_public_name_opens_and_its_origin_is_our_own() -> None:
    front = Front(Inside(), names=["chat.example"], origins=["https://chat.example"])

    (start, _) = await knock(front, (b"host", b"chat.example"), (b"origin", b"https://chat.example"), method="POST")

    assert start["status"] == 204


@pytest.mark.req("S14")
@pytest.mark.parametrize(
    "origin",
    [b"http://evil.example", b"null", b"", b"http://127.0.0.1", b"https://127.0.0.1:8000", b"http://localhost:8000"],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_foreign_origin_is_refused(origin: bytes, method: str) -> None:
    (start, body) = await knock(Front(Inside()), OWN, (b"origin", origin), method=method)

    assert start["status"] == 403
    assert b"foreign_origin" in body["body"]


@pytest.mark.req("S14")
@pytest.mark.parametrize("foreign_first", [True, False])
async def test_one_foreign_origin_of_two_is_enough(foreign_first: bool) -> None:
    origins = [(b"origin", b"http://evil.example"), (b"origin", b"http://127.0.0.1:8000")]

    (start, _) = await knock(Front(Inside()), OWN, *(origins if foreign_first else reversed(origins)), method="POST")

    assert start["status"] == 403


@pytest.mark.req("S14")
@pytest.mark.parametrize(
    ("method", "path", "mode", "status"),
    [
        ("GET", "/", b"navigate", 204),
        ("GET", "/c/0192", b"navigate", 204),
        ("GET", "/apiary", b"navigate", 204),
        ("GET", "/", b"no-cors", 403),
        ("GET", "/api/sessions", b"navigate", 403),
        ("GET", "/api/", b"navigate", 403),
        ("POST", "/", b"navigate", 403),
    ],
)
async def test_only_a_link_leads_here_from_elsewhere(method: str, path: str, mode: bytes, status: int) -> None:
    headers = [(b"sec-fetch-site", b"cross-site"), (b"sec-fetch-mode", mode)]

    (start, _) = await knock(Front(Inside()), OWN, *headers, method=method, path=path)

    assert start["status"] == status


@pytest.mark.req("S15")
@pytest.mark.parametrize("origin", [b"http://evil.example", b"null", b"http://127.0.0.1:1"])
async def test_a_socket_of_another_page_is_refused_before_it_opens(origin: bytes) -> None:
    inside = Inside()
    options = {"kind": "websocket", "scheme": "ws", "path": "/ws"}

    (start, _) = await knock(Front(inside), OWN, (b"origin", origin), extensions=["websocket.http.response"], **options)
    closed = await knock(Front(inside), OWN, (b"origin", origin), **options)

    assert (start["type"], start["status"]) == ("websocket.http.response.start", 403)
    assert closed == [{"type": "websocket.close"}]
    assert not inside.paths


@pytest.mark.req("S15")
@pytest.mark.parametrize("headers", [[], [(b"origin", b"http://127.0.0.1:8000")]])
async def test_a_socket_of_our_page_or_of_a_program_opens(headers: list[tuple[bytes, bytes]]) -> None:
    assert await knock(Front(Inside()), OWN, *headers, kind="websocket", scheme="ws") == [{"type": "websocket.accept"}]


async def test_a_trailing_slash_makes_no_difference() -> None:
    inside = Inside()

    for path in ("/api/sessions/", "/api/sessions", "/", "//"):
        await knock(Front(inside), OWN, path=path)

    assert inside.paths == ["/api/sessions", "/api/sessions", "/", "/"]


@pytest.mark.req("S57")
async def test_every_answer_carries_the_headers() -> None:
    (start, _) = await knock(Front(Inside()), OWN, scheme="https")
    (refused, _) = await knock(Front(Inside()), (b"host", b"evil.example"))

    headers = dict(start["headers"])
    assert headers[b"x-content-type-options"] == b"nosniff"
    assert headers[b"referrer-policy"] == b"no-referrer"
    assert headers[b"cache-control"] == b"no-store"
    assert headers[b"cross-origin-opener-policy"] == headers[b"cross-origin-resource-policy"] == b"same-origin"
    assert b"strict-transport-security" in headers
    assert headers.keys() - {b"strict-transport-security"} <= dict(refused["headers"]).keys()


@pytest.mark.req("S73")
async def test_a_fault_is_told_without_its_insides() -> None:
    (start, body) = await knock(Front(Inside(RuntimeError("SELECT secret FROM somewhere"))), OWN)

    assert start["status"] == 500
    assert b"SELECT" not in body["body"]
    assert dict(start["headers"])[b"x-request-id"] in body["body"]


async def test_requests_have_ids_of_their_own() -> None:
    front = Front(Inside())

    ids = {dict((await knock(front, OWN))[0]["headers"])[b"x-request-id"] for _ in range(50)}

    assert len(ids) == 50
