"""Jobs in the database: handed in once, listed, and changed only from states that allow it."""

import re
import time
from collections.abc import Collection, Generator
from contextlib import contextmanager
from itertools import count
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from danlu.store.database import Database, new_id
from danlu.store.folder import folder_name
from danlu.store.records import AT_WORK, JobRecord, JobState
from danlu.store.tables import JobRow, RunRow, SubmissionRow

_NUMBERED = re.compile(r" \(\d+\)$")
WAITING_OR_AT_WORK: tuple[JobState, ...] = ("queued", *AT_WORK)


class KeyReusedError(Exception):
    """An idempotency key was used for another request before."""


def add_job(
    database: Database,
    owner: str,
    kind: str,
    order: dict[str, Any],
    *,
    dataset_id: str | None,
    run_name: str | None = None,
    key: tuple[str, str] | None = None,
) -> JobRecord:
    """A new job at the end of the queue, with its run if one is to be made: called `run_name`, with a number behind it
    if another one is called so.

    `key` is an idempotency key and the hash of the request: the same again gives the job that was made the first time.
    Raises `KeyReusedError` if the key came with another request.
    """
    with database.writing() as session:
        if key is not None and (known := session.get(SubmissionRow, (owner, key[0]))) is not None:
            if known.request != key[1]:
                raise KeyReusedError
            return JobRecord.model_validate(session.get_one(JobRow, known.made_id))
        now, job_id = time.time(), new_id()
        last = session.scalar(select(func.max(JobRow.position))) or 0.0
        row = JobRow(
            id=job_id,
            owner_id=owner,
            dataset_id=dataset_id,
            kind=kind,
            order=order,
            state="queued",
            position=last + 1,
            attempts=0,
            token=0,
            created_at=now,
        )
        session.add(row)
        session.flush()
        if run_name is not None:
            run_id = new_id()
            session.add(
                RunRow(
                    id=run_id,
                    owner_id=owner,
                    job_id=job_id,
                    dataset_id=dataset_id,
                    name=(distinct := _distinct(session, owner, run_name)),
                    folder=folder_name(distinct, run_id),
                    created_at=now,
                )
            )
        if key is not None:
            session.add(SubmissionRow(owner_id=owner, key=key[0], request=key[1], made_id=job_id, created_at=now))
        session.flush()
        return JobRecord.model_validate(row)


def _distinct(session: Session, owner: str, name: str) -> str:
    """A name that no run of an owner has: `pro 1 (2)` where there is a `pro 1`."""
    taken = set(session.scalars(select(RunRow.name).where(RunRow.owner_id == owner)))
    if name not in taken:
        return name
    stem = _NUMBERED.sub("", name)
    return next(one for number in count(2) if (one := f"{stem} ({number})") not in taken)


def list_jobs(
    database: Database,
    owner: str | None = None,
    *,
    states: Collection[JobState] = (),
    dataset_id: str | None = None,
    kind: str | None = None,
) -> list[JobRecord]:
    """Jobs (somebody's, or all), in the queue's order."""
    query = select(JobRow).order_by(JobRow.position)
    if owner is not None:
        query = query.where(JobRow.owner_id == owner)
    if states:
        query = query.where(JobRow.state.in_(states))
    if dataset_id is not None:
        query = query.where(JobRow.dataset_id == dataset_id)
    if kind is not None:
        query = query.where(JobRow.kind == kind)
    with database.reading() as session:
        return [JobRecord.model_validate(row) for row in session.scalars(query)]


def count_jobs(database: Database) -> dict[str, int]:
    """How many jobs are in each state, whosesoever they are; states without any are left out."""
    query = select(JobRow.state, func.count()).group_by(JobRow.state)
    with database.reading() as session:
        return {row[0]: row[1] for row in session.execute(query)}


def find_job(database: Database, owner: str | None, job_id: str) -> JobRecord | None:
    """Somebody's job (or anybody's), or None."""
    with database.reading() as session:
        row = session.get(JobRow, job_id)
        if row is None or (owner is not None and row.owner_id != owner):
            return None
        return JobRecord.model_validate(row)


def change_job(
    database: Database, job_id: str, states: Collection[JobState], *, token: int | None = None, **changes: Any
) -> JobRecord | None:
    """Change a job if it is in one of `states` (and its newest token is `token`), else None."""
    with database.writing() as session:
        row = session.get(JobRow, job_id)
        if row is None or row.state not in states or (token is not None and row.token != token):
            return None
        for name, value in changes.items():
            setattr(row, name, value)
        session.flush()
        return JobRecord.model_validate(row)


def requeue_job(
    database: Database, job_id: str, states: Collection[JobState], order: dict[str, Any]
) -> JobRecord | None:
    """Put a job that is over at the end of the queue; None if it isn't in one of `states`."""
    with database.writing() as session:
        row = session.get(JobRow, job_id)
        if row is None or row.state not in states:
            return None
        row.position = (session.scalar(select(func.max(JobRow.position))) or 0.0) + 1
        row.state, row.order = "queued", order
        row.wanted = row.wanted_at = row.error_en = row.error_zh = None
        row.exit_code = row.started_at = row.ended_at = None
        session.flush()
        return JobRecord.model_validate(row)


def move_job(database: Database, job_id: str, index: int) -> bool:
    """Bring a waiting job to a place (from 0) among the waiting; False if it isn't waiting."""
    query = select(JobRow).where(JobRow.state == "queued").order_by(JobRow.position)
    with database.writing() as session:
        waiting = list(session.scalars(query))
        row = next((one for one in waiting if one.id == job_id), None)
        if row is None:
            return False
        places = [one.position for one in waiting]
        waiting.remove(row)
        waiting.insert(max(0, index), row)
        for one, place in zip(waiting, places, strict=True):
            one.position = place
        return True


@contextmanager
def held(database: Database, job_id: str, states: Collection[JobState]) -> Generator[bool]:
    """Whether a job is in one of `states`; as long as the block lasts, no job changes. It must be short."""
    with database.writing() as session:
        row = session.get(JobRow, job_id)
        yield row is not None and row.state in states


def drop_job(database: Database, job_id: str, states: Collection[JobState]) -> bool:
    """Forget a job that made no run; False if it isn't in one of `states`."""
    with database.writing() as session:
        row = session.get(JobRow, job_id)
        if row is None or row.state not in states:
            return False
        session.delete(row)
        return True
