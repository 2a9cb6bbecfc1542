"""One Chromium, one installation with the real local model and one scripted provider a run; one context a test."""

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser import provider as scripted
from tests.browser.cable import Cable
from tests.browser.chat import Chat
from tests.browser.installation import Installation
from tests.browser.provider import Provider
from tests.contract.serving import stop
from tests.setups import SERVED, Install

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WAIT_MS = 30_000
"""No promise of the page: how long a machine that is busy with other things may take for anything at all."""

Open = Callable[..., AbstractContextManager[Installation]]


@pytest.fixture(scope="session", autouse=True)
def servers(setup: str, request: pytest.FixtureRequest) -> None:
    """What the set-up has of PostgreSQL and Redis is there before the browser, whose event loop this thread keeps."""
    if setup == SERVED:
        request.getfixturevalue("postgres_template")
        request.getfixturevalue("redis_server")


@pytest.fixture(scope="session")
def opened(install: Install) -> Open:
    """Return what runs an installation of the set-up in a folder until the block ends, told whatever else is given."""

    @contextmanager
    def run(data: Path, *, welcome: bool = False, **settings: str) -> Iterator[Installation]:
        # Databases are made by an event loop of their own, so in another thread.
        with ThreadPoolExecutor(1) as aside, ExitStack() as making:
            databases = ExitStack()
            place = aside.submit(databases.enter_context, install(data)).result()
            making.callback(lambda: aside.submit(databases.close).result())
            workers = 1 if place.setup == SERVED else 0
            installation = Installation(place.data, workers=workers, **{**place.settings, **settings})
            making.callback(installation.close)
            installation.start(welcome=welcome)
            yield installation

    return run


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The system's Chromium."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    assert path, "no Chromium is installed: run `make browser`"
    expect.set_options(timeout=WAIT_MS)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def provider() -> Iterator[Provider]:
    """The scripted provider."""
    process, running = scripted.start()
    yield running
    stop(process)
    assert process.stdout
    process.stdout.close()


@pytest.fixture(scope="session")
def shared(opened: Open, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation that its tests leave running; each makes the sessions that it needs."""
    with opened(tmp_path_factory.mktemp("causerie") / "data") as installation:
        yield installation


@pytest.fixture
def own(opened: Open, tmp_path: Path) -> Iterator[Installation]:
    """An installation that its test may kill."""
    with opened(tmp_path / "data") as installation:
        yield installation


@pytest.fixture
def installation(shared: Installation) -> Installation:
    """The one that the test's tab talks to."""
    return shared


@pytest.fixture
def chat(browser: Browser, installation: Installation) -> Iterator[Chat]:
    """A tab of a reader who was never here before; in the end the browser must have had nothing to complain about."""
    context = browser.new_context(base_url=installation.url, viewport={"width": 1280, "height": 800})
    context.set_default_timeout(WAIT_MS)
    chat = Chat(context.new_page(), installation)
    yield chat
    context.close()
    assert chat.complaints == []


@pytest.fixture
def cable(chat: Chat) -> Cable:
    """The cable between the test's browser and the server."""
    cable = Cable()
    chat.page.context.route_web_socket("**/ws", cable.carry)
    return cable
