"""A tab of Chromium as its reader uses it, and what the browser itself records of it."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Browser, Locator, Page, expect

from bench.web.trace import CATEGORIES, Profile, Trace

WAIT_MS = 30_000
"""The longest wait for anything but the end of a reply; a tab that is slowed down needs some time."""
SAMPLING_MICROSECONDS = 250

_MARK_FLUSHES = """() => {
  window.longTasks = []
  new PerformanceObserver(list => longTasks.push(...list.getEntries().map(({ duration }) => duration)))
    .observe({ type: 'longtask' })
  let shown = 0
  new MutationObserver(() => {
    const letters = document.querySelector('article[aria-busy=true] .tale')?.textContent.length ?? 0
    if (letters > 0 && letters !== shown) performance.mark('flush', { detail: letters })
    shown = letters
  }).observe(document.querySelector('[role=log]'), { subtree: true, childList: true, characterData: true })
}"""
_LOOK = "() => [performance.now() / 1_000, performance.getEntriesByName('flush').length]"
_POLLING_MS = 100
"""Between two looks at a text; the default would ask for every frame."""
_MARK_ROW = """id => {
  const look = () => {
    const row = document.querySelector(`article[data-row="${id}"] .tale`)
    const box = document.querySelector('[role=log]')
    if (!row || row.getBoundingClientRect().bottom > box.getBoundingClientRect().bottom) requestAnimationFrame(look)
    else performance.mark('row')
  }
  requestAnimationFrame(look)
}"""
_LARGEST_PAINT = """() => new Promise(done => new PerformanceObserver(list => {
  const ofChat = list.getEntries().findLast(({ element }) => element?.closest('.tale'))
  if (ofChat) done(ofChat.startTime)
}).observe({ type: 'largest-contentful-paint', buffered: true }))"""
_TWO_FRAMES = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))"


@dataclass(frozen=True, slots=True)
class Look:
    """What had happened until a moment. `busy`: seconds of a core that the main thread's tasks have taken."""

    at: float
    flushes: int
    busy: float


