"""Gathers a reply's text into fewer, larger pieces: every frame costs each reader's process a wake-up."""

import asyncio
import unicodedata

from causerie.broker.ports import TextPiece, TokenBus
from causerie.generation.reply import Reply

SHORTEST_WINDOW_SECONDS = 0.015
LONGEST_WINDOW_SECONDS = 0.1
FULL_PIECE = 256
"""Code points that are sent without waiting for the window's end."""

_FIRST_COMBINING = "\u0300"
_JOINER = "\u200d"


class Coalescer:
    """One timer for all replies of a worker. The window follows what sending costs: twice that, 15 to 100 ms.

    Nothing is sent of a reply whose lease may have run out: it waits until the lease is renewed, or is forgotten.
    """

    def __init__(self, bus: TokenBus) -> None:
        self._bus = bus
        self._loop = asyncio.get_running_loop()
        self._waiting: dict[Reply, None] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._window = SHORTEST_WINDOW_SECONDS

    def add(self, reply: Reply, text: str) -> None:
        """Take new text of a reply: its first goes out at once, the rest with the window."""
        reply.extend(text)
        reply.unpublished.append(text)
        size = reply.length - reply.published
        if reply.published == len(reply.claimed.kept) or size >= FULL_PIECE:
            self._send(reply)
        if reply.unpublished:
            self._wait(reply)

    def flush(self, reply: Reply) -> None:
        """Send everything of a reply that ends."""
        self._waiting.pop(reply, None)
        self._send(reply, whole=True)

    def forget(self, reply: Reply) -> None:
        """Send nothing more of a reply."""
        self._waiting.pop(reply, None)
        reply.unpublished.clear()

    def close(self) -> None:
        """Stop the timer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _wait(self, reply: Reply) -> None:
        self._waiting[reply] = None
        if self._timer is None:
            self._timer = self._loop.call_later(self._window, self._tick, self._loop.time() + self._window)

    def _tick(self, due: float) -> None:
        waiting, self._waiting, self._timer = self._waiting, {}, None
        for reply in waiting:
            self._send(reply)
            if reply.unpublished:
                self._wait(reply)
        cost = self._loop.time() - due  # what sending took, and how late the loop was
        self._window = min(max(2 * cost, SHORTEST_WINDOW_SECONDS), LONGEST_WINDOW_SECONDS)

    def _send(self, reply: Reply, *, whole: bool = False) -> None:
        if not reply.leased:
            return
        text = "".join(reply.unpublished)
        reply.unpublished.clear()
        held = 0 if whole else _unsettled(text)
        if 0 < held < len(text):  # held back for one window: alone it has waited long enough
            reply.unpublished.append(text[-held:])
            text = text[:-held]
        if text:
            piece = TextPiece(reply.session, reply.message_id, reply.attempt, reply.published, text)
            reply.published += len(text)
            self._bus.publish_text(piece)


def _unsettled(text: str) -> int:
    """Return the length of a character at the end that further marks or joined signs may still change, else 0."""
    marks = 0
    while marks < len(text) and text[-1 - marks] >= _FIRST_COMBINING:
        last = text[-1 - marks]
        if last != _JOINER and not unicodedata.combining(last):
            break
        marks += 1
    return min(marks + 1, len(text)) if marks else 0
