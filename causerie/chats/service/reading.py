"""Reading messages: one, a page of a branch, and what a reader needs who joins a session."""

from collections.abc import Sequence
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Row

from causerie.chats import repository, statements
from causerie.chats.errors import MessageNotFound, SessionNotFound
from causerie.chats.models import MessageRevision
from causerie.chats.schemas import MessageOut, MessagePage
from causerie.chats.service import tree
from causerie.db.work import Work
from causerie.http.paging import read_cursor, write_cursor

PAGE = 50

Direction = Literal["before", "after", "around"]


def find_message(work: Work, message_id: UUID) -> MessageOut | None:
    """Return a message in whatever state, deleted or not; None when the actor has none such."""
    row = work.execute(statements.MESSAGE, message_id=message_id).one_or_none()
    return None if row is None else MessageOut.model_validate(row)


def get_message(work: Work, message_id: UUID) -> MessageOut:
    """Return a message.

    Raises:
        MessageNotFound: there is none, it is deleted, or its session is.
    """
    repository.get_message(work, message_id)
    row = work.execute(statements.MESSAGE, message_id=message_id).one()
    parent_id = tree.living_ancestor(work, row.parent_id)
    return MessageOut.model_validate({**row._mapping, "parent_id": parent_id})  # noqa: SLF001 (a row's public mapping)


def list_siblings(work: Work, message_id: UUID) -> list[MessageOut]:
    """Return a message and what stands beside it below the same parent, oldest first.

    Raises:
        MessageNotFound: the actor has no such message.
    """
    message = repository.get_message(work, message_id)
    children = tree.siblings(work, message.session_id, message_id, 1)[message.parent_id]
    rows = (work.execute(statements.MESSAGE, message_id=child).one() for child in children)
    return [MessageOut.model_validate(row) for row in rows]


def list_revisions(work: Work, message_id: UUID) -> Sequence[MessageRevision]:
    """Return what a message said before, oldest first.

    Raises:
        MessageNotFound: the actor has no such message.
    """
    repository.get_message(work, message_id)
    return repository.list_revisions(work, message_id)


def list_messages(
    work: Work,
    session_id: UUID,
    *,
    limit: int = PAGE,
    leaf: UUID | None = None,
    cursor: str | None = None,
    direction: Direction | None = None,
    anchor: UUID | None = None,
) -> MessagePage:
    """Return a page of a branch, oldest first within it: its newest messages, or those beside `anchor`.

    Args:
        leaf: the message that the branch ends in (below it: its newest leaf); without it the active branch.
        cursor: `next_cursor` of the page before, which was newer.
        direction: `before`: the newest ones above `anchor`; `after`: the first ones below it; `around`: half and half.

    Raises:
        SessionNotFound, MessageNotFound: the actor has no such session; no such message is in this branch.
        Invalid: the cursor is not one of ours.
    """
    chat = work.execute(statements.SESSION, session_id=session_id).one_or_none()
    if chat is None:
        raise SessionNotFound
    if cursor is not None:
        leaf_text, anchor_text = read_cursor(cursor, keys=2)
        leaf, direction, anchor = _uuid(leaf_text), "before", _uuid(anchor_text)
    elif leaf is not None:
        leaf = tree.newest_leaf(work, session_id, leaf)
    else:
        leaf = chat.active_leaf_id
    if leaf is None:
        return MessagePage(items=[], next_cursor=None, total=0)
    end = tree.get_node(work, session_id, leaf)
    numbering = tree.number_branch(work, session_id, leaf, end.depth)
    rows = _page(work, end, numbering, limit, direction, anchor)
    items = _out(work, session_id, rows, numbering)
    first = items[0] if items else None
    older = first is not None and first.position is not None and first.position > 1
    next_cursor = write_cursor(str(leaf), str(first.id)) if first is not None and older else None
    return MessagePage(items=items, next_cursor=next_cursor, total=numbering.total)


def _page(
    work: Work,
    end: tree.Node,
    numbering: tree.Numbering,
    limit: int,
    direction: Direction | None,
    anchor: UUID | None,
) -> list[Row[Any]]:
    """Return rows of the branch, oldest first."""
    if anchor is None or direction is None:
        return list(reversed(tree.branch(work, end.id, limit)))
    node = tree.get_node(work, end.session_id, anchor)
    if direction == "before":
        above = [] if node.parent_id is None else tree.branch(work, node.parent_id, limit)
        return list(reversed(above))
    # Towards the leaf a tree can only be read from the leaf: as many ids as lie between.
    ids = tree.branch_ids(work, end.id, end.depth - node.depth + 1)
    try:
        place = ids.index(anchor)
    except ValueError as error:
        raise MessageNotFound from error
    kept = 0 if direction == "after" else min(limit // 2 + 1, numbering.position(anchor, node.depth))
    newer = min(place, limit - kept)
    rows = tree.branch(work, ids[place - newer], newer + kept) if newer + kept else []
    return list(reversed(rows))


def _out(work: Work, session_id: UUID, rows: Sequence[Row[Any]], numbering: tree.Numbering) -> list[MessageOut]:
    if not rows:
        return []
    children = tree.siblings(work, session_id, rows[-1].id, len(rows))
    # In a branch each message follows the living one above it, whoever was deleted between them.
    above = [None if numbering.holes is None else tree.living_ancestor(work, row.parent_id) for row in rows[:1]]
    above += [row.id for row in rows[:-1]]
    return [
        MessageOut.model_validate(
            {
                **row._mapping,  # noqa: SLF001 (a row's public mapping, in spite of its name)
                "parent_id": row.parent_id if numbering.holes is None else parent_id,
                "position": numbering.position(row.id, row.depth),
                "sibling_ids": children[row.parent_id],
            }
        )
        for row, parent_id in zip(rows, above, strict=True)
    ]


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise MessageNotFound from error
