"""Leases: who is at work on a job, and until when that is believed. One job is at work at a time.

Whoever takes a job gets a token one higher than the last; with an older one nothing can be written any more. A holder
that doesn't renew its lease (it was killed, its machine sleeps) loses the job to the next that asks. A lease that ends
further ahead than leases last was written by a clock that has been set back since: it is void.
"""

import time

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from danlu.store.database import Database
from danlu.store.records import AT_WORK, JobRecord
from danlu.store.tables import JobRow

_MARGIN = 2
"""So many lengths ahead may a lease end by another machine's clock."""


def next_waiting(database: Database) -> JobRecord | None:
    """The first waiting job, unless one is at work."""
    with database.reading() as session:
        row = _first(session)
        return JobRecord.model_validate(row) if row is not None else None


def claim(database: Database, job_id: str, holder: str, seconds: float) -> JobRecord | None:
    """Take a job; None if it isn't the first that waits any more, or another is at work."""
    with database.writing() as session:
        row = _first(session)
        if row is None or row.id != job_id:
            return None
        row.state, row.attempts = "starting", row.attempts + 1
        row.started_at, row.ended_at = time.time(), None
        _hold(row, holder, seconds)
        session.flush()
        return JobRecord.model_validate(row)


def take_over(database: Database, holder: str, seconds: float, *, alone: bool = False) -> JobRecord | None:
    """Take a job at work whose holder hasn't renewed its lease; whoever is `alone` with the database takes any, as
    nobody else can hold it.
    """
    now = time.time()
    query = select(JobRow).where(JobRow.state.in_(AT_WORK)).limit(1)
    if not alone:
        until = JobRow.lease_until
        query = query.where(or_(until.is_(None), until < now, until > now + _MARGIN * seconds))
    with database.reading() as session:
        if session.scalars(query).one_or_none() is None:
            return None
    with database.writing() as session:
        row = session.scalars(query).one_or_none()
        if row is None:
            return None
        _hold(row, holder, seconds)
        session.flush()
        return JobRecord.model_validate(row)


def renew(database: Database, job: JobRecord, seconds: float) -> JobRecord | None:
    """Hold a job for longer; as it is now, or None if somebody else has it or it isn't at work any more."""
    with database.writing() as session:
        row = session.get(JobRow, job.id)
        if row is None or row.token != job.token or row.state not in AT_WORK:
            return None
        row.lease_until = time.time() + seconds
        session.flush()
        return JobRecord.model_validate(row)


def _first(session: Session) -> JobRow | None:
    if session.scalar(select(JobRow.id).where(JobRow.state.in_(AT_WORK)).limit(1)) is not None:
        return None
    query = select(JobRow).where(JobRow.state == "queued").order_by(JobRow.position).limit(1)
    return session.scalars(query).one_or_none()


def _hold(row: JobRow, holder: str, seconds: float) -> None:
    row.lease_holder, row.lease_until = holder, time.time() + seconds
    row.token += 1
