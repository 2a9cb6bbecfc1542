"""Who in this process hears what."""

from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

from causerie.broker.ports import EventNotice, SessionHint, SessionKey, SessionListener, TextPiece, UserListener

Key = TypeVar("Key")
Listener = TypeVar("Listener")
Registry = dict[Key, tuple[Listener, ...]]
"""The listeners of each key that has some. They are tuples, because they come and go while others are being called."""


def _nothing() -> None:
    pass


class Listeners:
    """The listeners of one process: what is published reaches them at once.

    Subscribing is as with a `TokenBus`; `then` is called when nobody listens there any more.
    """

    def __init__(self) -> None:
        self._of_sessions: Registry[SessionKey, SessionListener] = {}
        self._of_users: Registry[UUID, UserListener] = {}
        self._of_stops: Registry[None, Callable[[UUID, UUID], None]] = {}

    def publish_event(self, notice: EventNotice) -> None:
        for listener in self._of_sessions.get(notice.session, ()):
            listener.on_event(notice)

    def publish_text(self, piece: TextPiece) -> None:
        for listener in self._of_sessions.get(piece.session, ()):
            listener.on_text(piece)

    def publish_hint(self, hint: SessionHint) -> None:
        for listener in self._of_users.get(hint.session.user_id, ()):
            listener.on_hint(hint)

    def publish_stop(self, user_id: UUID, message_id: UUID) -> None:
        for listener in self._of_stops.get(None, ()):
            listener(user_id, message_id)

    def subscribe(
        self, session: SessionKey, listener: SessionListener, then: Callable[[], None] = _nothing
    ) -> Callable[[], None]:
        return _enter(self._of_sessions, session, listener, then)

    def subscribe_user(
        self, user_id: UUID, listener: UserListener, then: Callable[[], None] = _nothing
    ) -> Callable[[], None]:
        return _enter(self._of_users, user_id, listener, then)

    def subscribe_stops(
        self, listener: Callable[[UUID, UUID], None], then: Callable[[], None] = _nothing
    ) -> Callable[[], None]:
        return _enter(self._of_stops, None, listener, then)


def _enter(
    registry: Registry[Key, Listener], key: Key, listener: Listener, then: Callable[[], None]
) -> Callable[[], None]:
    """Add `listener` to those of `key`, and return what removes it."""
    registry[key] = (*registry.get(key, ()), listener)

    def leave() -> None:
        remaining = tuple(other for other in registry.get(key, ()) if other is not listener)
        if remaining:
            registry[key] = remaining
        else:
            registry.pop(key, None)
            then()

    return leave
