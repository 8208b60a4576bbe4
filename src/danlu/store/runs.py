"""Runs in the database, and what its owner has set."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import select

from danlu.store.database import Database
from danlu.store.records import JobState, RunRecord
from danlu.store.tables import JobRow, RunRow, UserRow


def list_runs(database: Database, owner: str) -> list[RunRecord]:
    """Somebody's runs, the newest first."""
    query = select(RunRow).where(RunRow.owner_id == owner).order_by(RunRow.created_at.desc())
    with database.reading() as session:
        return [RunRecord.model_validate(row) for row in session.scalars(query)]


def find_run(database: Database, owner: str, run_id: str) -> RunRecord | None:
    """Somebody's run, or None."""

    def load() -> RunRecord | None:
        with database.reading() as session:
            row = session.get(RunRow, run_id)
            return RunRecord.model_validate(row) if row is not None and row.owner_id == owner else None

    return database.known(("run", owner, run_id), load)


def run_of_job(database: Database, job_id: str) -> RunRecord | None:
    """The run that a job trains, or None."""

    def load() -> RunRecord | None:
        with database.reading() as session:
            row = session.scalars(select(RunRow).where(RunRow.job_id == job_id)).one_or_none()
            return RunRecord.model_validate(row) if row is not None else None

    return database.known(("run of", job_id), load)


def pick_checkpoint(database: Database, run_id: str, name: str | None) -> None:
    """Choose the adapter file of a run that its owner likes best, or none."""
    with database.writing() as session:
        session.get_one(RunRow, run_id).pick = name


def read_settings(database: Database, owner: str) -> dict[str, Any]:
    """What somebody has set."""
    with database.reading() as session:
        return dict(session.get_one(UserRow, owner).settings)


def write_settings(database: Database, owner: str, settings: dict[str, Any]) -> None:
    """Set these; what else somebody has set stays."""
    with database.writing() as session:
        row = session.get_one(UserRow, owner)
        row.settings = {**row.settings, **settings}


def drop_run(database: Database, run_id: str, states: Collection[JobState]) -> bool:
    """Forget a run and its job; False if the job isn't in one of `states`."""
    with database.writing() as session:
        row = session.get_one(RunRow, run_id)
        job = session.get(JobRow, row.job_id)
        if job is not None and job.state not in states:
            return False
        session.delete(row)
        session.flush()
        if job is not None:
            session.delete(job)
        return True
