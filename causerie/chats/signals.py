"""What chats tells the engine: facts that a `Work` publishes beside events and hints."""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from causerie.chats.recording import Entry
from causerie.db.work import Work


@dataclass(frozen=True, slots=True)
class ReplyQueued:
    """A reply waits for a worker: nothing above it is unfinished, and nobody writes it."""

    user_id: UUID
    message_id: UUID


@dataclass(frozen=True, slots=True)
class StopRequested:
    """A running reply shall end with the text it has. The row says so too; this only makes it happen at once."""

    user_id: UUID
    message_id: UUID


@dataclass(frozen=True, slots=True)
class PagesOutdated:
    """Messages of this user's sessions look different now, and neither an event nor their session's row tells."""

    user_id: UUID


class Starter(Protocol):
    """Starts a reply in the very transaction that asks for it, when this process has a free slot."""

    def try_start(self, work: Work, session_id: UUID, message_id: UUID) -> list[Entry] | None:
        """Claim the queued reply; return the events that say so, or None when it has to wait for a worker."""
