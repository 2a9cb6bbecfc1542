"""What sessions and messages are found by."""

from uuid import UUID

from causerie.db.search import MESSAGE, SESSION, Text


def message_text(session_id: UUID, message_id: UUID, content: str) -> Text:
    """Return what a message is found by: what it says."""
    return Text(MESSAGE, message_id, content, session_id=session_id)


def session_text(session_id: UUID, title: str) -> Text:
    """Return what a session is found by beside its messages: its title."""
    return Text(SESSION, session_id, title=title, session_id=session_id)
