"""A session's messages as a tree: branches, siblings, leaves. Deleted messages are stepped over."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row

from causerie.chats import statements
from causerie.chats.errors import MessageNotFound
from causerie.chats.models import Role, Status
from causerie.db.work import Work


@dataclass(frozen=True, slots=True)
class Node:
    """Where a message stands. `answering`: some reply of its session has not ended."""

    id: UUID
    session_id: UUID
    parent_id: UUID | None
    role: Role
    depth: int
    answering: bool


class BranchMessage(NamedTuple):
    """A message as a prompt needs it; a tuple, because a turn reads many."""

    id: UUID
    version: int
    role: Role
    content: str
    status: Status
    hidden: bool
    character_id: UUID | None


def find_node(work: Work, message_id: UUID) -> Node | None:
    """Return where a message stands; None when there is none, or it is deleted."""
    row = work.execute(statements.NODE, message_id=message_id).one_or_none()
    return None if row is None else Node(message_id, row.session_id, row.parent_id, row.role, row.depth, row.answering)


def get_node(work: Work, session_id: UUID, message_id: UUID) -> Node:
    """Return where a message of this session stands.

    Raises:
        MessageNotFound: it is not in this session, or deleted.
    """
    node = find_node(work, message_id)
    if node is None or node.session_id != session_id:
        raise MessageNotFound
    return node


def unfinished_above(work: Work, session_id: UUID, parent_id: UUID | None) -> UUID | None:
    """Return the nearest reply at or above `parent_id` that has not ended: what comes below has to wait for it."""
    unfinished = set(work.execute(statements.UNFINISHED, session_id=session_id).scalars())
    if parent_id is None or not unfinished:
        return None
    path = work.execute(statements.BRANCH_NODES, leaf=parent_id)
    return next((node.id for node in path if node.id in unfinished), None)


def branch(work: Work, leaf: UUID, limit: int) -> Sequence[Row[Any]]:
    """Return the newest `limit` living messages of the branch that ends in `leaf`, newest first."""
    return work.execute(statements.BRANCH, leaf=leaf, limit=limit).all()


def branch_ids(work: Work, leaf: UUID, limit: int) -> Sequence[UUID]:
    """Return the ids of the newest `limit` living messages of the branch that ends in `leaf`, newest first."""
    return work.execute(statements.BRANCH_IDS, leaf=leaf, limit=limit).scalars().all()


def branch_above(work: Work, message_id: UUID, limit: int) -> list[BranchMessage]:
    """Return what was said before a living message: the newest `limit` living messages above it, oldest first."""
    rows = work.execute(statements.BRANCH_TEXTS, leaf=message_id, limit=limit + 1).all()
    return list(map(BranchMessage._make, reversed(rows[1:])))


@dataclass(frozen=True, slots=True)
class Numbering:
    """The places of a branch's living messages: 1 is its first. `total` counts them."""

    total: int
    holes: dict[UUID, int] | None

    def position(self, message_id: UUID, depth: int) -> int:
        """Return the place of a message of this branch."""
        return depth + 1 if self.holes is None else self.holes[message_id]


def number_branch(work: Work, session_id: UUID, leaf: UUID, depth: int) -> Numbering:
    """Number the branch that ends in the living message `leaf` at `depth`.

    Without tombstones above, depth tells the place, and a branch of any length costs the same. With some the whole
    branch is walked.
    """
    if work.execute(statements.TOMBSTONES, session_id=session_id, depth=depth).first() is None:
        return Numbering(depth + 1, None)
    nodes = work.execute(statements.BRANCH_NODES, leaf=leaf).all()
    living = [node.id for node in reversed(nodes) if not node.gone]
    return Numbering(len(living), {message_id: place for place, message_id in enumerate(living, 1)})


def living_ancestor(work: Work, message_id: UUID | None) -> UUID | None:
    """Return the nearest message at or above `message_id` that is not deleted; None above the root."""
    if message_id is None:
        return None
    rows = branch(work, message_id, 1)
    return rows[0].id if rows else None


def siblings(work: Work, session_id: UUID, leaf: UUID, limit: int) -> dict[UUID | None, list[UUID]]:
    """Return by parent what stands below the parents of the newest `limit` living messages above and at `leaf`.

    Returns:
        The living children of each, oldest first; of None the roots.
    """
    rows = work.execute(statements.SIBLINGS, leaf=leaf, limit=limit).all()
    children: dict[UUID | None, list[UUID]] = {row.parent_id: [] for row in rows}
    if None in children:
        roots = work.execute(statements.ROOTS, session_id=session_id).all()
        rows = [row for row in rows if row.parent_id is not None] + list(roots)
    # Sorted here: for an ORDER BY beside the roots SQLite would read all messages of the session by their ids.
    for row in sorted(rows, key=lambda row: row.id.int):
        children[row.parent_id].append(row.id)
    return children


def descendants(work: Work, session_id: UUID, root_id: UUID) -> Sequence[Row[Any]]:
    """Return `root_id` and everything below it, deleted or not: id, parent_id, timestamp, gone."""
    return work.execute(statements.BELOW, session_id=session_id, root=root_id).all()


def newest_leaf(work: Work, session_id: UUID, message_id: UUID) -> UUID:
    """Return the leaf below a message that was said last; the message itself if nothing follows it.

    Raises:
        MessageNotFound: the message is not in this session, or deleted.
    """
    get_node(work, session_id, message_id)
    rows = descendants(work, session_id, message_id)
    parents = {row.id: row.parent_id for row in rows}
    living = {row.id: row for row in rows if not row.gone}
    continued = set()
    for row in living.values():
        parent = row.parent_id
        while parent in parents and parent not in living:
            parent = parents[parent]
        continued.add(parent)
    leaves = [row for row in living.values() if row.id not in continued]
    newest: UUID = max(leaves, key=lambda row: (row.timestamp, row.id)).id
    return newest
