"""Runs: the adapter file that their owner has chosen."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the column."""
    op.add_column("runs", sa.Column("pick", sa.String()))


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("runs", "pick")
