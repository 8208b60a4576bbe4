"""Runs: the adapter file that their owner has chosen."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the column."""
    op.add_column("runs", sa.Column("pick", sa.String()))


def downgrade() -> None:
    """Drop the column."""
    op.drop_column("runs", "pick")
