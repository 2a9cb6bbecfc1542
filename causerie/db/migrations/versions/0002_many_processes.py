"""Workers, one owner, and on PostgreSQL the database's own net between users.

Row-level security is forced, so it binds the tables' owner too. The owner is the role that migrates: it has a policy of
its own, for migrations and for the closed list of functions that look across users. They run with its rights, name
every object with its schema, and the application's role (granted them by `causerie migrate`) is all that calls them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# None begins with the owner, whom every statement names: each fits only what it is for (docs/decisions/0019).
INDEXES = (
    ("ix_message_deleted", "message", ("session_id", "user_id", "deleted_at"), "deleted_at IS NOT NULL"),
    ("ix_message_timestamp", "message", ("session_id", "user_id", "timestamp"), None),
    ("ix_message_parent", "message", ("session_id", "user_id", "parent_id"), None),
    ("ix_generation_after", "generation", ("after_id", "user_id"), "state = 'queued'"),
    ("ix_generation_session", "generation", ("session_id", "user_id", "state"), None),
    ("ix_session_event_message", "session_event", ("message_id", "user_id"), None),
)
OF_SESSION = ("message", "generation", "session_event")
OWNED = (
    "application_settings",
    "blob",
    "character",
    "character_revision",
    "chat_session",
    "generation",
    "idempotency_record",
    "job",
    "message",
    "message_revision",
    "prompt_segment",
    "session_event",
    "user_preferences",
    "user_profile",
)
OWNED_OR_EVERYONES = ("ai_model", "system_prompt")
ACTOR = "NULLIF(current_setting('causerie.user_id', true), '')::uuid"

RIGHTS = "SECURITY DEFINER SET search_path = pg_catalog, pg_temp"
FUNCTIONS = (
    """
    causerie_due_generations(at timestamptz, queued_before timestamptz, overdue_before timestamptz, most integer)
    RETURNS TABLE (user_id uuid, message_id uuid)
    LANGUAGE sql STABLE {rights} AS $$
    SELECT due.user_id, due.message_id
    FROM {schema}.generation AS due
    WHERE (
        due.state = 'queued' AND due.queued_at < queued_before AND NOT EXISTS (
            SELECT FROM {schema}.generation AS above
            WHERE above.user_id = due.user_id AND above.message_id = due.after_id
            AND above.state IN ('queued', 'streaming')
        )
    ) OR (due.state = 'streaming' AND (due.lease_until < at OR due.deadline_at < overdue_before))
    ORDER BY due.state DESC, due.queued_at
    LIMIT most
    $$
    """,
    """
    causerie_checkpoint(
        worker uuid, text_users uuid[], text_messages uuid[], text_attempts integer[], texts text[],
        held_users uuid[], held_messages uuid[], held_attempts integer[], until timestamptz
    )
    RETURNS TABLE (
        user_id uuid, message_id uuid, attempt integer, stop_requested boolean, lease_until timestamptz, behind boolean
    )
    LANGUAGE sql VOLATILE {rights} AS $$
    WITH written AS (
        SELECT stored.user_id, stored.message_id, given.attempt, given.text
        FROM unnest(text_users, text_messages, text_attempts, texts) AS given (user_id, message_id, attempt, text)
        JOIN {schema}.generation AS stored USING (user_id, message_id, attempt)
        WHERE stored.state = 'streaming'
        FOR UPDATE OF stored SKIP LOCKED
    )
    UPDATE {schema}.generation AS stored
    SET partial_text = written.text, partial_attempt = written.attempt
    FROM written
    WHERE stored.user_id = written.user_id AND stored.message_id = written.message_id;

    WITH held AS (
        SELECT stored.user_id, stored.message_id
        FROM unnest(held_users, held_messages, held_attempts) AS given (user_id, message_id, attempt)
        JOIN {schema}.generation AS stored USING (user_id, message_id, attempt)
        WHERE stored.state = 'streaming' AND stored.owner = worker
        FOR UPDATE OF stored SKIP LOCKED
    )
    UPDATE {schema}.generation AS stored
    SET lease_until = until
    FROM held
    WHERE until IS NOT NULL AND stored.user_id = held.user_id AND stored.message_id = held.message_id;

    WITH held AS (
        SELECT stored.*, given.text IS NOT NULL AND (
            coalesce(stored.partial_attempt, 0) <> stored.attempt
            OR octet_length(stored.partial_text) < octet_length(given.text)
        ) AS behind
        FROM {schema}.generation AS stored
        LEFT JOIN unnest(text_users, text_messages, text_attempts, texts) AS given (user_id, message_id, attempt, text)
        USING (user_id, message_id, attempt)
        WHERE stored.owner = worker AND stored.state = 'streaming'
    )
    SELECT held.user_id, held.message_id, held.attempt, held.stop_requested, held.lease_until, held.behind
    FROM held
    WHERE until IS NOT NULL OR held.behind
    $$
    """,
    """
    causerie_expire_leases(past timestamptz)
    RETURNS void
    LANGUAGE sql VOLATILE {rights} AS $$
    UPDATE {schema}.generation SET lease_until = past WHERE state = 'streaming'
    $$
    """,
    """
    causerie_queue_state(at timestamptz)
    RETURNS TABLE (queued bigint, running bigint, oldest_queued_at timestamptz)
    LANGUAGE sql STABLE {rights} AS $$
    SELECT
        count(*) FILTER (WHERE state = 'queued'),
        count(*) FILTER (WHERE state = 'streaming'),
        min(queued_at) FILTER (WHERE state = 'queued')
    FROM {schema}.generation
    WHERE state IN ('queued', 'streaming')
    $$
    """,
    """
    causerie_session_heads(users uuid[], sessions uuid[])
    RETURNS TABLE (user_id uuid, id uuid, next_seq integer)
    LANGUAGE sql STABLE {rights} AS $$
    SELECT stored.user_id, stored.id, stored.next_seq
    FROM unnest(users, sessions) AS wanted (user_id, id)
    JOIN {schema}.chat_session AS stored USING (user_id, id)
    WHERE stored.deleted_at IS NULL
    $$
    """,
    """
    causerie_due_jobs(at timestamptz, most integer)
    RETURNS TABLE (user_id uuid, id uuid)
    LANGUAGE sql STABLE {rights} AS $$
    SELECT due.user_id, due.id
    FROM {schema}.job AS due
    WHERE due.state IN ('queued', 'running') AND due.run_at <= at
    ORDER BY due.run_at
    LIMIT most
    $$
    """,
    """
    causerie_blobs_in_use(names text[])
    RETURNS TABLE (sha256 text)
    LANGUAGE sql STABLE {rights} AS $$
    SELECT DISTINCT stored.sha256 FROM {schema}.blob AS stored WHERE stored.sha256 = ANY (names)
    $$
    """,
    """
    causerie_installation_owner()
    RETURNS TABLE (id uuid)
    LANGUAGE sql STABLE {rights} AS $$
    SELECT stored.id FROM {schema}."user" AS stored WHERE stored.role = 'owner'
    $$
    """,
)


def upgrade() -> None:
    op.create_table(
        "worker",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("concurrency", sa.Integer(), nullable=False),
        sa.Column("running", sa.Integer(), nullable=False),
        sa.Column("claimed", sa.Integer(), nullable=False),
        sa.Column("finished", sa.Integer(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("takeovers", sa.Integer(), nullable=False),
        sa.Column("fenced", sa.Integer(), nullable=False),
        sa.Column("draining", sa.Boolean(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_worker")),
    )
    op.create_index(op.f("ix_worker_seen_at"), "worker", ["seen_at"], unique=False)
    op.create_index(
        "ix_user_one_owner",
        "user",
        ["role"],
        unique=True,
        sqlite_where=sa.text("role = 'owner'"),
        postgresql_where=sa.text("role = 'owner'"),
    )
    for name, table, columns, condition in INDEXES:
        where = None if condition is None else sa.text(condition)
        op.drop_index(name, table)
        op.create_index(name, table, columns, unique=False, sqlite_where=where, postgresql_where=where)
    if op.get_context().dialect.name == "postgresql":
        _renew_keys()
        _separate_users()


def _renew_keys() -> None:
    """Let the keys of messages and sessions win where several indexes seem to find one row: the newest does."""
    op.drop_constraint("fk_message_user_id_session_id_parent_id", "message")
    op.drop_constraint("uq_message_within_session", "message")
    op.create_unique_constraint("uq_message_within_session", "message", ["id", "session_id", "user_id"])
    within = ["user_id", "session_id"]
    op.create_foreign_key(
        "fk_message_user_id_session_id_parent_id", "message", "message", [*within, "parent_id"], [*within, "id"]
    )
    for table in OF_SESSION:
        op.drop_constraint(f"fk_{table}_user_id_session_id", table)
    op.drop_constraint("pk_chat_session", "chat_session")
    op.create_primary_key("pk_chat_session", "chat_session", ["user_id", "id"])
    for table in OF_SESSION:
        name = f"fk_{table}_user_id_session_id"
        op.create_foreign_key(name, table, "chat_session", within, ["user_id", "id"], ondelete="CASCADE")


def _separate_users() -> None:
    for table in OWNED:
        _protect(table, f"user_id = {ACTOR}")
    for table in OWNED_OR_EVERYONES:
        _protect(table, f"user_id = {ACTOR} OR user_id IS NULL")
    _protect("user", f"id = {ACTOR}")

    schema = op.get_bind().execute(sa.text("SELECT quote_ident(current_schema())")).scalar_one()
    for function in FUNCTIONS:
        op.execute("CREATE FUNCTION " + function.format(schema=schema, rights=RIGHTS))
        op.execute(f"REVOKE ALL ON FUNCTION {function.strip().partition('(')[0]} FROM PUBLIC")


def _protect(table: str, own: str) -> None:
    """Let every role see and write the actor's rows alone, and the role that migrates all of them."""
    op.execute(f'ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY')
    op.execute(f'ALTER TABLE "{table}" FORCE ROW LEVEL SECURITY')
    op.execute(f'CREATE POLICY owner ON "{table}" USING ({own}) WITH CHECK ({own})')
    op.execute(f'CREATE POLICY migration ON "{table}" TO CURRENT_USER USING (true) WITH CHECK (true)')
