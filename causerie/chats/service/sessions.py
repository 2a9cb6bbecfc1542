"""Sessions: beginning, changing, the trash."""

from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping

from causerie.characters.macros import substitute
from causerie.characters.models import Character
from causerie.chats import repository, statements
from causerie.chats.errors import MessageNotFound, ReferenceNotFound
from causerie.chats.indexing import session_text
from causerie.chats.models import ChatSession, Role
from causerie.chats.recording import Entry, hint, message_entry, record, session_entry
from causerie.chats.schemas import MessageOut, NewSession, SessionChange, SessionOut, SessionQuery
from causerie.chats.service import stopping, tree
from causerie.chats.service.writing import NewRow, insert_messages
from causerie.chats.showing import show, shown
from causerie.clock import utc_now
from causerie.db import search
from causerie.db.work import Work
from causerie.http.answers import Expected, changes
from causerie.http.paging import Page
from causerie.ids import new_id

DEFAULT_USER_NAME = "You"
QUIET_FIELDS = frozenset({"pinned", "archived", "active_leaf_id"})
"""Members whose change does not move a session up in lists: tidying is not talking."""
_COLUMNS = tuple(statements.sessions.columns.keys())


def start(work: Work, new: NewSession) -> SessionOut:
    """Begin a session. A character's greeting opens it; its alternate greetings are the greeting's swipes.

    Raises:
        ReferenceNotFound: the actor has no such character, profile, model or prompt.
    """
    chat = ChatSession(id=new_id(), user_id=work.actor.user_id, **new.model_dump())
    _check_references(work, new.model_dump())
    work.session.add(chat)
    work.session.flush()
    if chat.title:
        search.put(work, session_text(chat.id, chat.title))
    greetings = _greetings(work, chat)
    if greetings:
        chat.total_messages = len(greetings)
        chat.active_leaf_id = greetings[0].id
        chat.next_seq = 1 + len(greetings)
        entries = [message_entry("message:created", greeting) for greeting in greetings]
        record(work, chat.id, *entries, first_seq=1)
        work.session.flush()
    begun = shown(_columns(chat), last_words=greetings[0].content if greetings else None, answering=False)
    hint(work, "session:created", begun)
    return begun


def get(work: Work, session_id: UUID) -> SessionOut:
    """Return a session that is not in the trash.

    Raises:
        SessionNotFound: there is none.
    """
    repository.get_session(work, session_id)
    return show(work, session_id)


def list_sessions(
    work: Work, query: SessionQuery, *, character_id: UUID | None = None, user_profile_id: UUID | None = None
) -> Page[SessionOut]:
    """Return sessions that are not in the trash: those that `query` asks for, with this character or persona.

    Raises:
        ReferenceNotFound: the actor has no such character or persona.
        Invalid: the cursor is not one of this order.
    """
    _check_references(work, {"character_id": character_id, "user_profile_id": user_profile_id})
    page = repository.list_sessions(work, query, character_id=character_id, user_profile_id=user_profile_id)
    return Page([_of_list(row) for row in page.rows], page.next_cursor)


def change(work: Work, session_id: UUID, given: SessionChange, expected: Expected, *, whole: bool) -> SessionOut:
    """Set what `given` says; with `whole`, everything else that a client may set returns to its default.

    How far it was read only rises: that is no change of the session, and told to other pages when nothing is unread
    any more.

    Raises:
        SessionNotFound: the actor has no such session.
        ReferenceNotFound, MessageNotFound: the body names what is not there.
        Stale: the session is not in the expected version.
    """
    chat = repository.get_session(work, session_id, lock=True)
    expected.check(chat)
    before = show(work, session_id)
    wanted = changes(given, before, whole=whole)
    if whole and "active_leaf_id" not in given.model_fields_set:
        del wanted["active_leaf_id"]  # a branch is always selected: leaving it out cannot mean none
    _check_references(work, wanted)
    leaf_id = wanted.get("active_leaf_id")
    if leaf_id is not None:
        wanted["active_leaf_id"] = tree.newest_leaf(work, session_id, leaf_id)
    elif "active_leaf_id" in wanted and chat.active_leaf_id is not None:
        raise MessageNotFound
    chat.last_read_seq = max(chat.last_read_seq, min(wanted.pop("last_read_seq", 0), chat.next_seq - 1))
    different = {name: value for name, value in wanted.items() if getattr(chat, name) != value}
    if not different:
        return _tell_read(work, before)
    for name, value in different.items():
        setattr(chat, name, value)
    if "title" in different:
        search.put(work, session_text(session_id, chat.title))
    chat.version += 1
    if different.keys() - QUIET_FIELDS:
        chat.updated_at = utc_now()
    return publish_change(work, chat)


