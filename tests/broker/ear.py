"""A listener of the broker that remembers and can be waited for, and waiting for what cannot be heard."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable
from uuid import UUID

from causerie.broker.ports import EventNotice, SessionHint, TextPiece

HEARD_SECONDS = 10.0


class Ear:
    """Remembers what it heard, in order: events, text, hints, stops."""

    def __init__(self) -> None:
        self.heard: list[object] = []
        self._news = asyncio.Event()

    def on_event(self, notice: EventNotice) -> None:
        self._take(notice)

    def on_text(self, piece: TextPiece) -> None:
        self._take(piece)

    def on_hint(self, hint: SessionHint) -> None:
        self._take(hint)

    def on_stop(self, user_id: UUID, message_id: UUID) -> None:
        self._take((user_id, message_id))

    async def hears(self, what: object) -> list[object]:
        """Wait until this was heard; return all that was heard until now."""
        async with asyncio.timeout(HEARD_SECONDS):
            while what not in self.heard:
                self._news.clear()
                await self._news.wait()
        return self.heard

    @property
    def text(self) -> str:
        """What the pieces heard make up together; a hole ends it."""
        text = ""
        for piece in self.heard:
            if isinstance(piece, TextPiece) and piece.offset <= len(text):
                text = text[: piece.offset] + piece.text
        return text

    async def hears_text(self, text: str) -> None:
        """Wait until the pieces make up this text."""
        async with asyncio.timeout(HEARD_SECONDS):
            while self.text != text:
                self._news.clear()
                await self._news.wait()

    def _take(self, what: object) -> None:
        self.heard.append(what)
        self._news.set()


async def eventually(holds: Callable[[], bool | Awaitable[bool]]) -> None:
    """Wait until `holds`, asking again and again."""
    deadline = asyncio.get_running_loop().time() + HEARD_SECONDS
    while asyncio.get_running_loop().time() < deadline:
        answer = holds()
        if inspect.isawaitable(answer):
            answer = await answer
        if answer:
            return
        await asyncio.sleep(0.01)
    raise AssertionError("It did not come true in time.")
