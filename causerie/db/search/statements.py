"""The statements that write the index, built once: each binds `:actor` itself."""

from sqlalchemy import bindparam, delete
from sqlalchemy.dialects import postgresql

from causerie.db.base import ACTOR, table_of
from causerie.db.search.models import SearchEntry

entries = table_of(SearchEntry)

# SQLite reads PostgreSQL's words for this, so one statement serves both.
_insert = postgresql.insert(entries).values(
    user_id=ACTOR,
    kind=bindparam("kind"),
    id=bindparam("id"),
    session_id=bindparam("session_id"),
    number=bindparam("number"),
    terms=bindparam("terms"),
)
PUT = _insert.on_conflict_do_update(
    index_elements=[entries.c.user_id, entries.c.kind, entries.c.id], set_={"terms": _insert.excluded.terms}
)
FORGET = delete(entries).where(
    entries.c.user_id == ACTOR, entries.c.kind == bindparam("kind"), entries.c.id == bindparam("id")
)
