"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ai_model",
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("base_url", sa.String(), nullable=True),
        sa.Column("sealed_api_key", sa.LargeBinary(), nullable=True),
        sa.Column("api_key_last_four", sa.String(), nullable=True),
        sa.Column("context_window", sa.Integer(), nullable=True),
        sa.Column("max_output_tokens", sa.Integer(), nullable=True),
        sa.Column("temperature", sa.Double(), nullable=True),
        sa.Column("top_p", sa.Double(), nullable=True),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("paid", sa.Boolean(), nullable=False),
        sa.Column("continue_prefix", sa.Boolean(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "provider IN ('local', 'openai', 'openrouter', 'gemini', 'langchain')", name=op.f("ck_ai_model_provider")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ai_model")),
    )
    op.create_index(op.f("ix_ai_model_user_id"), "ai_model", ["user_id"], unique=False)
    op.create_table(
        "blob",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "sha256", name=op.f("pk_blob")),
    )
    op.create_table(
        "idempotency_record",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("route", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("request_sha256", sa.String(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "route", "key", name=op.f("pk_idempotency_record")),
    )
    op.create_index(op.f("ix_idempotency_record_created_at"), "idempotency_record", ["created_at"], unique=False)
    op.create_table(
        "installation",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_installation_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_installation")),
    )
    op.create_table(
        "job",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("arguments", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("run_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("error", sa.JSON(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'complete', 'failed', 'cancelled')", name=op.f("ck_job_state")
        ),
        sa.PrimaryKeyConstraint("user_id", "id", name=op.f("pk_job")),
    )
    op.create_index(op.f("ix_job_state_run_at"), "job", ["state", "run_at"], unique=False)
    op.create_table(
        "prompt_segment",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "sha256", name=op.f("pk_prompt_segment")),
    )
    op.create_table(
        "system_prompt",
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_system_prompt")),
    )
    op.create_index(op.f("ix_system_prompt_user_id"), "system_prompt", ["user_id"], unique=False)
    op.create_table(
        "user",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("role IN ('owner', 'administrator', 'member')", name=op.f("ck_user_role")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user")),
        sa.UniqueConstraint("email", name=op.f("uq_user_email")),
    )
    op.create_table(
        "user_preferences",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("voice", sa.String(), nullable=False),
        sa.Column("style", sa.String(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_user_preferences")),
    )
    op.create_table(
        "user_profile",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("avatar_image", sa.String(), nullable=True),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "id", name=op.f("pk_user_profile")),
    )
    op.create_index("ix_user_profile_updated", "user_profile", ["user_id", "updated_at", "id"], unique=False)
    op.create_table(
        "application_settings",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("default_ai_model_id", sa.Uuid(), nullable=True),
        sa.Column("default_system_prompt_id", sa.Uuid(), nullable=True),
        sa.Column("default_user_profile_id", sa.Uuid(), nullable=True),
        sa.Column("context_messages", sa.Integer(), nullable=False),
        sa.Column("retention_days", sa.Integer(), nullable=False),
        sa.Column("retry_paid", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["default_ai_model_id"], ["ai_model.id"], name=op.f("fk_application_settings_default_ai_model_id")
        ),
        sa.ForeignKeyConstraint(
            ["default_system_prompt_id"],
            ["system_prompt.id"],
            name=op.f("fk_application_settings_default_system_prompt_id"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id", "default_user_profile_id"],
            ["user_profile.user_id", "user_profile.id"],
            name=op.f("fk_application_settings_user_id_default_user_profile_id"),
        ),
        sa.PrimaryKeyConstraint("user_id", name=op.f("pk_application_settings")),
    )
    op.create_table(
        "character",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("avatar_sha256", sa.String(), nullable=True),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("personality", sa.String(), nullable=False),
        sa.Column("scenario", sa.String(), nullable=False),
        sa.Column("first_mes", sa.String(), nullable=False),
        sa.Column("mes_example", sa.String(), nullable=False),
        sa.Column("creator_notes", sa.String(), nullable=False),
        sa.Column("system_prompt", sa.String(), nullable=False),
        sa.Column("post_history_instructions", sa.String(), nullable=False),
        sa.Column("alternate_greetings", sa.JSON(), nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("ai_model_id", sa.Uuid(), nullable=True),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["ai_model_id"], ["ai_model.id"], name=op.f("fk_character_ai_model_id")),
        sa.PrimaryKeyConstraint("user_id", "id", name=op.f("pk_character")),
    )
    op.create_index("ix_character_updated", "character", ["user_id", "updated_at", "id"], unique=False)
    op.create_index(
        "uq_character_label",
        "character",
        ["user_id", "label"],
        unique=True,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_table(
        "character_revision",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("character_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id", "character_id"],
            ["character.user_id", "character.id"],
            name=op.f("fk_character_revision_user_id_character_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "character_id", "version", name=op.f("pk_character_revision")),
    )
    op.create_table(
        "chat_session",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("character_id", sa.Uuid(), nullable=True),
        sa.Column("user_profile_id", sa.Uuid(), nullable=True),
        sa.Column("ai_model_id", sa.Uuid(), nullable=True),
        sa.Column("system_prompt_id", sa.Uuid(), nullable=True),
        sa.Column("post_id", sa.Uuid(), nullable=True),
        sa.Column("user_persona", sa.String(), nullable=False),
        sa.Column("world_time", sa.String(), nullable=False),
        sa.Column("summary", sa.String(), nullable=False),
        sa.Column("last_summary_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("total_messages", sa.Integer(), nullable=False),
        sa.Column("active_leaf_id", sa.Uuid(), nullable=True),
        sa.Column("next_seq", sa.Integer(), nullable=False),
        sa.Column("last_read_seq", sa.Integer(), nullable=False),
        sa.Column("pinned", sa.Boolean(), nullable=False),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.Column("document_ids", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["ai_model_id"], ["ai_model.id"], name=op.f("fk_chat_session_ai_model_id")),
        sa.ForeignKeyConstraint(
            ["system_prompt_id"], ["system_prompt.id"], name=op.f("fk_chat_session_system_prompt_id")
        ),
        sa.ForeignKeyConstraint(
            ["user_id", "character_id"],
            ["character.user_id", "character.id"],
            name=op.f("fk_chat_session_user_id_character_id"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id", "user_profile_id"],
            ["user_profile.user_id", "user_profile.id"],
            name=op.f("fk_chat_session_user_id_user_profile_id"),
        ),
        sa.PrimaryKeyConstraint("user_id", "id", name=op.f("pk_chat_session")),
    )
    op.create_index("ix_chat_session_character", "chat_session", ["user_id", "character_id"], unique=False)
    op.create_index("ix_chat_session_created", "chat_session", ["user_id", "created_at"], unique=False)
    op.create_index("ix_chat_session_profile", "chat_session", ["user_id", "user_profile_id"], unique=False)
    op.create_index(
        "ix_chat_session_updated", "chat_session", ["user_id", "deleted_at", "updated_at", "id"], unique=False
    )
    op.create_table(
        "message",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("character_id", sa.Uuid(), nullable=True),
        sa.Column("content", sa.String(), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("intent", sa.String(), nullable=True),
        sa.Column("finish_reason", sa.String(), nullable=True),
        sa.Column("provider", sa.String(), nullable=True),
        sa.Column("model", sa.String(), nullable=True),
        sa.Column("usage", sa.JSON(), nullable=True),
        sa.Column("error", sa.JSON(), nullable=True),
        sa.Column("depth", sa.Integer(), nullable=False),
        sa.Column("hidden", sa.Boolean(), nullable=False),
        sa.Column("pinned", sa.Boolean(), nullable=False),
        sa.Column("timestamp", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("deletion_id", sa.Uuid(), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("role IN ('user', 'assistant')", name=op.f("ck_message_role")),
        sa.CheckConstraint(
            "status IN ('queued', 'streaming', 'complete', 'stopped', 'failed')", name=op.f("ck_message_status")
        ),
        sa.ForeignKeyConstraint(
            ["user_id", "character_id"],
            ["character.user_id", "character.id"],
            name=op.f("fk_message_user_id_character_id"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id", "session_id", "parent_id"],
            ["message.user_id", "message.session_id", "message.id"],
            name=op.f("fk_message_user_id_session_id_parent_id"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id", "session_id"],
            ["chat_session.user_id", "chat_session.id"],
            name=op.f("fk_message_user_id_session_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "id", name=op.f("pk_message")),
        sa.UniqueConstraint("user_id", "session_id", "id", name="uq_message_within_session"),
    )
    op.create_index(
        "ix_message_deleted",
        "message",
        ["user_id", "session_id", "deleted_at"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )
    op.create_index("ix_message_parent", "message", ["user_id", "session_id", "parent_id"], unique=False)
    op.create_index("ix_message_timestamp", "message", ["user_id", "session_id", "timestamp"], unique=False)
    op.create_table(
        "session_event",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=True),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id", "session_id"],
            ["chat_session.user_id", "chat_session.id"],
            name=op.f("fk_session_event_user_id_session_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "session_id", "seq", name=op.f("pk_session_event")),
    )
    op.create_index("ix_session_event_created", "session_event", ["created_at"], unique=False)
    op.create_index("ix_session_event_message", "session_event", ["user_id", "message_id"], unique=False)
    op.create_table(
        "generation",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("after_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("first_attempt", sa.Integer(), nullable=False),
        sa.Column("owner", sa.Uuid(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deadline_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("stop_requested", sa.Boolean(), nullable=False),
        sa.Column("keep", sa.Integer(), nullable=True),
        sa.Column("instruction", sa.String(), nullable=True),
        sa.Column("partial_text", sa.String(), nullable=False),
        sa.Column("partial_attempt", sa.Integer(), nullable=False),
        sa.Column("prompt_trace", sa.JSON(), nullable=True),
        sa.CheckConstraint(
            "state IN ('queued', 'streaming', 'complete', 'stopped', 'failed')", name=op.f("ck_generation_state")
        ),
        sa.ForeignKeyConstraint(
            ["user_id", "message_id"],
            ["message.user_id", "message.id"],
            name=op.f("fk_generation_user_id_message_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id", "session_id"],
            ["chat_session.user_id", "chat_session.id"],
            name=op.f("fk_generation_user_id_session_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "message_id", name=op.f("pk_generation")),
    )
    op.create_index(
        "ix_generation_after",
        "generation",
        ["user_id", "after_id"],
        unique=False,
        sqlite_where=sa.text("state = 'queued'"),
        postgresql_where=sa.text("state = 'queued'"),
    )
    op.create_index("ix_generation_session", "generation", ["user_id", "session_id", "state"], unique=False)
    op.create_index(
        "ix_generation_unfinished",
        "generation",
        ["state", "lease_until"],
        unique=False,
        sqlite_where=sa.text("state IN ('queued', 'streaming')"),
        postgresql_where=sa.text("state IN ('queued', 'streaming')"),
    )
    op.create_table(
        "message_revision",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id", "message_id"],
            ["message.user_id", "message.id"],
            name=op.f("fk_message_revision_user_id_message_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "message_id", "version", name=op.f("pk_message_revision")),
    )
