"""The connections of each user, and the hints that they get of sessions which they have not joined."""

import asyncio
from collections.abc import Callable
from typing import Protocol
from uuid import UUID

from causerie.broker.ports import SessionHint, TokenBus
from causerie.chats.following.channel import Channel, Frame

HINTS_A_SECOND = 300
"""Frames of hints that all connections of one user get together; what goes beyond waits."""


class Joins(Protocol):
    """Knows which connection has joined what."""

    def has_joined(self, channel: Channel, session_id: UUID) -> bool:
        """Return whether the connection gets the events of this session."""

    def leave(self, channel: Channel, session_id: UUID) -> None:
        """Send nothing more of a session."""


class Audiences:
    """The audience of each user who has a connection here."""

    def __init__(self, bus: TokenBus, joins: Joins) -> None:
        self._bus = bus
        self._joins = joins
        self._by_user: dict[UUID, Audience] = {}
        self._users: dict[Channel, UUID] = {}

    def enter(self, channel: Channel, user_id: UUID, *, curious: bool) -> None:
        """Let a connection hear of its user's sessions, with `curious` also of those that it has not joined."""
        audience = self._by_user.get(user_id)
        if audience is None:
            audience = self._by_user[user_id] = Audience(self._joins)
            audience.unsubscribe = self._bus.subscribe_user(user_id, audience)
        audience.channels[channel] = curious
        self._users[channel] = user_id

    def go(self, channel: Channel) -> None:
        """Let a connection hear nothing more; one that has not entered is passed over."""
        user_id = self._users.pop(channel, None)
        if user_id is None:
            return
        audience = self._by_user[user_id]
        del audience.channels[channel]
        if not audience.channels:
            audience.unsubscribe()
            del self._by_user[user_id]


class Audience:
    """The connections of one user; True are those that hear of sessions that they have not joined.

    For the others there is nothing left to hear when the session that they follow is deleted.
    """

    def __init__(self, joins: Joins) -> None:
        self.channels: dict[Channel, bool] = {}
        self.unsubscribe: Callable[[], None] = lambda: None
        self._joins = joins
        self._sent = 0
        self._waiting: dict[tuple[UUID, str], SessionHint] = {}
        self._timer: asyncio.TimerHandle | None = None

    def on_hint(self, hint: SessionHint) -> None:
        """Tell those who have not joined; a deleted session ends the joins of the others.

        Each change is told to each connection. Where both are many only a session's newest is told, and a little later.
        """
        if hint.kind == "session:deleted":
            # Whoever heard of a change after it would take the session for one that is there.
            self._waiting = {about: other for about, other in self._waiting.items() if other.session != hint.session}
            self._tell(hint)
        elif self._waiting or self._sent >= HINTS_A_SECOND:
            self._waiting[hint.session.session_id, hint.kind] = hint
        else:
            self._tell(hint)

    def _tell(self, hint: SessionHint) -> None:
        self._sent += len(self.channels)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(1.0, self._tell_more)
        frame = Frame(hint.body)
        for channel, curious in self.channels.items():
            if not self._joins.has_joined(channel, hint.session.session_id):
                if curious:
                    channel.push(frame)
            elif hint.kind == "session:deleted":
                channel.push(frame)
                self._joins.leave(channel, hint.session.session_id)
                if not curious:
                    channel.finish()

    def _tell_more(self) -> None:
        self._timer, self._sent = None, 0
        while self._waiting and self._sent < HINTS_A_SECOND:
            self._tell(self._waiting.pop(next(iter(self._waiting))))
