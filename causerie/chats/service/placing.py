"""Where messages stand in their session's active branch."""

from uuid import UUID

from causerie.chats import statements
from causerie.db.work import Work


def branch_places(work: Work, leaf: UUID | None) -> dict[UUID, int]:
    """Return the place of each living message of the branch that ends in `leaf`; the first one's is 1."""
    nodes = [] if leaf is None else work.execute(statements.BRANCH_NODES, leaf=leaf).all()
    living = [node.id for node in reversed(nodes) if not node.gone]
    return {message_id: place for place, message_id in enumerate(living, 1)}
