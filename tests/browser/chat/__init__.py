"""A chat as its reader sees it, and a record of every text that was shown."""

import re
from collections import defaultdict
from typing import Any

from playwright.sync_api import ConsoleMessage, Locator, Page, expect

from tests.browser.installation import Installation

RECORDER = """
const last = new Map()
new MutationObserver(() => {
  for (const row of document.querySelectorAll('article[data-row]')) {
    const text = row.querySelector('.tale')?.textContent ?? ''
    if (text === (last.get(row.dataset.row) ?? '')) continue
    last.set(row.dataset.row, text)
    window.textShown(row.dataset.row, text)
  }
}).observe(document, { subtree: true, childList: true, characterData: true })
"""

PAINTED = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"

COMPLAINTS_OF_A_LOST_SERVER = re.compile(
    r"ERR_CONNECTION_|WebSocket connection to|ERR_EMPTY_RESPONSE|ERR_CONTENT_LENGTH_MISMATCH|could not be loaded"
)


def letters(text: str) -> str:
    """Return a text without what Markdown makes of it: spaces, line ends and marks."""
    return re.sub(r"[\s*_~`#>\\]", "", text)


class Chat:
    """One tab. `shown` holds, by row, each text that stood on the page, in order, across reloads.

    Attributes:
        complaints: what the browser's console and the page's policies complained about.
    """

    def __init__(self, page: Page, installation: Installation) -> None:
        self.page = page
        self.installation = installation
        self.shown: defaultdict[str, list[str]] = defaultdict(list)
        self.complaints: list[str] = []
        page.on("console", self._listen)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.expose_function("textShown", lambda row, text: self.shown[row].append(text))
        page.add_init_script(RECORDER)

    @property
    def session_id(self) -> str:
        """The id of the chat that is open."""
        match = re.search(r"/c/([0-9a-f-]{36})", self.page.url)
        assert match, f"no chat is open at {self.page.url}"
        return match[1]

    @property
    def rows(self) -> Locator:
        """All messages on the page."""
        return self.page.locator("article[data-row]")

    @property
    def replies(self) -> Locator:
        """What characters said; each has its portrait's name as its own."""
        return self.page.locator("article[data-row][aria-busy]")

    @property
    def reply(self) -> Locator:
        """The newest of them."""
        return self.replies.last

    @property
    def composer(self) -> Locator:
        """Where the reader writes."""
        return self.page.get_by_role("textbox", name="Message", exact=True)

    def open(self, session_id: str) -> None:
        """Go to a chat and wait until it is joined."""
        self.page.goto(f"{self.installation.url}/c/{session_id}")
        expect(self.rows.first).to_be_visible()
        self.until_painted()

    def until_painted(self) -> None:
        """Wait until what stands there is drawn: before its first frame the browser drops what is pressed."""
        self.page.evaluate(PAINTED)

    def say(self, text: str) -> str:
        """Say something, wait until its reply stands there, and return the reply's id."""
        before = self.replies.count()
        self.composer.fill(text)
        self.composer.press("Enter")
        expect(self.replies).to_have_count(before + 1)
        return self.row_id(self.reply)

    def until_text(self, row_id: str, length: int = 1) -> str:
        """Wait until a row shows that many characters, and return what it shows then."""
        handle = self.page.wait_for_function(
            """([row, length]) => {
              const text = document.querySelector(`[data-row="${row}"] .tale`)?.textContent ?? ''
              return text.length >= length && text
            }""",
            arg=[row_id, length],
        )
        return str(handle.json_value())

    def until_ended(self, row_id: str) -> dict[str, Any]:
        """Wait until the page shows a reply as ended, and return it as it is stored."""
        expect(self.row(row_id)).to_have_attribute("aria-busy", "false", timeout=30_000)
        return self.stored(row_id)

    def stored(self, row_id: str) -> dict[str, Any]:
        """Return a message as the API has it."""
        message: dict[str, Any] = self.installation.get(f"/messages/{row_id}")
        return message

    def row(self, row_id: str) -> Locator:
        """Return a message on the page."""
        return self.page.locator(f'article[data-row="{row_id}"]')

    def row_id(self, row: Locator) -> str:
        """Return a message's id."""
        found = row.get_attribute("data-row")
        assert found
        return found

    def act(self, row: Locator, name: str) -> None:
        """Choose one of the actions of a message."""
        row.hover()
        row.get_by_role("button", name="More actions").click()
        self.page.get_by_role("menuitem", name=name, exact=True).click()

    def assert_only_grew(self, row_id: str, content: str) -> None:
        """The shown text never shrank, and no character was lost or doubled on the way to `content` (I4)."""
        texts = [letters(text) for text in self.shown[row_id]]
        final = letters(content)
        assert texts, "no text was shown"
        assert texts[-1] == final
        lengths = [len(text) for text in texts]
        assert lengths == sorted(lengths)
        assert [text for text in texts if not final.startswith(text)] == []

    def forgive(self, pattern: re.Pattern[str]) -> None:
        """Take complaints back that the test itself caused."""
        self.complaints[:] = [complaint for complaint in self.complaints if not pattern.search(complaint)]

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)
