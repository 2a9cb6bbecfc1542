"""Forking: a new session that begins as a copy of one branch."""

from uuid import UUID

from causerie.chats import repository
from causerie.chats.indexing import session_text
from causerie.chats.models import ChatSession
from causerie.chats.recording import hint
from causerie.chats.schemas import Fork, SessionOut
from causerie.chats.service import tree
from causerie.chats.service.writing import NewRow, insert_messages
from causerie.chats.showing import show
from causerie.db import search
from causerie.db.work import Work
from causerie.ids import new_id

COPIED = (
    "title",
    "category",
    "character_id",
    "user_profile_id",
    "ai_model_id",
    "system_prompt_id",
    "post_id",
    "user_persona",
    "world_time",
    "document_ids",
)


def fork(work: Work, session_id: UUID, where: Fork) -> SessionOut:
    """Return a new session with a copy of the path to a message; the copied texts are final.

    Raises:
        SessionNotFound, MessageNotFound: the actor has no such session, or the message is not in it.
    """
    origin = repository.get_session(work, session_id)
    leaf = where.message_id or origin.active_leaf_id
    copy = ChatSession(id=new_id(), user_id=work.actor.user_id, **{name: getattr(origin, name) for name in COPIED})
    work.session.add(copy)
    work.session.flush()
    if copy.title:
        search.put(work, session_text(copy.id, copy.title))
    if leaf is not None:
        node = tree.get_node(work, session_id, leaf)
        path = reversed(tree.branch(work, leaf, node.depth + 1))
        rows: list[NewRow] = []
        for depth, message in enumerate(path):
            rows.append(
                NewRow(
                    session_id=copy.id,
                    parent_id=rows[-1].id if rows else None,
                    role=message.role,
                    content=message.content,
                    character_id=message.character_id,
                    depth=depth,
                    hidden=message.hidden,
                    pinned=message.pinned,
                    timestamp=message.timestamp,
                )
            )
        insert_messages(work, rows)
        copy.total_messages = len(rows)
        copy.active_leaf_id = rows[-1].id if rows else None
        work.session.flush()
    begun = show(work, copy.id)
    hint(work, "session:created", begun)
    return begun
