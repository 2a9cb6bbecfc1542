"""Markup that comes from people and models is shown as the text it is, in every place that shows it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Request, expect

from tests.browser.chat import Chat
from tests.browser.conftest import Open
from tests.browser.installation import Installation
from tests.browser.provider import Provider
from tests.browser.security.payloads import BATCHES, CHOSEN

LONGEST_NAME = 100
REPORTS = """
window.owned = () => window.report('a script ran')
addEventListener('securitypolicyviolation', event => window.report(`${event.violatedDirective}: ${event.blockedURI}`))
"""
HARM = """
() => [...document.querySelectorAll('*')].flatMap(element => {
  const harm = [...element.attributes].filter(({ name }) => name.startsWith('on')).map(({ name }) => name)
  if (element.closest('body') && element.matches('script, iframe, object, embed, base, link, meta, form[action]'))
    harm.push(element.localName)
  for (const name of ['src', 'srcset', 'data', 'action', 'formaction', 'poster', 'ping', 'background'])
    if (element.hasAttribute(name) && new URL(element.getAttribute(name), location).origin !== location.origin)
      harm.push(name)
  for (const name of ['href', 'xlink:href']) {
    const address = element.hasAttribute(name) && URL.parse(element.getAttribute(name), location) // null leads nowhere
    if (address && !/^(https?|mailto):/.test(address.protocol)) harm.push(element.getAttribute(name))
  }
  return harm.map(what => `${what} in ${element.outerHTML}`)
})
"""


class Harm:
    """All that a tab did or holds which it never may."""

    def __init__(self, chat: Chat) -> None:
        self._chat = chat
        self._seen: list[str] = []
        chat.page.expose_function("report", self._saw)
        chat.page.add_init_script(REPORTS)
        chat.page.on("dialog", lambda dialog: self._saw(f"dialog: {dialog.message}"))
        chat.page.context.on("request", self._asked)
        chat.page.context.on("page", lambda page: self._saw(f"another page: {page.url}"))

    def assert_none(self) -> None:
        """Nothing has run, nothing was asked of anybody else, and nothing on the page could."""
        assert self._chat.page.evaluate(HARM) == []
        assert self._seen == []

    def _saw(self, what: str) -> None:
        self._seen.append(what)

    def _asked(self, request: Request) -> None:
        if not request.url.startswith(self._chat.installation.url):
            self._saw(f"request: {request.url}")


@pytest.fixture(scope="module")
def harmed(opened: Open, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation for these tests: no other one wants its names."""
    with opened(tmp_path_factory.mktemp("harmed") / "data") as installation:
        yield installation


@pytest.fixture
def installation(harmed: Installation) -> Installation:
    """The one that the test's tab talks to."""
    return harmed


@pytest.fixture
def harm(chat: Chat) -> Harm:
    """What there is to be afraid of."""
    # All rows of a chat are drawn when all have room.
    chat.page.set_viewport_size({"width": 1280, "height": 12_000})
    return Harm(chat)


def expose(chat: Chat, harm: Harm, provider: Provider, payloads: list[str]) -> None:
    """Send `payloads` through all that is shown, and look at it."""
    installation = chat.installation
    replied = provider.begin(installation, "harm", text="\n\n".join(payloads), pace=2_000)
    session = installation.post("/sessions", {"character_id": installation.character("Wren")["id"]})["id"]
    for place, payload in enumerate(payloads):
        role = "assistant" if place % 2 else "user"
        installation.post(f"/sessions/{session}/messages", {"role": role, "content": payload})
    for payload in payloads:
        name = payload[:LONGEST_NAME]
        character = installation.post(
            "/characters", {"name": name, "description": payload, "tags": [name], "first_mes": payload}
        )
        titled = installation.post("/sessions", {"character_id": character["id"], "title": name})["id"]
    for payload in payloads[:5]:
        name = payload[:LONGEST_NAME]
        installation.post("/models", {"name": name, "provider": "openai", "model": "m", "base_url": provider.origin})

    chat.open(replied)
    chat.until_ended(chat.say("Say it"))
    harm.assert_none()
    chat.open(session)
    expect(chat.rows).to_have_count(len(payloads) + 1)
    harm.assert_none()
    chat.open(titled)
    expect(chat.page.get_by_role("heading", level=1)).to_be_visible()
    harm.assert_none()
    for path in ("/", "/gallery", f"/characters/{character['id']}", "/models", "/trash"):
        chat.page.goto(path)
        expect(chat.page.get_by_role("heading", level=1)).to_be_visible()
        if path == "/gallery":
            expect(chat.page.get_by_role("main")).to_contain_text(character["name"].split("\n")[0].strip())
        harm.assert_none()


@pytest.mark.req("S54")
@pytest.mark.req("S55")
def test_nothing_runs_of_what_is_written(chat: Chat, harm: Harm, provider: Provider) -> None:
    expose(chat, harm, provider, CHOSEN)


def test_named_characters_are_read_without_markup(chat: Chat, provider: Provider) -> None:
    session = provider.begin(chat.installation, "named", text="Tea &amp; biscuits &copy; 1811, &lt;b&gt; &nosuch;")
    chat.open(session)
    reply = chat.say("What was on the label?")
    chat.until_ended(reply)
    expect(chat.reply.locator(".tale")).to_have_text("Tea & biscuits © 1811, <b> &nosuch;")


@pytest.mark.long_browser
@pytest.mark.req("S54")
@pytest.mark.req("S55")
@pytest.mark.parametrize("payloads", BATCHES, ids=range(len(BATCHES)))
def test_nothing_runs_of_all_payloads(chat: Chat, harm: Harm, provider: Provider, payloads: list[str]) -> None:
    expose(chat, harm, provider, payloads)


def test_the_watch_sees_what_it_watches_for(chat: Chat, harm: Harm) -> None:
    chat.page.goto("/")
    chat.page.evaluate("""() => {
      document.body.append(Object.assign(document.createElement('a'), { id: 'harm', href: 'javascript:owned()' }))
    }""")
    with pytest.raises(AssertionError, match="javascript:owned"):
        harm.assert_none()

    chat.page.locator("#harm").evaluate("element => element.remove()")
    with chat.page.expect_console_message(lambda message: "img-src" in message.text):
        chat.page.evaluate("() => { new Image().src = 'https://elsewhere.invalid/pixel.png' }")
    with pytest.raises(AssertionError, match=r"request: https://elsewhere\.invalid"):
        harm.assert_none()
    chat.complaints.clear()
