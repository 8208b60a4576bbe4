"""The tables of the studio's database. Rows have an owner; times are seconds since the epoch (UTC)."""

from typing import Any

from sqlalchemy import JSON, Double, ForeignKey, Index
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Table(DeclarativeBase):
    """Base of all tables."""

    type_annotation_map = {dict[str, Any]: JSON, float: Double}  # noqa: RUF012 -- SQLAlchemy reads it off the class


class UserRow(Table):
    """Somebody who owns things. On one machine there is one, without a login."""

    __tablename__ = "users"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[float]


class DatasetRow(Table):
    """A dataset; what it holds lies in its folder."""

    __tablename__ = "datasets"

    id: Mapped[str] = mapped_column(primary_key=True)
    owner_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    name: Mapped[str]
    folder: Mapped[str] = mapped_column(unique=True)
    version: Mapped[int]
    created_at: Mapped[float]
    changed_at: Mapped[float]


class JobRow(Table):
    """A job in the queue, at work, or done."""

    __tablename__ = "jobs"
    __table_args__ = (Index("jobs_in_order", "state", "position"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    owner_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    dataset_id: Mapped[str | None] = mapped_column(ForeignKey("datasets.id", ondelete="SET NULL"), index=True)
    kind: Mapped[str]
    order: Mapped[dict[str, Any]] = mapped_column("arguments")
    state: Mapped[str]
    wanted: Mapped[str | None]
    wanted_at: Mapped[float | None]
    position: Mapped[float]
    attempts: Mapped[int]
    lease_holder: Mapped[str | None]
    lease_until: Mapped[float | None]
    token: Mapped[int]
    exit_code: Mapped[int | None]
    error_en: Mapped[str | None]
    error_zh: Mapped[str | None]
    created_at: Mapped[float]
    started_at: Mapped[float | None]
    ended_at: Mapped[float | None]


class RunRow(Table):
    """A training; all that is known of it lies in its folder."""

    __tablename__ = "runs"

    id: Mapped[str] = mapped_column(primary_key=True)
    owner_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    job_id: Mapped[str] = mapped_column(ForeignKey("jobs.id"), unique=True)
    dataset_id: Mapped[str | None] = mapped_column(ForeignKey("datasets.id", ondelete="SET NULL"), index=True)
    name: Mapped[str]
    folder: Mapped[str] = mapped_column(unique=True)
    pick: Mapped[str | None]
    created_at: Mapped[float]


class ModelRow(Table):
    """A published model; its file, its card and its pictures lie in its folder."""

    __tablename__ = "models"

    id: Mapped[str] = mapped_column(primary_key=True)
    owner_id: Mapped[str] = mapped_column(ForeignKey("users.id"), index=True)
    run_id: Mapped[str | None] = mapped_column(ForeignKey("runs.id", ondelete="SET NULL"), index=True)
    name: Mapped[str]
    folder: Mapped[str] = mapped_column(unique=True)
    listed: Mapped[bool]
    created_at: Mapped[float]
    changed_at: Mapped[float]


class FactRow(Table):
    """What holds for the whole studio, by name; it has no owner."""

    __tablename__ = "facts"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[Any] = mapped_column(JSON)


class SubmissionRow(Table):
    """What a request that carried an idempotency key was answered, so that it can be answered the same again."""

    __tablename__ = "submissions"

    owner_id: Mapped[str] = mapped_column(ForeignKey("users.id"), primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    request: Mapped[str]
    made_id: Mapped[str]
    created_at: Mapped[float]
