"""Who may talk to a server without a login: programs of this machine and its own page, and no other page."""

from collections.abc import Iterator
from socket import create_connection

import httpx
import pytest
from websockets.exceptions import InvalidStatus

from tests.contract import openapi
from tests.contract.making import Api, mint
from tests.contract.problems import refusal
from tests.contract.serving import Server
from tests.contract.sockets import connected

PLACES = ["/", "/api/sessions", "/api/openapi.json", "/livez", "/readyz", "/api/health", "/assets/x.js", "/nothing"]
EVIL_HOSTS = [
    "evil.example",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "10.0.0.1",
    "[::2]",
]
EVIL_ORIGINS = [
    "http://evil.example",
    "null",
    "http://127.0.0.1:1",
    "https://127.0.0.1",
    "http://127.0.0.1.evil.example",
    "file://",
    "http://localhost.evil.example",
]


@pytest.fixture
def http(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url) as http:
        yield http


@pytest.mark.req("S4")
@pytest.mark.parametrize("host", EVIL_HOSTS)
@pytest.mark.parametrize("path", PLACES)
def test_a_foreign_host_is_refused_before_routing(http: httpx.Client, path: str, host: str) -> None:
    assert http.get(path, headers={"Host": host}).status_code in {400, 421}


@pytest.mark.req("S4")
@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "[::1]", "LOCALHOST"])
def test_the_names_of_this_machine_are_accepted(http: httpx.Client, server: Server, name: str) -> None:
    assert http.get("/api/sessions", headers={"Host": f"{name}:{server.port}"}).status_code == 200


@pytest.mark.req("S4")
@pytest.mark.parametrize("host", EVIL_HOSTS)
def test_a_socket_to_a_foreign_host_is_refused(server: Server, host: str) -> None:
    address = create_connection(("127.0.0.1", server.port))

    with pytest.raises(InvalidStatus) as refused, connected(f"ws://{host}:{server.port}/ws", sock=address):
        pass

    assert refused.value.response.status_code in {400, 421}


@pytest.mark.req("S14")
@pytest.mark.parametrize("origin", EVIL_ORIGINS)
def test_another_page_can_read_nothing(http: httpx.Client, origin: str) -> None:
    for path in ("/api/sessions", "/api/auth/me", "/api/openapi.json", "/api/health"):
        response = http.get(path, headers={"Origin": origin})
        refusal(response, 403)
        assert "access-control-allow-origin" not in response.headers


@pytest.mark.req("S3")
@pytest.mark.req("S14")
@pytest.mark.parametrize(
    "headers", [{"Origin": "http://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}]
)
def test_another_page_can_do_nothing_on_any_route(api: Api, http: httpx.Client, headers: dict[str, str]) -> None:
    newest = api.get("/sessions", limit=1)["items"]

    for operation in openapi.operations(openapi.document(api)):
        response = http.request(operation.method, operation.address(), json={}, headers=headers)
        refusal(response, 403)

    assert api.get("/sessions", limit=1)["items"] == newest


@pytest.mark.req("S14")
@pytest.mark.parametrize("origin", ["http://evil.example", "null"])
def test_no_preflight_opens_the_door(http: httpx.Client, origin: str) -> None:
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }

    response = http.options("/api/sessions", headers=asked)

    assert response.status_code >= 400
    assert not [name for name in response.headers if name.startswith("access-control-")]


@pytest.mark.req("S14")
@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_the_servers_own_page_may_do_everything(http: httpx.Client, server: Server, site: str) -> None:
    headers = {"Origin": server.url, "Sec-Fetch-Site": site}

    assert http.get("/api/sessions", headers=headers).status_code == 200
    assert http.post("/api/sessions", json={}, headers=headers).status_code == 201


@pytest.mark.req("S14")
def test_a_link_from_elsewhere_opens_the_page_and_not_the_api(http: httpx.Client) -> None:
    followed = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}

    assert http.get("/livez", headers=followed).status_code == 200
    refusal(http.get("/api/sessions", headers=followed), 403)
    refusal(http.post("/api/sessions", json={}, headers=followed), 403)


@pytest.mark.req("S15")
@pytest.mark.parametrize("origin", [*EVIL_ORIGINS, ""])
def test_a_socket_from_another_page_is_refused_before_it_opens(server: Server, origin: str) -> None:
    with pytest.raises(InvalidStatus) as refused, connected(server.socket_url, origin=origin):
        pass

    assert refused.value.response.status_code == 403


@pytest.mark.req("S15")
def test_a_socket_of_the_servers_own_page_or_of_a_program_opens(server: Server) -> None:
    for options in ({"origin": server.url}, {}):
        with connected(server.socket_url, **options) as socket:
            assert socket.receive()["type"] == "welcome"


@pytest.mark.req("S14")
def test_reading_changes_nothing(api: Api) -> None:
    session = api.session()
    message = api.store(session["id"], "Hello.")
    before = api.get(f"/sessions/{session['id']}")

    for path in (f"/messages/{message['id']}/stop", f"/sessions/{session['id']}/fork", "/trash/empty", f"/x/{mint()}"):
        assert api.http.get(path).status_code in {404, 405}

    assert api.get(f"/sessions/{session['id']}") == before
