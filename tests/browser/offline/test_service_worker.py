"""The app opens without its server and is never an old one; what the API says is kept nowhere."""

import asyncio
import re
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, expect
from starlette.types import Message, Receive, Scope, Send

from causerie.app import STATIC
from causerie.http.front import Front
from causerie.http.pages import Pages
from tests.browser.conftest import BROWSERS, WAIT_MS
from tests.browser.installation import Installation

# A worker that is active has kept all that it needs.
READY = """async () => {
  const { active } = await navigator.serviceWorker.ready
  while (active.state !== 'activated') await new Promise(done => active.addEventListener('statechange', done))
}"""
KEPT = """async () => {
  const caches_ = await Promise.all((await caches.keys()).map(name => caches.open(name)))
  const requests = await Promise.all(caches_.map(cache => cache.keys()))
  return requests.flat().map(({ url }) => new URL(url).pathname)
}"""
UPDATED = """async builds => {
  const { installing, waiting } = await navigator.serviceWorker.ready
  const kept = (await caches.keys()).map(name => name.split(' build ')[1]).filter(Boolean)
  return !installing && !waiting && kept.join() === builds.join()
}"""
# Whoever waits for a function is content with a promise.
UNTIL_UPDATED = f"""async builds => {{
  while (!await ({UPDATED})(builds)) await new Promise(requestAnimationFrame)
}}"""
CONTROLLED = "() => navigator.serviceWorker.controller !== null"


