"""The statements of the hot path, built once: each binds `:actor` itself.

Building a statement costs more than running it, and a turn's transactions decide how many chats a core carries.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import (
    CTE,
    ColumnElement,
    Integer,
    ScalarSelect,
    bindparam,
    case,
    exists,
    func,
    insert,
    or_,
    select,
    union_all,
    update,
)
from sqlalchemy.sql import Select

from causerie.chats.models import (
    ChatSession,
    Generation,
    Message,
    MessageRevision,
    SessionEvent,
    Status,
    is_in,
    unfinished,
)
from causerie.db.base import ACTOR, table_of
from causerie.db.lookup import LookedUp

sessions = table_of(ChatSession)
messages = table_of(Message)
revisions = table_of(MessageRevision)
generations = table_of(Generation)
events = table_of(SessionEvent)

# Sessions.

SESSION = select(sessions).where(
    sessions.c.user_id == ACTOR, sessions.c.id == bindparam("session_id"), sessions.c.deleted_at.is_(None)
)
SESSION_TO_WRITE = SESSION.with_for_update()

WORDS_READ = 600
"""How many code points of a text are read where only its first words are shown."""

_leaf, _above_leaf = messages.alias("leaf"), messages.alias("above_leaf")
LAST_WORDS = (
    select(
        case(
            (_leaf.c.content != "", func.substr(_leaf.c.content, 1, WORDS_READ)),
            # A reply that has no text yet: what it answers.
            else_=select(func.substr(_above_leaf.c.content, 1, WORDS_READ))
            .where(
                _above_leaf.c.user_id == _leaf.c.user_id,
                _above_leaf.c.id == _leaf.c.parent_id,
                _above_leaf.c.deleted_at.is_(None),
            )
            .scalar_subquery(),
        )
    )
    .where(_leaf.c.user_id == sessions.c.user_id, _leaf.c.id == sessions.c.active_leaf_id)
    .scalar_subquery()
    .label("last_words")
)
"""Beginning of the newest text of a session's active branch."""

_UNFINISHED = (Status.QUEUED, Status.STREAMING)
_making = generations.alias("making")
# One state at a time: of an OR a planner may make a filter over all replies of the session.
ANSWERING = or_(
    *(
        exists().where(
            _making.c.user_id == sessions.c.user_id,
            _making.c.session_id == sessions.c.id,
            is_in(state, _making.c.state),
        )
        for state in _UNFINISHED
    )
).label("answering")
"""Whether a reply of a session has not ended."""

SHOWN_SESSION = select(sessions, LAST_WORDS, ANSWERING).where(
    sessions.c.user_id == ACTOR, sessions.c.id == bindparam("session_id")
)
ADVANCE_SESSION = (
    update(sessions)
    .where(sessions.c.user_id == ACTOR, sessions.c.id == bindparam("of_session"))
    .values(
        next_seq=bindparam("next_seq"),
        title=bindparam("title"),
        total_messages=bindparam("total_messages"),
        active_leaf_id=bindparam("active_leaf_id"),
        updated_at=bindparam("updated_at"),
    )
)
TAKE_SEQ = (
    update(sessions)
    .where(sessions.c.user_id == ACTOR, sessions.c.id == bindparam("of_session"))
    .values(next_seq=sessions.c.next_seq + bindparam("count"), updated_at=bindparam("updated_at"))
    .returning(sessions.c.next_seq)
)
TAKE_END_SEQ = (
    update(sessions)
    .where(sessions.c.user_id == ACTOR, sessions.c.id == bindparam("of_session"))
    .values(
        next_seq=sessions.c.next_seq + 1,
        last_reply_seq=sessions.c.next_seq,
        updated_at=bindparam("updated_at"),
    )
    .returning(*sessions.c)
)
GIVE_BACK_END_SEQ = (
    update(sessions)
    .where(sessions.c.user_id == ACTOR, sessions.c.id == bindparam("of_session"))
    .values(
        next_seq=sessions.c.next_seq - 1,
        last_reply_seq=func.coalesce(
            select(func.max(events.c.seq))
            .where(
                events.c.user_id == sessions.c.user_id,
                events.c.session_id == sessions.c.id,
                events.c.kind == "chat:stream:end",
            )
            .scalar_subquery(),
            0,
        ),
    )
)

# Messages. A reply that is being written shows the text of its last checkpoint.

_unfinished = unfinished(messages.c.status)
_shown = (
    *(column for column in messages.c if column.key not in {"content", "deletion_id"}),
    case((_unfinished, func.coalesce(generations.c.partial_text, "")), else_=messages.c.content).label("content"),
    func.coalesce(generations.c.attempt, 0).label("attempt"),
)
_with_generation = messages.outerjoin(
    generations, (generations.c.user_id == messages.c.user_id) & (generations.c.message_id == messages.c.id)
)
MESSAGE = (
    select(*_shown, messages.c.deletion_id)
    .select_from(_with_generation)
    .where(messages.c.user_id == ACTOR, messages.c.id == bindparam("message_id"))
)


