"""Sessions: beginning, changing, the trash."""

from typing import Any
from uuid import UUID

from causerie.characters.macros import substitute
from causerie.characters.models import Character
from causerie.chats import repository
from causerie.chats.errors import MessageNotFound, ReferenceNotFound
from causerie.chats.indexing import session_text
from causerie.chats.models import ChatSession, Role
from causerie.chats.recording import Entry, hint, message_entry, record, session_entry
from causerie.chats.schemas import MessageOut, NewSession, SessionChange, SessionOut
from causerie.chats.service import stopping, tree
from causerie.chats.service.writing import NewRow, insert_messages
from causerie.clock import utc_now
from causerie.db import search
from causerie.db.work import Work
from causerie.http.answers import Expected, changes
from causerie.http.paging import Page, PageQuery
from causerie.ids import new_id

DEFAULT_USER_NAME = "You"
QUIET_FIELDS = frozenset({"last_read_seq", "pinned", "archived", "active_leaf_id"})
"""Members whose change does not move a session up in lists: reading and tidying is not talking."""


def start(work: Work, new: NewSession) -> ChatSession:
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
    hint(work, "session:created", SessionOut.model_validate(chat))
    return chat


def get(work: Work, session_id: UUID) -> ChatSession:
    """Return a session that is not in the trash.

    Raises:
        SessionNotFound: there is none.
    """
    return repository.get_session(work, session_id)


def list_sessions(
    work: Work, query: PageQuery, *, character_id: UUID | None = None, user_profile_id: UUID | None = None
) -> Page[ChatSession]:
    """Return sessions that are not in the trash (all, or those with this character or persona), newest talk first.

    Raises:
        ReferenceNotFound: the actor has no such character or persona.
    """
    _check_references(work, {"character_id": character_id, "user_profile_id": user_profile_id})
    return repository.list_sessions(work, query, character_id=character_id, user_profile_id=user_profile_id)


def change(work: Work, session_id: UUID, given: SessionChange, expected: Expected, *, whole: bool) -> ChatSession:
    """Set what `given` says; with `whole`, everything else that a client may set returns to its default.

    Raises:
        SessionNotFound: the actor has no such session.
        ReferenceNotFound, MessageNotFound: the body names what is not there.
        Stale: the session is not in the expected version.
    """
    chat = repository.get_session(work, session_id, lock=True)
    expected.check(chat)
    wanted = changes(given, SessionOut.model_validate(chat), whole=whole)
    if whole and "active_leaf_id" not in given.model_fields_set:
        del wanted["active_leaf_id"]  # a branch is always selected: leaving it out cannot mean none
    _check_references(work, wanted)
    leaf_id = wanted.get("active_leaf_id")
    if leaf_id is not None:
        wanted["active_leaf_id"] = tree.newest_leaf(work, session_id, leaf_id)
    elif "active_leaf_id" in wanted and chat.active_leaf_id is not None:
        raise MessageNotFound
    different = {name: value for name, value in wanted.items() if getattr(chat, name) != value}
    if not different:
        return chat
    for name, value in different.items():
        setattr(chat, name, value)
    if "title" in different:
        search.put(work, session_text(session_id, chat.title))
    chat.version += 1
    if different.keys() - QUIET_FIELDS:
        chat.updated_at = utc_now()
    publish_change(work, chat)
    return chat


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
    hint(work, "session:deleted", SessionOut.model_validate(chat))


def trash_if_living(work: Work, session_id: UUID, expected: Expected) -> None:
    """Put a session into the trash if it is not there yet: the first act of deleting it for good.

    Raises:
        SessionNotFound: the actor has no such session.
    """
    if repository.get_session(work, session_id, trashed=None).deleted_at is None:
        trash(work, session_id, expected)


def restore(work: Work, session_id: UUID) -> ChatSession:
    """Take a session out of the trash; a session that is not there stays as it is.

    Raises:
        SessionNotFound: the actor has no such session.
    """
    chat = repository.get_session(work, session_id, lock=True, trashed=None)
    if chat.deleted_at is not None:
        chat.deleted_at = None
        hint(work, "session:created", SessionOut.model_validate(chat))
    return chat


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


def publish_change(work: Work, chat: ChatSession, *before: Entry) -> None:
    """Record `before` and then that the session changed, and write the session's row."""
    work.session.flush()
    entries = (*before, session_entry(SessionOut.model_validate(chat)))
    first = record(work, chat.id, *entries, first_seq=chat.next_seq)
    chat.next_seq = first + len(entries)
    work.session.flush()


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
