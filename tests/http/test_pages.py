"""The built web app: what is kept for ever, what is asked for anew, and what is not there."""

import re
from pathlib import Path

import httpx
import pytest
from starlette.types import ASGIApp, Message

from causerie.http.front import Front
from causerie.http.pages import Pages


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    static = tmp_path / "static"
    (static / "assets").mkdir(parents=True)
    (static / "index.html").write_text('<meta name="csp-nonce" content="__CSP_NONCE__">')
    for name in ("theme.js", "sw.js", "manifest.webmanifest", "icon.svg", "icon-192.png"):
        (static / name).write_text(name)
    (static / "assets" / "main-1a2b.js").write_text("main()")
    (static / "assets" / "main-1a2b.js.br").write_bytes(b"brotli")
    (static / "assets" / "main-1a2b.js.gz").write_bytes(b"gzip")
    (tmp_path / "secret.txt").write_text("secret")
    return static


def browser(app: ASGIApp) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(Front(app)), base_url="http://127.0.0.1:8000")


@pytest.mark.req("S56")
@pytest.mark.parametrize("path", ["/", "/c/0192f0c1", "/gallery", "/index.html"])
async def test_every_page_is_the_one_page_with_a_nonce_of_its_own(folder: Path, path: str) -> None:
    async with browser(Pages(folder)) as client:
        first, second = await client.get(path), await client.get(path)

    nonce = re.fullmatch(r'<meta name="csp-nonce" content="([\w-]{20,})">', first.text)
    assert nonce
    assert f"style-src 'self' 'nonce-{nonce[1]}'" in first.headers["content-security-policy"]
    assert first.headers["cache-control"] == "no-cache"
    assert second.text != first.text


async def test_assets_are_kept_for_ever(folder: Path) -> None:
    async with browser(Pages(folder)) as client:
        asset = await client.get("/assets/main-1a2b.js", headers={"Accept-Encoding": "identity"})

    assert "immutable" in asset.headers["cache-control"]
    assert asset.headers["content-type"].startswith("text/javascript")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("theme.js", "text/javascript; charset=utf-8"),
        ("sw.js", "text/javascript; charset=utf-8"),
        ("manifest.webmanifest", "application/manifest+json"),
        ("icon.svg", "image/svg+xml"),
        ("icon-192.png", "image/png"),
    ],
)
async def test_other_files_are_asked_for_anew_and_are_what_they_say(folder: Path, name: str, kind: str) -> None:
    async with browser(Pages(folder)) as client:
        file = await client.get(f"/{name}")

    assert (file.headers["cache-control"], file.headers["content-type"]) == ("no-cache", kind)
    assert file.text == name


@pytest.mark.req("S56")
async def test_the_worker_reaches_nobody_but_its_own_server(folder: Path) -> None:
    async with browser(Pages(folder)) as client:
        worker = await client.get("/sw.js")

    assert "connect-src 'self'" in worker.headers["content-security-policy"]
    assert "service-worker-allowed" not in worker.headers


@pytest.mark.parametrize(
    ("accepted", "encoding"), [("br, gzip", "br"), ("gzip;q=0.8", "gzip"), ("identity", None), ("", None)]
)
async def test_assets_were_compressed_when_they_were_built(folder: Path, accepted: str, encoding: str | None) -> None:
    async with (
        browser(Pages(folder)) as client,
        client.stream("GET", "/assets/main-1a2b.js", headers={"Accept-Encoding": accepted}) as response,
    ):
        raw = b"".join([piece async for piece in response.aiter_raw()])

    assert response.headers.get("content-encoding") == encoding
    assert response.headers["vary"] == "Accept-Encoding"
    assert raw == {"br": b"brotli", "gzip": b"gzip", None: b"main()"}[encoding]


@pytest.mark.parametrize(
    "path",
    ["/assets/gone-1a2b.js", "/assets", "/api/nothing", "/v1/models", "/assets/../secret.txt", "/%2e%2e/secret.txt"],
)
async def test_what_is_not_there_is_not_the_page(folder: Path, path: str) -> None:
    async with browser(Pages(folder)) as client:
        response = await client.get(path)

    assert "secret" not in response.text
    if "secret" not in path:
        assert response.status_code == 404
        assert response.headers["content-type"] == "application/problem+json"


async def test_pages_can_only_be_read(folder: Path) -> None:
    async with browser(Pages(folder)) as client:
        response = await client.post("/gallery")

    assert (response.status_code, response.headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.req("S73")
async def test_a_target_that_is_no_path_is_answered(folder: Path) -> None:
    app = Front(Pages(folder))
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    own = [(b"host", b"127.0.0.1:8000")]
    await app({"type": "http", "scheme": "http", "method": "OPTIONS", "path": "*", "headers": own}, receive, send)

    assert sent[0]["status"] == 405


async def test_without_a_built_web_app_there_is_no_page(tmp_path: Path) -> None:
    async with browser(Pages(tmp_path)) as client:
        assert (await client.get("/")).status_code == 404
