"""What a reader does while the tab is measured."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle, islice
from math import ceil
from statistics import median

from playwright.sync_api import Browser, Route, expect

from bench.web.tab import Look, Tab, tab_of
from tests.browser.chat.frames import Frames
from tests.browser.installation import Installation
from tests.browser.long_chat import lengthen, text_of
from tests.browser.provider import Provider

MODEL = "ten-thousand"
MESSAGES = 10_000
PIECES_A_SECOND = 60.0
"""Of a reply: twice as many as may be painted, so that the tab sets the pace."""
LETTERS, NEAR = 8_000, 1_000
"""Of the reply, where the cost of a flush is taken, and on either side of that."""
FEW = 500
LONG_TASK_MS = 100.0
SCREENFUL = 2_000
"""Letters that a reader has to scroll through."""
OTHER_CHATS, OTHER_MESSAGES = 5, 600
MARKDOWN = "/assets/markdown-"
"""The module that reads and draws the texts of messages."""
PAGES = "**/api/messages?*"
_FIRST_IN_SIGHT = """box => {
  const edge = box.getBoundingClientRect().top
  const rows = [...box.querySelectorAll('article[data-row]')]
  return rows.find(row => row.getBoundingClientRect().top >= edge).dataset.row
}"""
_STORY = "\n\n".join(text_of(place) for place in range(3, 603, 2))


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured. Seconds are those that a reply takes."""

    repeats: int = 5
    letters: int = 26_000
    """Of a long reply, with its Markdown."""
    long_seconds: float = 60.0
    short_seconds: float = 15.0
    switches: int = 20
    messages: int = MESSAGES

    @property
    def few_letters(self) -> int:
        """Of a short reply, at the pace of a long one."""
        return int(self.letters * self.short_seconds / self.long_seconds)


QUICK = Size(
    repeats=1,
    letters=12_000,
    long_seconds=8.0,
    short_seconds=4.0,
    switches=4,
    messages=1_000,
)


@dataclass(frozen=True, slots=True)
class Opened:
    """A chat right after it was opened."""

    shown_ms: float
    nodes: int
    rows: int
    heap_bytes: int


@dataclass(frozen=True, slots=True)
class Streamed:
    """A reply that was painted as it came: looks at its begin, before and after `LETTERS`, and at its end."""

    looks: tuple[Look, Look, Look, Look]
    tasks_ms: list[float]

    @property
    def flushes_a_second(self) -> float:
        """How often it was painted."""
        first, *_, last = self.looks
        return (last.flushes - first.flushes) / (last.at - first.at)

    @property
    def share(self) -> float:
        """Which part of a core the main thread took."""
        first, *_, last = self.looks
        return (last.busy - first.busy) / (last.at - first.at)

    @property
    def cost_ms(self) -> float:
        """What a flush costs the main thread while there are about `LETTERS`, in milliseconds of a core."""
        _, before, after, _ = self.looks
        return (after.busy - before.busy) * 1_000 / (after.flushes - before.flushes)

    @property
    def long_tasks(self) -> int:
        """How many tasks took longer than a reader waits without noticing."""
        return sum(task > LONG_TASK_MS for task in self.tasks_ms)


@dataclass(frozen=True, slots=True)
class Stillness:
    """Pixels by which something moved that must not move."""

    gap: float
    reading: float
    prepending: float


