"""The names of keys and channels, and how long they live. `docs/reference/redis.md` explains them.

What stands in braces decides the slot in a cluster. The owner is in every name: two users may mint one id.
"""

from uuid import UUID

from causerie.broker.ports import SessionKey

JOBS = b"chat:jobs"
WORKERS = b"workers"
STOPS = b"stops"
PROBE = b"chat:probe"
"""A key that never exists: deleting it changes nothing, and shows whether writes are taken."""

TEXT_SECONDS = 300
"""How long a stream of text lives after its last entry, at least."""
CLOSED_TEXT_SECONDS = 10
SESSION_SECONDS = 3_600
FORGOTTEN_SECONDS = 10
"""How long nothing is remembered of a session that was forgotten: longer than any read that began before."""


def text(session: SessionKey, message_id: UUID) -> bytes:
    """Return the stream of one reply's text."""
    return f"chat:{{{session.session_id}}}:{message_id}:{session.user_id}".encode()


def events(session: SessionKey) -> bytes:
    """Return the channel of a session's events and text."""
    return f"events:{{{session.session_id}}}:{session.user_id}".encode()


def hints(user_id: UUID) -> bytes:
    """Return the channel of what happens in any session of a user."""
    return f"user:{{{user_id}}}".encode()


def cached_session(session: SessionKey) -> bytes:
    """Return the hash of what joining a session begins with."""
    return f"session:{{{session.session_id}}}:{session.user_id}".encode()


def cached_sessions(user_id: UUID) -> bytes:
    """Return the set of the ids of a user's sessions that may be remembered."""
    return f"sessions:{{{user_id}}}".encode()
