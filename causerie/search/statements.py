"""The statements of a search, built once: each binds `:actor` itself."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import BindParameter, and_, bindparam, exists, false, func, select

from causerie.chats.models import ChatSession, Message
from causerie.db.base import ACTOR, table_of

IDS: BindParameter[Sequence[UUID]] = bindparam("ids", expanding=True)

messages, sessions = table_of(Message), table_of(ChatSession)
_leaf, _buried = messages.alias("leaf"), messages.alias("buried")
_buried_in_session = exists().where(
    _buried.c.user_id == ACTOR, _buried.c.session_id == sessions.c.id, _buried.c.deleted_at.is_not(None)
)
# As many living messages as the active branch is long: there is no other branch.
_alone = func.coalesce(sessions.c.total_messages == _leaf.c.depth + 1, false())
_straight = and_(_alone, ~_buried_in_session).label("straight")
_leaf_of_session = and_(_leaf.c.user_id == ACTOR, _leaf.c.id == sessions.c.active_leaf_id)

# Outer joins: an inner one may begin with all sessions of the user.
SAID = (
    select(
        messages.c.id,
        messages.c.session_id,
        messages.c.character_id,
        messages.c.content,
        messages.c.timestamp,
        messages.c.depth,
        sessions.c.title,
        sessions.c.active_leaf_id,
        _straight,
    )
    .outerjoin(sessions, and_(sessions.c.user_id == ACTOR, sessions.c.id == messages.c.session_id))
    .outerjoin(_leaf, _leaf_of_session)
    .where(messages.c.user_id == ACTOR, messages.c.id.in_(IDS))
)
CHAT = (
    select(sessions.c.active_leaf_id, _straight)
    .outerjoin(_leaf, _leaf_of_session)
    .where(sessions.c.user_id == ACTOR, sessions.c.id == bindparam("session_id"), sessions.c.deleted_at.is_(None))
)