class Host:
    """Serves builds of the web app as the server does, below `path`, with nothing behind them.

    The browser's own cache gets nothing, so that what is there without the host is there by the worker.

    Attributes:
        answering: pages wait while this is not set.
    """

    def __init__(self, build: Path, path: str = "") -> None:
        self._path = path
        # It listens before its server begins, so that nobody who comes at once is refused.
        listener = socket.create_server(("127.0.0.1", 0))
        self._port = listener.getsockname()[1]
        self.show(build)
        self.answering = threading.Event()
        self.answering.set()
        config = uvicorn.Config(Front(self._answer), log_level="warning", lifespan="off")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([listener],))
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}{self._path}"

    def show(self, build: Path) -> None:
        """Serve this build from now on."""
        self._pages = Pages(build)

    def close(self) -> None:
        """End, whoever still waits."""
        self.answering.set()
        self._server.should_exit = True
        self._thread.join()

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["path"] = scope["path"].removeprefix(self._path) or "/"
        if "." not in scope["path"]:
            await asyncio.to_thread(self.answering.wait)

        async def send_once(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [header for header in message["headers"] if header[0] != b"cache-control"]
                message["headers"].append((b"cache-control", b"no-store"))
            await send(message)

        await self._pages(scope, receive, send_once)


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser that was never here before."""
    context = browser.new_context()
    context.set_default_timeout(WAIT_MS)
    yield context
    context.close()


Start = Callable[..., Host]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start a host with these arguments; it ends with the test."""
    hosts: list[Host] = []

    def begin(build: Path, path: str = "") -> Host:
        hosts.append(Host(build, path))
        return hosts[-1]

    yield begin
    for host in hosts:
        host.close()


def rebuilt(name: str, folder: Path, path: str = "") -> Path:
    """Return another build of the app, of which every hashed file is called otherwise, for a host below `path`."""
    build = folder / name
    shutil.copytree(STATIC, build, ignore=shutil.ignore_patterns("*.br", "*.gz"))
    files = [file for file in build.rglob("*") if file.suffix in {".js", ".css", ".html"}]
    assets = sorted((file.name for file in (build / "assets").iterdir()), key=len, reverse=True)
    called = re.compile("|".join(map(re.escape, assets)))
    for file in files:
        text = called.sub(lambda match: f"{name}-{match[0]}", file.read_text())
        if file.name == "index.html":
            text = text.replace('="/', f'="{path}/').replace("<title>", f'<meta name="build" content="{name}"><title>')
        elif file.name == "sw.js":
            text = re.sub(r"const BUILD = '\w+'", f"const BUILD = '{name}'", text)
        file.write_text(text)
    for asset in assets:
        (build / "assets" / asset).rename(build / "assets" / f"{name}-{asset}")
    return build


def visit(context: BrowserContext, address: str) -> Page:
    """Open a page and wait until it opens without its server, too."""
    page = context.new_page()
    page.goto(address, wait_until="commit")
    page.evaluate(READY)
    page.wait_for_function(CONTROLLED)
    return page


def build_of(page: Page) -> str | None:
    """Return which build the page is of."""
    return page.locator("meta[name=build]").get_attribute("content")


def test_it_opens_without_its_server_and_says_so(own: Installation, context: BrowserContext) -> None:
    wren = own.character("Wren")["id"]
    chat = own.post("/sessions", {"character_id": wren})["id"]
    visit(context, f"{own.url}/gallery").close()
    own.kill()

    page = context.new_page()
    page.goto(f"{own.url}/c/{chat}", wait_until="commit")
    status = page.get_by_role("status", name="Connection")
    expect(status).to_contain_text("Reconnecting…")
    expect(page.get_by_role("textbox", name="Message", exact=True)).to_be_visible()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    page.get_by_role("link", name="History").click()
    expect(page.get_by_role("heading", level=1, name="History")).to_be_visible()

    context.set_offline(True)
    page.goto(f"{own.url}/settings/appearance", wait_until="commit")
    expect(status).to_contain_text("Offline: messages are kept and sent later.")
    expect(page.get_by_role("group", name="Theme")).to_be_visible()


def test_what_the_api_says_is_kept_nowhere(installation: Installation, context: BrowserContext) -> None:
    page = visit(context, f"{installation.url}/gallery")
    expect(page.get_by_role("link", name="Wren", exact=True)).to_be_visible()
    page.reload()
    expect(page.get_by_role("link", name="Wren", exact=True)).to_be_visible()

    kept = page.evaluate(KEPT)
    assert {"/", "/theme.js", "/icon.svg"} < set(kept)
    assert [path for path in kept if not re.fullmatch(r"/|/theme\.js|/icon\.svg|/assets/[\w.-]+", path)] == []
    answer = page.goto(f"{installation.url}/api/health")
    assert answer
    assert answer.headers["content-type"] == "application/json"

    page.goto(f"{installation.url}/gallery")
    context.set_offline(True)
    assert page.evaluate("fetch('/api/health').then(() => 'answered', () => 'nothing')") == "nothing"


def test_a_new_build_is_there_with_the_next_visit(context: BrowserContext, start: Start, tmp_path: Path) -> None:
    host = start(rebuilt("first", tmp_path))
    page = visit(context, f"{host.url}/gallery")
    assert build_of(page) == "first"

    host.show(rebuilt("second", tmp_path))
    page.reload()
    assert build_of(page) == "second"


@pytest.mark.long_browser
def test_a_page_keeps_its_parts_for_one_build_more(context: BrowserContext, start: Start, tmp_path: Path) -> None:
    host = start(rebuilt("first", tmp_path))
    page = visit(context, f"{host.url}/gallery")
    host.show(rebuilt("second", tmp_path))
    other = visit(context, f"{host.url}/gallery")
    other.evaluate(UNTIL_UPDATED, ["first", "second"])

    page.get_by_role("link", name="History").click()
    expect(page.get_by_role("heading", level=1, name="History")).to_be_visible()
    assert build_of(page) == "first"

    host.show(rebuilt("third", tmp_path))
    other.reload()
    other.evaluate(UNTIL_UPDATED, ["second", "third"])
    page.get_by_role("link", name="Settings").click()
    expect(page.get_by_role("group", name="Theme")).to_be_visible()
    assert build_of(page) == "third", "without its parts it becomes the newest one"


@pytest.mark.long_browser
def test_a_part_that_is_gone_brings_the_new_build_once(browser: Browser, start: Start, tmp_path: Path) -> None:
    context = browser.new_context(service_workers="block")
    host = start(rebuilt("first", tmp_path))
    page = context.new_page()
    page.goto(f"{host.url}/gallery")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    host.show(rebuilt("second", tmp_path))

    page.get_by_role("link", name="History").click()

    expect(page.get_by_role("heading", level=1, name="History")).to_be_visible()
    assert build_of(page) == "second"
    context.close()


@pytest.mark.long_browser
def test_a_server_that_is_too_slow_is_not_waited_for(context: BrowserContext, start: Start, tmp_path: Path) -> None:
    host = start(rebuilt("first", tmp_path))
    page = visit(context, f"{host.url}/gallery")
    host.show(rebuilt("second", tmp_path))
    host.answering.clear()

    page.reload()

    assert build_of(page) == "first"
    host.answering.set()
    page.reload()
    assert build_of(page) == "second"


@pytest.mark.long_browser
def test_it_lives_below_a_path(context: BrowserContext, start: Start, tmp_path: Path) -> None:
    host = start(rebuilt("below", tmp_path, "/quiet/room"), "/quiet/room")
    page = visit(context, f"{host.url}/gallery")
    host.close()

    assert page.evaluate("navigator.serviceWorker.ready.then(({ scope }) => scope)") == f"{host.url}/"
    assert all(path.startswith("/quiet/room/") for path in page.evaluate(KEPT))
    page.goto(f"{host.url}/history")
    expect(page.get_by_role("heading", level=1, name="History")).to_be_visible()


def test_it_can_be_installed(browser: Browser, installation: Installation, tmp_path: Path) -> None:
    # Nothing is installed from a window that forgets, as those of the other tests are.
    path = next(filter(None, map(shutil.which, BROWSERS)))
    context = browser.browser_type.launch_persistent_context(
        tmp_path / "profile", executable_path=path, args=["--no-sandbox"]
    )
    page = visit(context, f"{installation.url}/gallery")
    tools = context.new_cdp_session(page)

    assert tools.send("Page.getInstallabilityErrors") == {"installabilityErrors": []}
    manifest = tools.send("Page.getAppManifest")
    assert manifest["errors"] == []
    assert manifest["url"] == f"{installation.url}/manifest.webmanifest"
    assert page.locator("link[rel=apple-touch-icon]").evaluate("link => fetch(link.href).then(({ ok }) => ok)")
    context.close()
