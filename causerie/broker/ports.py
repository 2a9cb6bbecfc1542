"""The ports of the broker. Losing what travels here costs smoothness, never a fact: the database has those."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class SessionKey:
    """A session and whose it is: two users may mint one id."""

    user_id: UUID
    session_id: UUID


@dataclass(frozen=True, slots=True)
class TextPiece:
    """New text of one reply's attempt, which begins after `offset` code points of that attempt."""

    session: SessionKey
    message_id: UUID
    attempt: int
    offset: int
    text: str


@dataclass(frozen=True, slots=True)
class EventNotice:
    """A committed event of a session, with the frame that clients get as `body`.

    `message_id`, `attempt` and `keep` are those of a reply's `start`, `reset` and `end`.
    """

    session: SessionKey
    seq: int
    kind: str
    body: str
    message_id: UUID | None = None
    attempt: int = 0
    keep: int = 0


@dataclass(frozen=True, slots=True)
class SessionHint:
    """`session:created`, `…:updated` or `…:deleted`, for connections that have not joined the session."""

    session: SessionKey
    kind: str
    body: str


@dataclass(frozen=True, slots=True)
class LiveText:
    """All text of a running attempt so far, the prefix that it kept included."""

    message_id: UUID
    attempt: int
    text: str


class SessionListener(Protocol):
    """Hears what happens in one session: on the loop's thread, as it is published. It neither blocks nor raises."""

    def on_event(self, notice: EventNotice) -> None:
        """Take an event; it may be late, early, missing or repeated, and `seq` tells which."""

    def on_text(self, piece: TextPiece) -> None:
        """Take a piece of text; it may be late, early, missing or repeated, and its offset tells which."""


class UserListener(Protocol):
    """Hears of all sessions of one user, under the same rules."""

    def on_hint(self, hint: SessionHint) -> None:
        """Take a hint."""


class TokenBus(Protocol):
    """Carries live text and committed events from where they arise to where clients are connected.

    All but `read` return at once and never raise: what cannot be carried is lost. The loop's thread calls all of it.
    """

    def open(self, session: SessionKey, message_id: UUID, attempt: int, kept: str) -> None:
        """Begin an attempt whose text starts with `kept`; it takes the place of the reply's older attempts."""

    def publish_text(self, piece: TextPiece) -> None:
        """Pass on new text. What does not extend the open attempt (a repeat, a fenced worker's) is dropped."""

    def close(self, session: SessionKey, message_id: UUID, attempt: int) -> None:
        """Forget the text of an attempt, once its end is committed. A newer attempt stays open."""

    def publish_event(self, notice: EventNotice) -> None:
        """Pass on a committed event."""

    def publish_hint(self, hint: SessionHint) -> None:
        """Pass on a hint to its user's connections."""

    def subscribe(self, session: SessionKey, listener: SessionListener) -> Callable[[], None]:
        """Let `listener` hear the session from now on; return what ends that."""

    def subscribe_user(self, user_id: UUID, listener: UserListener) -> Callable[[], None]:
        """Let `listener` hear the user's hints from now on; return what ends that."""

    async def read(self, session: SessionKey) -> list[LiveText]:
        """Return the replies that are being written, as far as this bus knows them."""


class Dispatcher(Protocol):
    """Wakes a worker for a queued reply. A lost wake-up costs at most 3 s: then the sweeper finds the reply."""

    def wake(self, user_id: UUID, message_id: UUID) -> None:
        """Say that this reply can start. Returns at once; when too many wait, the wake-up is dropped."""

    async def next(self) -> tuple[UUID, UUID]:
        """Wait for the next reply that can start; return its user and its message."""
