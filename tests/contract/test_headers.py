"""The headers of every answer, refusals included."""

from collections.abc import Iterator

import httpx
import pytest

from tests.contract import behaviours, openapi
from tests.contract.making import NOBODY, Api
from tests.contract.serving import Server
from tests.contract.streams import frames

ALWAYS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


@pytest.fixture
def http(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url) as http:
        yield http


def check(response: httpx.Response) -> None:
    """Check what S57 asks of every answer of the API."""
    for name, value in ALWAYS.items():
        assert response.headers.get(name) == value, f"{response.request.method} {response.request.url}: {name}"
    assert response.headers["permissions-policy"]
    assert "no-store" in response.headers["cache-control"]
    assert "access-control-allow-origin" not in response.headers
    assert "strict-transport-security" not in response.headers
    assert "set-cookie" not in response.headers
    assert not response.headers.get("server", "").startswith(("uvicorn", "Python"))


@pytest.mark.req("S57")
def test_every_route_of_the_api(api: Api, http: httpx.Client) -> None:
    for operation in openapi.operations(openapi.document(api)):
        if operation.path.startswith("/api/"):
            check(http.request(operation.method, operation.address()))


@pytest.mark.req("S57")
@pytest.mark.parametrize(
    ("status", "line", "content", "headers"),
    [
        (404, "GET nothing", b"", {}),
        (404, f"GET sessions/{NOBODY}", b"", {}),
        (405, "PATCH sessions", b"{}", {}),
        (400, "POST sessions", b"{", {}),
        (422, "POST sessions", b'{"nonsense": 1}', {}),
        (415, "POST sessions", b"{}", {"Content-Type": "text/plain"}),
        (413, "POST sessions", b'{"title": "%s"}' % (b"x" * (1 << 20)), {}),
        (403, "GET sessions", b"", {"Origin": "http://evil.example"}),
    ],
    ids=["404", "404 row", "405", "400", "422", "415", "413", "403"],
)
def test_every_refusal(http: httpx.Client, status: int, line: str, content: bytes, headers: dict[str, str]) -> None:
    method, path = line.split()
    headers = {"Content-Type": "application/json"} | headers

    response = http.request(method, f"/api/{path}", content=content, headers=headers)

    assert response.status_code == status
    check(response)


@pytest.mark.req("S57")
def test_a_foreign_host_gets_the_headers_too(http: httpx.Client) -> None:
    check(http.get("/api/sessions", headers={"Host": "evil.example"}))


@pytest.mark.req("S56")
def test_a_page_runs_nothing_but_the_servers_own_files(http: httpx.Client) -> None:
    policy = http.get("/api/docs").headers["content-security-policy"]

    directives = dict(directive.strip().split(" ", 1) for directive in policy.split(";"))
    assert directives["default-src"] == "'none'"
    assert directives["script-src"] == "'self'"
    assert directives["frame-ancestors"] == "'none'"
    assert directives["base-uri"] == "'none'"
    assert directives["require-trusted-types-for"] == "'script'"
    assert not [word for word in ("unsafe-inline", "unsafe-eval", "http:", "https:", "*") if word in policy]


@pytest.mark.req("S57")
def test_a_stream_has_them_too(api: Api) -> None:
    body = {"chat_session_id": api.session(behaviours.QUICK)["id"], "message": "Who are you?", "stream": True}

    with api.http.stream("POST", "/chat/send_message", json=body) as response:
        check(response)
        assert frames(response)[-1]["type"] == "chat:stream:end"


def test_health_is_told_without_a_cache(http: httpx.Client) -> None:
    for path in ("/livez", "/readyz"):
        response = http.get(path)
        assert response.status_code == 200
        assert response.headers["x-content-type-options"] == "nosniff"
    assert http.get("/api/health").status_code == 200
