"""One full-text index over everything a user has said, named or described, filled with what is there.

Its words are made by Causerie, the same for both databases. SQLite has them in an FTS5 table over the entries' own
text, without positions or sizes, and triggers keep it. PostgreSQL casts them as they are: no dictionary changes them,
and the lexeme of kind and owner in front lets its index go to one user's entries at once. `@@` is not leakproof, so
under a policy that index would never be used: the function runs with its owner's rights and filters by the user itself.
It does so in words that fit no other index: the planner, which cannot know how seldom words are, would read all keys of
the user beside those of the words (300,000 entries: 15 ms in place of 2).
"""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from causerie.db.search.entries import CHARACTER, MESSAGE, SESSION, Text, row_of
from causerie.db.types import Identifier

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ROWS_A_SLICE = 1_000

ON_SQLITE = (
    """
    CREATE VIRTUAL TABLE search_index USING fts5(
        terms, content='search_entry', content_rowid='number', tokenize="ascii tokenchars '_'",
        detail='none', columnsize=0
    )
    """,
    """
    CREATE TRIGGER search_entry_put AFTER INSERT ON search_entry BEGIN
        INSERT INTO search_index (rowid, terms) VALUES (new.number, new.terms);
    END
    """,
    """
    CREATE TRIGGER search_entry_changed AFTER UPDATE ON search_entry BEGIN
        INSERT INTO search_index (search_index, rowid, terms) VALUES ('delete', old.number, old.terms);
        INSERT INTO search_index (rowid, terms) VALUES (new.number, new.terms);
    END
    """,
    """
    CREATE TRIGGER search_entry_forgotten AFTER DELETE ON search_entry BEGIN
        INSERT INTO search_index (search_index, rowid, terms) VALUES ('delete', old.number, old.terms);
    END
    """,
)
ACTOR = "NULLIF(current_setting('causerie.user_id', true), '')::uuid"
TERMS = "(kind || '/' || user_id::text || ' ' || terms)::tsvector"
# A short list of new entries costs a search little and a turn nothing; it is put away before it grows.
INDEX = f"CREATE INDEX ix_search_entry_terms ON search_entry USING gin (({TERMS})) WITH (gin_pending_list_limit = 256)"
FUNCTION = """
causerie_search(words text, phrases text[], kinds text[], below bigint[], above bigint[], most integer)
RETURNS TABLE (kind text, id uuid, session_id uuid, number bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET enable_bitmapscan = on SET enable_indexscan = on SET enable_seqscan = off SET jit = off AS $$
SELECT hit.kind, hit.id, hit.session_id, hit.number
FROM unnest(kinds, below, above) AS wanted (kind, below, above)
CROSS JOIN LATERAL (
    SELECT newest.kind, newest.id, newest.session_id, newest.number
    FROM (
        SELECT entry.kind, entry.id, entry.session_id, entry.number
        FROM {schema}.search_entry AS entry
        WHERE (entry.kind || '/' || entry.user_id::text || ' ' || entry.terms)::tsvector
            @@ ('''' || wanted.kind || '/' || {actor}::text || ''' & ' || words)::tsquery
        AND entry.user_id IS NOT DISTINCT FROM {actor} AND entry.kind IS NOT DISTINCT FROM wanted.kind
        AND entry.number + 0 < wanted.below AND entry.number + 0 >= wanted.above AND entry.terms LIKE ALL (phrases)
        ORDER BY entry.number DESC
    ) AS newest
    WHERE newest.session_id IS NULL OR (
        SELECT chat.deleted_at IS NULL FROM {schema}.chat_session AS chat
        WHERE chat.user_id = {actor} AND chat.id = newest.session_id
    )
    LIMIT most
) AS hit
$$
"""

KEYS = {"user_id": Identifier(), "id": Identifier(), "session_id": Identifier()}
FOUND = {
    MESSAGE: sa.text(
        "SELECT user_id, id, session_id, '' AS title, content FROM message "
        "WHERE deleted_at IS NULL AND content <> '' ORDER BY user_id, id"
    ).columns(**KEYS),
    SESSION: sa.text("SELECT user_id, id, id AS session_id, title FROM chat_session WHERE title <> ''").columns(**KEYS),
    CHARACTER: sa.text(
        "SELECT user_id, id, NULL AS session_id, name AS title, tags, "
        "label, description, personality, scenario, creator_notes, first_mes FROM character WHERE deleted_at IS NULL"
    ).columns(**KEYS, tags=sa.JSON()),
}
"""What there is to find: keys, the title, and then texts or lists of texts."""


def upgrade() -> None:
    entries = op.create_table(
        "search_entry",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=True),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("terms", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "kind", "id", name=op.f("pk_search_entry")),
        sa.UniqueConstraint("user_id", "number", name="uq_search_entry_number"),
    )
    connection = op.get_bind()
    on_postgres = connection.dialect.name == "postgresql"
    for statement in () if on_postgres else ON_SQLITE:
        op.execute(statement)
    for kind in (SESSION, CHARACTER, MESSAGE):
        for rows in _entries(connection, kind):
            connection.execute(sa.insert(entries), rows)
    if on_postgres:
        _index(connection)


def _entries(connection: sa.Connection, kind: str) -> Iterator[list[dict[str, Any]]]:
    """Yield the entries of everything of a kind that has a word, in slices."""
    found = connection.execute(FOUND[kind], execution_options={"yield_per": ROWS_A_SLICE})
    for slice_ in found.partitions():
        rows: list[dict[str, Any]] = []
        for owner, identity, session_id, title, *texts in slice_:
            text = "\n".join(part if isinstance(part, str) else "\n".join(part) for part in texts)
            if row := row_of(Text(kind, identity, text, title, session_id)):
                rows.append({"user_id": owner, **row})
        if rows:
            yield rows


def _index(connection: sa.Connection) -> None:
    op.execute('ALTER TABLE "search_entry" ENABLE ROW LEVEL SECURITY')
    op.execute('ALTER TABLE "search_entry" FORCE ROW LEVEL SECURITY')
    op.execute(f'CREATE POLICY owner ON "search_entry" USING (user_id = {ACTOR}) WITH CHECK (user_id = {ACTOR})')
    op.execute('CREATE POLICY migration ON "search_entry" TO CURRENT_USER USING (true) WITH CHECK (true)')
    op.execute(INDEX)
    schema = connection.execute(sa.text("SELECT quote_ident(current_schema())")).scalar_one()
    op.execute(f"CREATE FUNCTION {FUNCTION.format(schema=schema, actor=ACTOR)}")
    op.execute("REVOKE ALL ON FUNCTION causerie_search FROM PUBLIC")
