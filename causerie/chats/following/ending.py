"""Waiting for the end of single replies."""

import asyncio
from collections.abc import Collection, Mapping
from contextlib import suppress
from uuid import UUID

from causerie.broker.ports import EventNotice, SessionKey, TextPiece, TokenBus
from causerie.chats.encoding import END
from causerie.chats.following.history import History
from causerie.db.work import Actor


class Endings:
    """All who wait here for the end of a reply."""

    def __init__(self, history: History, bus: TokenBus) -> None:
        self._history = history
        self._bus = bus
        self._waiting: dict[SessionKey, set[Ending]] = {}

    @property
    def sessions(self) -> Collection[SessionKey]:
        """Where a reply is waited for."""
        return self._waiting.keys()

    def compare(self, heads: Mapping[SessionKey, int]) -> None:
        """Let those look again whose session has another newest event than they know, or is gone."""
        for key, endings in self._waiting.items():
            for ending in endings:
                if heads.get(key) != ending.head:
                    ending.news.set()

    async def wait(self, actor: Actor, session_id: UUID, message_id: UUID, seconds: float) -> bool:
        """Wait until a reply is final, however it ends; return whether it is by then.

        Raises:
            NotFound: the actor has no such reply.
        """
        deadline = asyncio.get_running_loop().time() + seconds
        key, ending = SessionKey(actor.user_id, session_id), Ending(message_id)
        unsubscribe = self._bus.subscribe(key, ending)
        self._waiting.setdefault(key, set()).add(ending)
        try:
            await self._bus.listening(key)
            while True:
                state = await self._history.reply(actor, session_id, message_id)
                remaining = deadline - asyncio.get_running_loop().time()
                if state.end is not None or remaining <= 0:
                    return state.end is not None
                ending.head = state.head
                with suppress(TimeoutError):
                    await asyncio.wait_for(ending.news.wait(), remaining)
                if ending.is_over:
                    return True
                ending.news.clear()
        finally:
            unsubscribe()
            self._waiting[key].discard(ending)
            if not self._waiting[key]:
                del self._waiting[key]


class Ending:
    """Waits for the end of one reply: `news` is set by its end, or by anything after `head` that was not heard."""

    def __init__(self, message_id: UUID) -> None:
        self.news = asyncio.Event()
        self.head = 0
        self.is_over = False
        self._message_id = message_id

    def on_event(self, notice: EventNotice) -> None:
        """Take the end."""
        if notice.kind == END and notice.message_id == self._message_id:
            self.is_over = True
            self.news.set()

    def on_text(self, piece: TextPiece) -> None:
        """Pass over the text."""
