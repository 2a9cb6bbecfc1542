"""One Chromium, one installation with the real local model and one scripted provider a run; one context a test."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser import provider as scripted
from tests.browser.chat import Chat
from tests.browser.installation import Installation
from tests.browser.provider import Provider
from tests.contract.serving import stop

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WAIT_MS = 10_000


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
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation that its tests leave running; each makes the sessions that it needs."""
    installation = Installation(tmp_path_factory.mktemp("causerie") / "data")
    installation.start()
    yield installation
    installation.close()


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Installation]:
    """An installation that its test may kill."""
    installation = Installation(tmp_path / "data")
    installation.start()
    yield installation
    installation.close()


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
