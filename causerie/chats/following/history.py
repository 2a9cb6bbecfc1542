"""What following reads of the database, where what the bus brings does not suffice."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from causerie.broker.ports import EventNotice, SessionKey
from causerie.db.work import Actor


@dataclass(frozen=True, slots=True)
class Running:
    """A reply that is being written: its attempt, and the text that was last checkpointed and of which attempt."""

    message_id: UUID
    attempt: int
    partial_text: str = ""
    partial_attempt: int = 0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A session at one moment. `session` and `messages` (None when nobody asked for the page) are JSON."""

    head: int
    session: str
    messages: str | None
    running: Sequence[Running]


@dataclass(frozen=True, slots=True)
class Beginning:
    """A session that was just made: its row as JSON, and its first events."""

    session: str
    events: Sequence[EventNotice]


@dataclass(frozen=True, slots=True)
class ReplyState:
    """One reply at one moment.

    Attributes:
        head: the newest event of its session.
        begun: the `start` and `reset` events since the reply was last asked for, oldest first.
        end: its `chat:stream:end`, when the reply is final.
        running: the replies that are being written in its session.
    """

    head: int
    begun: Sequence[EventNotice]
    end: EventNotice | None
    running: Sequence[Running]


@dataclass(frozen=True, slots=True)
class Place:
    """How far a client says that it has a reply's text."""

    message_id: UUID
    attempt: int
    offset: int


class History(Protocol):
    """Reads what was committed; each call sees one moment.

    All raise `NotFound` for a foreign session but `heads` and `running`, which leave it out.
    """

    async def snapshot(self, actor: Actor, session_id: UUID, after: int | None = None) -> Snapshot:
        """Return the session. With an `after` from which every event can still be had, leave out the messages."""

    async def events_after(self, actor: Actor, session_id: UUID, after: int) -> Sequence[EventNotice] | None:
        """Return the next events after that number, as many as one answer may hold; None if the next one is gone."""

    async def beginning(self, actor: Actor, session_id: UUID) -> Beginning:
        """Return a session with its first events."""

    async def reply(self, actor: Actor, session_id: UUID, message_id: UUID) -> ReplyState:
        """Return how far a reply is."""

    async def running(self, actor: Actor, session_ids: Collection[UUID]) -> Mapping[UUID, Sequence[Running]]:
        """Return the replies that are being written, by session; a session without any may be left out."""

    async def heads(self, sessions: Collection[SessionKey]) -> Mapping[SessionKey, int]:
        """Return the newest event's number of each session that is still there."""
