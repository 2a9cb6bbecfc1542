"""The ports of the broker. Losing what travels here costs smoothness, never a fact: the database has those."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class SessionKey:
    """A session and whose it is: two users may mint one id."""

    user_id: UUID
    session_id: UUID

    def __hash__(self) -> int:
        return hash(self.session_id)  # in half the time of both, for every piece of text


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


@dataclass(frozen=True, slots=True)
class WakeUp:
    """A queued reply that a worker may start. `receipt` is the carrier's own."""

    user_id: UUID
    message_id: UUID
    receipt: str = ""


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

    All but the two that wait return at once; nothing raises: what cannot be carried is lost. The loop's thread calls
    all of it.
    """

    @property
    def away(self) -> bool:
        """Whether others' news cannot be heard now: who follows them has to look into the database often."""

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

    def publish_stop(self, user_id: UUID, message_id: UUID) -> None:
        """Tell whoever writes this reply that its row says stop."""

    def subscribe(self, session: SessionKey, listener: SessionListener) -> Callable[[], None]:
        """Let `listener` hear the session, from when `listening` returns at the latest; return what ends that."""

    def subscribe_user(self, user_id: UUID, listener: UserListener) -> Callable[[], None]:
        """Let `listener` hear the user's hints from now on; return what ends that."""

    def subscribe_stops(self, listener: Callable[[UUID, UUID], None]) -> Callable[[], None]:
        """Let `listener` hear the user and message of every `publish_stop`; return what ends that."""

    async def listening(self, session: SessionKey) -> None:
        """Wait until what is published in a subscribed session is heard here: at most 2 s, and not while `away`."""

    async def read(self, session: SessionKey, message_ids: Collection[UUID]) -> list[LiveText]:
        """Return the texts of those replies that are being written, as far as known here. Waits at most 4 s."""


class Dispatcher(Protocol):
    """Wakes a worker for a queued reply. A lost wake-up costs at most 3 s: then the sweeper finds the reply."""

    def wake(self, user_id: UUID, message_id: UUID) -> None:
        """Say that this reply can start. Returns at once; when too many wait, the wake-up is dropped."""

    async def next(self) -> WakeUp:
        """Wait for the next reply that can start. Whoever asks has a free slot; each wake-up goes to one asker."""

    def done(self, wake_up: WakeUp) -> None:
        """Say that the database knows what became of it; until then, an asker's death gives it to another one."""


@dataclass(frozen=True, slots=True)
class CachedSession:
    """What joining a session at event `head` begins with: its row and its last page, as JSON."""

    head: int
    session: str
    messages: str


class SessionCache(Protocol):
    """Remembers for an hour what joining a session begins with. Never the truth: who reads it compares `head`."""

    async def get(self, session: SessionKey) -> CachedSession | None:
        """Return what is remembered; None for nothing, and when it cannot be had at once."""

    def put(self, session: SessionKey, cached: CachedSession) -> None:
        """Remember, unless something newer is remembered already."""

    def forget(self, session: SessionKey) -> None:
        """Remember nothing of this session any more, on no node."""

    def forget_user(self, user_id: UUID) -> None:
        """Remember nothing of any session of this user any more, on no node."""