@dataclass(frozen=True, slots=True)
class Theatre:
    """A browser, a server, a provider, and a chat that has grown for years."""

    browser: Browser
    installation: Installation
    provider: Provider
    size: Size
    session: str
    ids: list[str] = field(repr=False)

    @classmethod
    def prepared(cls, browser: Browser, installation: Installation, provider: Provider, size: Size) -> "Theatre":
        """Make the chat."""
        session = provider.begin(installation, MODEL, text="Nobody asks.")
        return cls(browser, installation, provider, size, session, lengthen(installation, session, size.messages))

    def cold_paint_ms(self, slowdown: float) -> float:
        """Return how long the chat's largest paint takes in a browser that has nothing of it yet."""
        times = []
        for _ in range(self.size.repeats):
            with self._tab(slowdown) as tab:
                tab.open(self.session, self._last)
                times.append(tab.largest_paint_ms())
        return median(times)

    def openings(self) -> list[Opened]:
        """Click the chat in the list of chats, in a tab that has shown no chat before."""
        opened = []
        for _ in range(self.size.repeats):
            with self._tab() as tab:
                tab.page.goto("/gallery")
                expect(tab.link(self.session)).to_be_visible()
                tab.until_installed()
                tab.mark_row(self._last)
                with tab.traced() as trace:
                    tab.link(self.session).click()
                    expect(tab.row(self._last)).to_be_in_viewport()
                    tab.settle()
                opened.append(Opened(trace.from_click_to("row"), tab.nodes(), tab.rows.count(), tab.heap_bytes()))
        return opened

    def most_while_scrolling(self) -> tuple[int, int]:
        """Return the most nodes and rows that are there on the way up through the loaded pages."""
        with self._opened() as tab, Frames(tab.page) as frames:
            nodes = []
            tab.log.hover()
            for _ in range(8 * self.size.repeats):
                tab.page.mouse.wheel(0, -900)
                tab.settle()
                nodes.append(tab.nodes())
        return max(nodes), max(frame.mounted for frame in frames.seen)

    def streamed(self, slowdown: float, seconds: float, letters: int) -> Streamed:
        """Let a reply come, and do nothing."""
        with self._opened(slowdown) as tab:
            tab.mark_flushes()
            reply = self._story(tab, seconds, letters)
            places = (FEW, min(LETTERS - NEAR, letters // 2), min(LETTERS + NEAR, letters * 3 // 4))
            first, before, after = (_looked(tab, reply, place) for place in places)
            tab.until_written(reply, 3 * seconds + 30)
            return Streamed((first, before, after, tab.look()), tab.long_tasks_ms())

    def interactions_ms(self, slowdown: float) -> list[float]:
        """Write, open a menu, hide and show the chats while a reply comes; return how long each took to be seen."""
        size = self.size
        with self._opened(slowdown) as tab, tab.traced() as trace:
            reply = self._story(tab, size.short_seconds, size.few_letters)
            for deed in cycle((_write, _open_menu, _hide_chats)):
                if tab.is_written(reply):
                    break
                deed(tab)
        return trace.interactions_ms()

    def markdown_ms(self) -> tuple[float, float]:
        """Return what the Markdown of a growing reply costs with a flush: on the mean, and in its last quarter."""
        seconds = self.size.long_seconds / 2
        with self._opened() as tab:
            tab.mark_flushes()
            with tab.traced() as trace, tab.profiled() as profile:
                tab.until_written(self._story(tab, seconds, self.size.letters), 3 * seconds + 30)
        flushes = trace.marks("flush")
        late = flushes[len(flushes) * 3 // 4 :]
        whole, quarter = (
            profile.milliseconds_in(MARKDOWN, part[0].at, part[-1].at) / (len(part) - 1) for part in (flushes, late)
        )
        return whole, quarter

    def growth_bytes(self) -> int:
        """Return by how much the heap has grown after visits to other chats, when the first is shown again."""
        others = [self._other(number) for number in range(OTHER_CHATS)]
        with self._opened() as tab:
            before = tab.heap_bytes()
            for session in islice(cycle(others), self.size.switches):
                tab.link(session).click()
                tab.page.wait_for_url(f"**/c/{session}")
                expect(tab.rows.first).to_be_visible()
                tab.log.focus()
                with tab.page.expect_response(PAGES):
                    tab.page.keyboard.press("Home")
            tab.link(self.session).click()
            expect(tab.row(self._last)).to_be_in_viewport()
            tab.settle()
            return tab.heap_bytes() - before

    def stillness(self) -> Stillness:
        """Watch the end while a reply comes, a row while another is read, and a row while pages come above it."""
        size = self.size
        with self._opened() as tab, Frames(tab.page) as at_end:
            tab.until_written(self._story(tab, size.short_seconds, size.few_letters), 3 * size.short_seconds + 30)
        with self._opened() as tab:
            reply = self._story(tab, size.short_seconds, size.few_letters)
            tab.until_letters(reply, SCREENFUL)
            tab.log.hover()
            tab.page.mouse.wheel(0, -300)
            expect(tab.back).to_be_visible()
            tab.settle()
            with Frames(tab.page) as reading:
                tab.until_written(reply, 3 * size.short_seconds + 30)
        with self._opened() as tab:
            prepending = max(_prepended(tab) for _ in range(size.repeats))
        return Stillness(max(frame.gap for frame in at_end.seen), reading.drift(reply), prepending)

    @property
    def _last(self) -> str:
        return self.ids[-1]

    @contextmanager
    def _tab(self, slowdown: float = 1.0) -> Iterator[Tab]:
        with tab_of(self.browser, self.installation.url, slowdown) as tab:
            yield tab

    @contextmanager
    def _opened(self, slowdown: float = 1.0) -> Iterator[Tab]:
        """Open the chat; what is said in it goes away with the tab."""
        with self._tab(slowdown) as tab:
            tab.open(self.session, self._last)
            tab.until_installed()
            yield tab
        reply = self.installation.get(f"/sessions/{self.session}")["active_leaf_id"]
        if reply != self._last:
            question = self.installation.get(f"/messages/{reply}")["parent_id"]
            self.installation.api.delete(f"/messages/{question}", params={"subtree": True}).raise_for_status()

    def _story(self, tab: Tab, seconds: float, letters: int) -> str:
        """Ask for a text of so many letters that comes within these seconds; return the id of the reply."""
        piece = ceil(letters / (PIECES_A_SECOND * seconds))
        self.provider.play(MODEL, text=_STORY[:letters], pace=PIECES_A_SECOND, chunk=piece)
        return tab.say("Tell me a story")

    def _other(self, number: int) -> str:
        session = self.provider.begin(self.installation, f"other-{number}", text="Yes.")
        lengthen(self.installation, session, OTHER_MESSAGES)
        return session


def _looked(tab: Tab, reply: str, letters: int) -> Look:
    tab.until_letters(reply, letters)
    return tab.look()


def _write(tab: Tab) -> None:
    tab.composer.press_sequentially("and then?")


def _open_menu(tab: Tab) -> None:
    tab.page.get_by_role("button", name=re.compile("^Model")).click()
    item = tab.page.get_by_role("menuitemradio").first
    expect(item).to_be_visible()
    tab.page.keyboard.press("Escape")
    expect(item).not_to_be_visible()


def _hide_chats(tab: Tab) -> None:
    chats = tab.page.get_by_role("navigation", name="Chats")
    tab.page.keyboard.press("Control+b")
    expect(chats).not_to_be_visible()
    tab.page.keyboard.press("Control+b")
    expect(chats).to_be_visible()


def _prepended(tab: Tab) -> float:
    """Let the next page come above what is read; return how far the first row in sight was moved by it, in pixels."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    tab.page.route(PAGES, hold)
    tab.log.focus()
    with tab.page.expect_request(PAGES):
        tab.page.keyboard.press("Home")
    tab.page.wait_for_function("() => document.querySelector('[role=log]').scrollTop === 0")
    row = str(tab.log.evaluate(_FIRST_IN_SIGHT))
    with Frames(tab.page) as frames:
        held.pop().continue_()
        tab.page.wait_for_function("() => document.querySelector('[role=log]').scrollTop > 1500")
    tab.page.unroute(PAGES)
    return frames.drift(row)