def _in_state(state: Status, session_id: ColumnElement[UUID]) -> Select[UUID]:
    return select(generations.c.message_id).where(
        generations.c.user_id == ACTOR, generations.c.session_id == session_id, is_in(state, generations.c.state)
    )


NODE = select(
    messages.c.session_id,
    messages.c.parent_id,
    messages.c.role,
    messages.c.depth,
    or_(*(_in_state(state, messages.c.session_id).exists() for state in _UNFINISHED)).label("answering"),
).where(messages.c.user_id == ACTOR, messages.c.id == bindparam("message_id"), messages.c.deleted_at.is_(None))
REPLIES = select(messages.c.id).where(
    messages.c.user_id == ACTOR,
    messages.c.session_id == bindparam("session_id"),
    messages.c.parent_id == bindparam("message_id"),
    messages.c.role == "assistant",
)
INSERT_MESSAGES = insert(messages).values(
    user_id=ACTOR,
    id=bindparam("id"),
    session_id=bindparam("session_id"),
    parent_id=bindparam("parent_id"),
    role=bindparam("role"),
    character_id=bindparam("character_id"),
    content=bindparam("content"),
    status=bindparam("status"),
    depth=bindparam("depth"),
    hidden=bindparam("hidden"),
    pinned=bindparam("pinned"),
    timestamp=bindparam("timestamp"),
    version=1,
)
INSERT_GENERATION = insert(generations).values(
    user_id=ACTOR,
    message_id=bindparam("message_id"),
    session_id=bindparam("session_id"),
    after_id=bindparam("after_id"),
    state=Status.QUEUED,
    attempt=0,
    first_attempt=0,
    queued_at=bindparam("queued_at"),
    stop_requested=False,
    instruction=bindparam("instruction"),
    partial_text="",
    partial_attempt=0,
)

_waiting, _beside = generations.alias("waiting"), generations.alias("beside")
_waits = (_waiting.c.user_id == ACTOR, is_in(Status.QUEUED, _waiting.c.state))
END_GENERATION = (
    update(generations)
    .where(
        generations.c.user_id == ACTOR,
        generations.c.message_id == bindparam("of_message"),
        generations.c.attempt == bindparam("of_attempt"),
        unfinished(generations.c.state),
    )
    .values(
        state=bindparam("status"),
        owner=None,
        lease_until=None,
        keep=None,
        stop_requested=False,
        partial_text="",
    )
    .returning(
        or_(
            *(
                select(_beside.c.message_id)
                .where(
                    _beside.c.user_id == ACTOR,
                    _beside.c.session_id == bindparam("of_session"),
                    _beside.c.message_id != bindparam("of_message"),
                    is_in(state, _beside.c.state),
                )
                .exists()
                for state in _UNFINISHED
            )
        ).label("answering")
    )
)
END_TRACED_GENERATION = END_GENERATION.values(prompt_trace=bindparam("trace"))
END_MESSAGE = (
    update(messages)
    .where(messages.c.user_id == ACTOR, messages.c.id == bindparam("of_message"))
    .values(
        content=bindparam("content"),
        status=bindparam("status"),
        finish_reason=bindparam("finish_reason"),
        provider=bindparam("provider"),
        model=bindparam("model"),
        usage=bindparam("usage"),
        error=bindparam("error"),
    )
)
UNFINISHED = select(union_all(*(_in_state(state, bindparam("session_id")) for state in _UNFINISHED)).subquery("reply"))
WAITING_FOR = select(_waiting.c.message_id).where(*_waits, _waiting.c.after_id == bindparam("message_id"))


def _upward() -> CTE:
    """Return the way from `:leaf` up to its root (id, depth), tombstones included, read no further than somebody asks.

    Each step looks one row up by its key. As a join, a planner may read all messages of the user for each step.
    """
    path = (
        select(messages.c.id, messages.c.depth)
        .where(messages.c.user_id == ACTOR, messages.c.id == bindparam("leaf"))
        .cte("path", recursive=True)
    )
    step = messages.alias("step")
    parent = select(step.c.parent_id).where(step.c.user_id == ACTOR, step.c.id == path.c.id).scalar_subquery()
    return path.union_all(select(parent.label("id"), path.c.depth - 1).where(path.c.depth > 0))


def _gone(path: CTE) -> ScalarSelect[bool]:
    node = messages.alias("node")
    gone = select(node.c.deleted_at.is_not(None)).where(node.c.user_id == ACTOR, node.c.id == path.c.id)
    return gone.scalar_subquery()


