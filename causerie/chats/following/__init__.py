"""One reader's events in order and text by cursor: what every surface that shows a running chat stands on."""

from causerie.chats.following.channel import Channel, Frame
from causerie.chats.following.history import Beginning, History, Place, ReplyState, Running, Snapshot
from causerie.chats.following.node import Following, Head
from causerie.chats.following.stored import StoredHistory

__all__ = [
    "Beginning",
    "Channel",
    "Following",
    "Frame",
    "Head",
    "History",
    "Place",
    "ReplyState",
    "Running",
    "Snapshot",
    "StoredHistory",
]