def trash(work: Work, session_id: UUID, expected: Expected) -> None:
    """Put a session into the trash. Replies that run are stopped first.

    Raises:
        SessionNotFound: the actor has no such session, or it is there already.
        Stale: the session is not in the expected version.
    """
    chat = repository.get_session(work, session_id, lock=True)
    expected.check(chat)
    stopping.finish_all(work, chat)
    chat.deleted_at = utc_now()
    hint(work, "session:deleted", show(work, session_id))


def trash_if_living(work: Work, session_id: UUID, expected: Expected) -> None:
    """Put a session into the trash if it is not there yet: the first act of deleting it for good.

    Raises:
        SessionNotFound: the actor has no such session.
    """
    if repository.get_session(work, session_id, trashed=None).deleted_at is None:
        trash(work, session_id, expected)


def restore(work: Work, session_id: UUID) -> SessionOut:
    """Take a session out of the trash; a session that is not there stays as it is.

    Raises:
        SessionNotFound: the actor has no such session.
    """
    chat = repository.get_session(work, session_id, lock=True, trashed=None)
    if chat.deleted_at is None:
        return show(work, session_id)
    chat.deleted_at = None
    back = show(work, session_id)
    hint(work, "session:created", back)
    return back


def count_with_character(work: Work, character_id: UUID) -> int:
    """Return how many sessions a character has, those in the trash included."""
    return repository.count_with_character(work, character_id)


def purge_slice(work: Work, session_id: UUID) -> bool:
    """Delete for good at most a few hundred rows of a session in the trash; return whether more is left.

    Raises:
        SessionNotFound: the actor has no such session in the trash.
    """
    chat = repository.get_session(work, session_id, lock=True, trashed=True)
    return repository.purge_slice(work, chat)


def publish_change(work: Work, chat: ChatSession, *before: Entry) -> SessionOut:
    """Record `before` and then that the session changed, and write the session's row; return it."""
    changed = show(work, chat.id)
    entries = (*before, session_entry(changed))
    first = record(work, chat.id, *entries, first_seq=chat.next_seq)
    chat.next_seq = first + len(entries)
    work.session.flush()
    return changed


def _tell_read(work: Work, before: SessionOut) -> SessionOut:
    now = show(work, before.id)
    if now.unread != before.unread:
        hint(work, "session:updated", now)
    return now


def _of_list(row: RowMapping) -> SessionOut:
    chat: ChatSession = row["ChatSession"]
    return shown(_columns(chat), last_words=row["last_words"], answering=row["answering"])


def _columns(chat: ChatSession) -> dict[str, Any]:
    return {name: getattr(chat, name) for name in _COLUMNS}


def _check_references(work: Work, wanted: dict[str, Any]) -> None:
    for name, kind in repository.REFERENCES.items():
        referred = wanted.get(name)
        if referred is not None and not repository.has_reference(work, name, referred):
            raise ReferenceNotFound(kind)


def _greetings(work: Work, chat: ChatSession) -> list[MessageOut]:
    if chat.character_id is None:
        return []
    character = work.session.get_one(Character, (work.actor.user_id, chat.character_id))
    user = repository.user_name(work, chat) or DEFAULT_USER_NAME
    texts = [text for text in (character.first_mes, *character.alternate_greetings) if text.strip()]
    rows = [
        NewRow(
            session_id=chat.id,
            role=Role.ASSISTANT,
            content=substitute(text, char=character.name, user=user),
            character_id=character.id,
        )
        for text in texts
    ]
    return insert_messages(work, rows)