def _living() -> Select[*tuple[Any, ...]]:
    path = _upward()
    # The limit stands beside the walk alone, which neither database takes further than that.
    return select(path.c.id, path.c.depth).where(~_gone(path)).limit(bindparam("limit", type_=Integer))


def _below() -> Select[*tuple[Any, ...]]:
    columns = (messages.c.id, messages.c.parent_id, messages.c.timestamp, messages.c.deleted_at.is_not(None))
    below = (
        select(*columns[:3], columns[3].label("gone"))
        .where(messages.c.user_id == ACTOR, messages.c.id == bindparam("root"))
        .cte("below", recursive=True)
    )
    children = LookedUp(
        below,
        messages,
        messages.c.user_id == ACTOR,
        messages.c.session_id == bindparam("session_id"),
        messages.c.parent_id == below.c.id,
    )
    # Where a branch ends there is an empty row.
    below = below.union_all(select(*columns).select_from(children).where(below.c.id.is_not(None)))
    return select(below).where(below.c.id.is_not(None))


def _nodes() -> Select[*tuple[Any, ...]]:
    path = _upward()
    return select(path.c.id, path.c.depth, _gone(path).label("gone")).order_by(path.c.depth.desc())


_page = _living().subquery("page")
_of_page = LookedUp(_page, messages, messages.c.user_id == ACTOR, messages.c.id == _page.c.id)
BRANCH = (
    select(*_shown)
    .select_from(
        LookedUp(_of_page, generations, generations.c.user_id == ACTOR, generations.c.message_id == _page.c.id)
    )
    .order_by(_page.c.depth.desc())
)
"""The newest `:limit` living messages of the branch that ends in `:leaf`, newest first."""

BRANCH_TEXTS = (
    select(
        messages.c.id,
        messages.c.version,
        messages.c.role,
        messages.c.content,
        messages.c.status,
        messages.c.hidden,
        messages.c.character_id,
    )
    .select_from(_of_page)
    .order_by(_page.c.depth.desc())
)
"""The same with only what a prompt needs; everything above a reply that may start is final."""

BRANCH_IDS = select(_page.c.id).order_by(_page.c.depth.desc())
"""The ids of the same messages."""

_sibling = messages.alias("sibling")
SIBLINGS = select(_sibling.c.id, messages.c.parent_id).select_from(
    LookedUp(
        _of_page,
        _sibling,
        _sibling.c.user_id == ACTOR,
        _sibling.c.session_id == messages.c.session_id,
        _sibling.c.parent_id == messages.c.parent_id,
        _sibling.c.deleted_at.is_(None),
    )
)
"""The living children of the parents of the same messages, in no order; for a root one row without ids."""

BRANCH_NODES = _nodes()
"""Every node of the branch that ends in `:leaf`, newest first: id, depth, gone."""

BELOW = _below()
"""`:root` and everything below it, in no order: id, parent_id, timestamp, gone."""

TOMBSTONES = (
    select(messages.c.id)
    .where(
        messages.c.user_id == ACTOR,
        messages.c.session_id == bindparam("session_id"),
        messages.c.deleted_at.is_not(None),
        messages.c.depth < bindparam("depth"),
    )
    .limit(1)
)
ROOTS = select(messages.c.id, messages.c.parent_id).where(
    messages.c.user_id == ACTOR,
    messages.c.session_id == bindparam("session_id"),
    messages.c.deleted_at.is_(None),
    messages.c.parent_id.is_(None),
)

# Events.

INSERT_EVENTS = insert(events).values(
    user_id=ACTOR,
    session_id=bindparam("session_id"),
    seq=bindparam("seq"),
    kind=bindparam("kind"),
    message_id=bindparam("message_id"),
    body=bindparam("body"),
    created_at=bindparam("created_at"),
)
EVENTS_AFTER = (
    select(events.c.seq, events.c.kind, events.c.message_id, events.c.body)
    .where(events.c.user_id == ACTOR, events.c.session_id == bindparam("session_id"), events.c.seq > bindparam("after"))
    .order_by(events.c.seq)
    .limit(bindparam("limit", type_=Integer))
)
REPLY_EVENTS = select(events.c.seq, events.c.kind, events.c.message_id, events.c.body).where(
    events.c.user_id == ACTOR,
    events.c.session_id == bindparam("session_id"),
    events.c.message_id == bindparam("message_id"),
    events.c.kind.in_(("chat:stream:start", "chat:stream:reset", "chat:stream:end")),
)
STREAMING = select(
    generations.c.session_id,
    generations.c.message_id,
    generations.c.attempt,
    generations.c.partial_text,
    generations.c.partial_attempt,
).where(
    generations.c.user_id == ACTOR,
    generations.c.session_id.in_(bindparam("session_ids", expanding=True)),
    is_in(Status.STREAMING, generations.c.state),
)
