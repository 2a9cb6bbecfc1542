"""What a transcript looked like in every painted frame."""

from dataclasses import dataclass
from typing import Any, Self

from playwright.sync_api import Page

# A message posted in a frame arrives when the frame is painted: late corrections of the layout are in it.
_RECORDER = """
() => {
  const painted = new MessageChannel()
  const frames = []
  let ended
  const note = () => {
    const box = document.querySelector('[role=log]')
    if (!box) return
    const { top: edge, bottom } = box.getBoundingClientRect()
    const rows = [...box.querySelectorAll('article[data-row]')]
    frames.push({
      top: box.scrollTop,
      gap: box.scrollHeight - box.scrollTop - box.clientHeight,
      mounted: rows.length,
      shown: rows.map((row) => row.getBoundingClientRect()).filter((at) => at.bottom > edge && at.top < bottom).length,
      rows: Object.fromEntries(rows.map((row) => [row.dataset.row, row.getBoundingClientRect().top - edge])),
    })
  }
  painted.port1.onmessage = () => {
    note()
    ended?.(frames)
  }
  const next = () => {
    painted.port2.postMessage(null)
    if (!ended) requestAnimationFrame(next)
  }
  requestAnimationFrame(next)
  // What stands on the page when the end is asked for is painted in the frame after.
  window.endFrames = () => new Promise((done) => requestAnimationFrame(() => { ended = done }))
}
"""


@dataclass(frozen=True)
class Frame:
    """One paint.

    Attributes:
        gap: pixels below the lower edge.
        shown: how many of the mounted rows are in sight.
        rows: each mounted row's distance from the upper edge.
    """

    top: float
    gap: float
    mounted: int
    shown: int
    rows: dict[str, float]


class Frames:
    """Records from here on, as long as the block runs.

    Attributes:
        seen: the frames, once the block has ended.
    """

    def __init__(self, page: Page) -> None:
        self._page = page
        self.seen: list[Frame] = []

    def __enter__(self) -> Self:
        self._page.evaluate(_RECORDER)
        return self

    def __exit__(self, *_: object) -> None:
        recorded: list[dict[str, Any]] = self._page.evaluate("endFrames()")
        self.seen = [Frame(**frame) for frame in recorded]

    def drift(self, row: str) -> float:
        """Return how far a row was moved, at most, from where it was in the first frame that had it."""
        places = [frame.rows[row] for frame in self.seen if row in frame.rows]
        return max(places) - min(places)
