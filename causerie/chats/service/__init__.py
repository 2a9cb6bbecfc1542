"""What chats does, as verbs: plain functions of a `Work`, one module per use case."""

from causerie.chats.recording import Entry, record, record_locked, reset_entry, start_entry
from causerie.chats.service.editing import clear, delete, edit
from causerie.chats.service.editing import restore as restore_message
from causerie.chats.service.ending import Ending, end, error_of
from causerie.chats.service.forking import fork
from causerie.chats.service.placing import branch_places
from causerie.chats.service.reading import (
    find_message,
    get_message,
    list_messages,
    list_revisions,
    list_siblings,
)
from causerie.chats.service.replies import Asked, continue_, retry, swipe
from causerie.chats.service.saying import Said, generate, say, store
from causerie.chats.service.sessions import (
    change,
    count_with_character,
    get,
    list_sessions,
    purge_slice,
    restore,
    start,
    trash,
    trash_if_living,
)
from causerie.chats.service.stopping import stop, stop_below, stop_in_session
from causerie.chats.service.tree import BranchMessage, branch_above
from causerie.chats.service.using import uses_of_profile, uses_of_prompt
from causerie.chats.signals import PagesOutdated, ReplyQueued, Starter, StopRequested

__all__ = [
    "Asked",
    "BranchMessage",
    "Ending",
    "Entry",
    "PagesOutdated",
    "ReplyQueued",
    "Said",
    "Starter",
    "StopRequested",
    "branch_above",
    "branch_places",
    "change",
    "clear",
    "continue_",
    "count_with_character",
    "delete",
    "edit",
    "end",
    "error_of",
    "find_message",
    "fork",
    "generate",
    "get",
    "get_message",
    "list_messages",
    "list_revisions",
    "list_sessions",
    "list_siblings",
    "purge_slice",
    "record",
    "record_locked",
    "reset_entry",
    "restore",
    "restore_message",
    "retry",
    "say",
    "start",
    "start_entry",
    "stop",
    "stop_below",
    "stop_in_session",
    "store",
    "swipe",
    "trash",
    "trash_if_living",
    "uses_of_profile",
    "uses_of_prompt",
]
