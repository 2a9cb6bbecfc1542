"""A reply while this process writes it."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum, auto
from typing import Any
from uuid import UUID

from causerie.broker.growing import GrowingText
from causerie.broker.ports import SessionKey
from causerie.clock import boot_seconds
from causerie.db.work import Actor
from causerie.generation.claiming import Claimed
from causerie.prompting.service import PromptTrace
from causerie.providers.protocol import Finish, Usage


class Interruption(Enum):
    """Why writing ends before the model does."""

    STOP = auto()
    HAND_OVER = auto()
    FENCED = auto()


class Reply(GrowingText):
    """The text of one attempt, its kept prefix included, and what is known of its making.

    Used by the loop's thread alone.
    """

    __slots__ = (
        "_scope",
        "actor",
        "attempt",
        "begun_at",
        "checkpointed",
        "claimed",
        "finish",
        "first_text_at",
        "interruption",
        "key",
        "leased_until",
        "message_id",
        "published",
        "session",
        "task",
        "trace",
        "traced",
        "unpublished",
        "usage",
    )

    def __init__(self, claimed: Claimed) -> None:
        super().__init__(claimed.kept)
        self.claimed = claimed
        self.session: SessionKey = claimed.session
        self.actor = Actor(claimed.session.user_id)
        self.message_id: UUID = claimed.message_id
        self.key = (claimed.session.user_id, claimed.message_id)
        self.attempt = claimed.attempt
        self.leased_until = claimed.leased_until
        self.begun_at = boot_seconds()
        self.first_text_at: float | None = None
        self.published = self.length
        self.checkpointed = self.length
        self.unpublished: list[str] = []
        self.trace: PromptTrace | None = None
        self.traced = False
        self.usage: Usage | None = None
        self.finish: Finish | None = None
        self.interruption: Interruption | None = None
        self.task: asyncio.Task[None] | None = None
        self._scope: asyncio.Timeout | None = None

    @property
    def grown(self) -> bool:
        """Whether the model has written anything."""
        return self.length > len(self.claimed.kept)

    @property
    def leased(self) -> bool:
        """Whether nobody else can have claimed the reply, however long the process may have slept."""
        return boot_seconds() < self.leased_until

    def extend(self, text: str) -> None:
        """Add what the model wrote."""
        if self.first_text_at is None:
            self.first_text_at = boot_seconds()
        super().extend(text)

    @contextmanager
    def written_within(self, seconds: float) -> Iterator[asyncio.Timeout]:
        """Give the scope that writing happens in: it ends with `TimeoutError` by `interrupt` or after `seconds`."""
        self._scope = asyncio.timeout(seconds)
        try:
            yield self._scope
        finally:
            self._scope = None

    def interrupt(self, why: Interruption) -> None:
        """End the writing, once: the first reason counts, but that an attempt is fenced outweighs all."""
        if self.interruption is None or why is Interruption.FENCED:
            self.interruption = why
            if self._scope is not None and not self._scope.expired():
                self._scope.reschedule(asyncio.get_running_loop().time())

    def told(self) -> dict[str, Any]:
        """Return what is known about the attempt at its end, as the message's row keeps it."""
        model = self.claimed.context.model
        usage = self.usage
        finish = self.finish
        counts: dict[str, Any] | None = None
        if usage is not None:
            counts = {"prompt_tokens": usage.prompt_tokens, "completion_tokens": usage.completion_tokens}
            if usage.cost is not None:
                counts["cost"] = usage.cost
            if self.first_text_at is not None:
                counts["first_token_ms"] = _milliseconds(self.begun_at, self.first_text_at)
            counts["total_ms"] = _milliseconds(self.begun_at, boot_seconds())
        return {
            "finish_reason": finish.reason if finish else None,
            "provider": (finish.provider if finish else None) or (model.provider if model else None),
            "model": (finish.model if finish else None) or (model.model if model else None),
            "usage": counts,
        }


def _milliseconds(begun: float, ended: float) -> int:
    return round(max(ended - begun, 0.0) * 1000)
