"""What the pages show: how they look for their user, and which sessions have a reply that was not read."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("application_settings", sa.Column("interface", sa.JSON(), nullable=True))
    op.add_column(
        "chat_session", sa.Column("last_reply_seq", sa.Integer(), server_default=sa.text("0"), nullable=False)
    )
