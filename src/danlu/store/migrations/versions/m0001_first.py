"""The first tables: users, datasets, jobs, runs, submissions."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    _make_users_and_datasets()
    _make_jobs()
    _make_runs_and_submissions()


def downgrade() -> None:
    """Drop the tables."""
    for table in ("submissions", "runs", "jobs", "datasets", "users"):
        op.drop_table(table)


def _make_users_and_datasets() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
    )
    op.create_table(
        "datasets",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("owner_id", sa.String(), sa.ForeignKey("users.id"), nullable=False, index=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("folder", sa.String(), nullable=False, unique=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("changed_at", sa.Double(), nullable=False),
    )


def _make_jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("owner_id", sa.String(), sa.ForeignKey("users.id"), nullable=False, index=True),
        sa.Column("dataset_id", sa.String(), sa.ForeignKey("datasets.id", ondelete="SET NULL"), index=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("arguments", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("wanted", sa.String()),
        sa.Column("wanted_at", sa.Double()),
        sa.Column("position", sa.Double(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("lease_holder", sa.String()),
        sa.Column("lease_until", sa.Double()),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.Column("exit_code", sa.Integer()),
        sa.Column("error_en", sa.String()),
        sa.Column("error_zh", sa.String()),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("started_at", sa.Double()),
        sa.Column("ended_at", sa.Double()),
    )
    op.create_index("jobs_in_order", "jobs", ["state", "position"])


def _make_runs_and_submissions() -> None:
    op.create_table(
        "runs",
        sa.Column("id", sa.String(), primary_key=True),
        sa.Column("owner_id", sa.String(), sa.ForeignKey("users.id"), nullable=False, index=True),
        sa.Column("job_id", sa.String(), sa.ForeignKey("jobs.id"), nullable=False, unique=True),
        sa.Column("dataset_id", sa.String(), sa.ForeignKey("datasets.id", ondelete="SET NULL"), index=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("folder", sa.String(), nullable=False, unique=True),
        sa.Column("created_at", sa.Double(), nullable=False),
    )
    op.create_table(
        "submissions",
        sa.Column("owner_id", sa.String(), sa.ForeignKey("users.id"), primary_key=True),
        sa.Column("key", sa.String(), primary_key=True),
        sa.Column("request", sa.String(), nullable=False),
        sa.Column("made_id", sa.String(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
    )