class Tab:
    """One tab. `browser` tells about it, and slows it down."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self._browser = page.context.browser
        self._devtools = page.context.new_cdp_session(page)
        self._devtools.send("Performance.enable", {"timeDomain": "threadTicks"})

    @property
    def log(self) -> Locator:
        """The box of the transcript, which scrolls."""
        return self.page.get_by_role("log", name="Transcript")

    @property
    def composer(self) -> Locator:
        """Where the reader writes."""
        return self.page.get_by_role("textbox", name="Message", exact=True)

    @property
    def rows(self) -> Locator:
        """The rows of the transcript that are there."""
        return self.page.locator("article[data-row]")

    @property
    def back(self) -> Locator:
        """The way back to the end for who has left it."""
        return self.page.get_by_role("button", name=re.compile("Answering|New messages|To the end"))

    def row(self, message_id: str) -> Locator:
        """Return the row of a message."""
        return self.page.locator(f'article[data-row="{message_id}"]')

    def link(self, session_id: str) -> Locator:
        """Return the way to a chat."""
        return self.page.get_by_role("navigation", name="Chats").locator(f"a[href$='{session_id}']")

    def open(self, session_id: str, last: str) -> None:
        """Go to a chat by its address and wait until its last row is there."""
        self.page.goto(f"/c/{session_id}")
        expect(self.row(last)).to_be_in_viewport()
        self.settle()

    def until_installed(self) -> None:
        """Wait until the app's worker has fetched all of it, so that nothing but the reader is at work."""
        self.page.wait_for_function("() => navigator.serviceWorker.ready.then(() => true)")

    def say(self, text: str) -> str:
        """Say something and return the id of the reply, which is being written then."""
        busy = self.page.locator("article[aria-busy=true]")
        self.composer.fill(text)
        self.composer.press("Enter")
        expect(busy).to_have_count(1)
        return str(busy.get_attribute("data-row"))

    def until_written(self, reply: str, seconds: float) -> None:
        """Wait until a reply is complete, for so many seconds at most."""
        expect(self.row(reply)).to_have_attribute("aria-busy", "false", timeout=seconds * 1_000)
        self.settle()

    def until_letters(self, reply: str, letters: int) -> None:
        """Wait until a reply shows so many."""
        self.page.wait_for_function(
            "([id, letters]) => document.querySelector(`[data-row='${id}'] .tale`)?.textContent.length >= letters",
            arg=[reply, letters],
            polling=_POLLING_MS,
        )

    def is_written(self, reply: str) -> bool:
        """Whether a reply is complete."""
        return self.row(reply).get_attribute("aria-busy") == "false"

    def settle(self) -> None:
        """Wait until all that was changed is painted."""
        self.page.evaluate(_TWO_FRAMES)

    def mark_flushes(self) -> None:
        """Note each change of the text that is being written, with the letters it has then, and long tasks."""
        self.page.evaluate(_MARK_FLUSHES)

    def look(self) -> Look:
        """Return what has happened since flushes are marked."""
        metrics = {each["name"]: each["value"] for each in self._devtools.send("Performance.getMetrics")["metrics"]}
        at, flushes = self.page.evaluate(_LOOK)
        return Look(at, flushes, metrics["TaskDuration"])

    def long_tasks_ms(self) -> list[float]:
        """Return the tasks that took more than 50 ms since flushes are marked."""
        return [float(task) for task in self.page.evaluate("longTasks")]

    def mark_row(self, message_id: str) -> None:
        """Note in traces when this row first stands in sight."""
        self.page.evaluate(_MARK_ROW, message_id)

    def largest_paint_ms(self) -> float:
        """Return how long after the navigation the largest text was painted, which is one of the chat's."""
        return float(self.page.wait_for_function(_LARGEST_PAINT).json_value())

    def slow_down(self, times: float) -> None:
        """Let the processor be slower for this tab."""
        self._devtools.send("Emulation.setCPUThrottlingRate", {"rate": times})

    def heap_bytes(self) -> int:
        """Return what its scripts hold, after a collection of garbage."""
        self._devtools.send("HeapProfiler.collectGarbage")
        return int(self._devtools.send("Runtime.getHeapUsage")["usedSize"])

    def nodes(self) -> int:
        """Return how many nodes the page consists of, those of texts among them, after a collection of garbage."""
        self._devtools.send("HeapProfiler.collectGarbage")
        return int(self._devtools.send("Memory.getDOMCounters")["nodes"])

    @contextmanager
    def traced(self) -> Iterator[Trace]:
        """Let Chromium trace the tab as long as the block runs; the trace can be read after it."""
        assert self._browser
        self._browser.start_tracing(page=self.page, categories=list(CATEGORIES))
        trace = Trace(self._devtools.send("Page.getFrameTree")["frameTree"]["frame"]["id"])
        try:
            yield trace
        finally:
            trace.read(json.loads(self._browser.stop_tracing())["traceEvents"])

    @contextmanager
    def profiled(self) -> Iterator[Profile]:
        """Let the script engine note what runs as long as the block runs; the profile can be read after it."""
        self._devtools.send("Profiler.enable")
        self._devtools.send("Profiler.setSamplingInterval", {"interval": SAMPLING_MICROSECONDS})
        self._devtools.send("Profiler.start")
        profile = Profile()
        yield profile
        recorded: dict[str, Any] = self._devtools.send("Profiler.stop")["profile"]
        self._devtools.send("Profiler.disable")
        profile.read(recorded)


@contextmanager
def tab_of(browser: Browser, url: str, slowdown: float = 1.0) -> Iterator[Tab]:
    """Open a tab for a reader who was never here before."""
    context = browser.new_context(base_url=url, viewport={"width": 1280, "height": 800})
    context.set_default_timeout(WAIT_MS)
    try:
        tab = Tab(context.new_page())
        tab.slow_down(slowdown)
        yield tab
    finally:
        context.close()
