"""Jobs as people see them: where they stand, how far they are, when they probably begin."""

import time
from typing import Any

from danlu.jobs.base import read_order
from danlu.jobs.launch import Evidence
from danlu.kit.language import Text
from danlu.rundir.layout import RunFolder
from danlu.store.datasets import find_dataset
from danlu.store.facts import read_fact
from danlu.store.jobs import WAITING_OR_AT_WORK, list_jobs
from danlu.store.records import AT_WORK, OVER, JobRecord
from danlu.store.runs import find_run, run_of_job
from danlu.studio.context import Studio
from danlu.studio.journals import glance_of
from danlu.studio.shapes.common import ProgressShape, Said, said
from danlu.studio.shapes.jobs import JobPage, JobShape
from danlu.studio.wording import for_browser


def show_page(studio: Studio, owner: str, dataset_id: str | None = None, limit: int | None = None) -> JobPage:
    """Jobs at work and waiting in the queue's order, then those that are over, the newest first."""
    with studio.database.reading():
        jobs = [job for job in list_jobs(studio.database, owner) if dataset_id in (None, job.dataset_id)]
        over = sorted((job for job in jobs if job.state in OVER), key=lambda job: -(job.ended_at or 0))
        current = [job for job in jobs if job.state in AT_WORK] + [job for job in jobs if job.state == "queued"]
        shown = [show_job(studio, job) for job in [*current, *over][:limit]]
        return JobPage(jobs=shown, paused=_is_paused(studio))


def show_job(studio: Studio, job: JobRecord) -> JobShape:
    """A job with all that is known of it now."""
    order = read_order(job.order)
    run = run_of_job(studio.database, job.id)
    if run is None and (subject := order.subject()):
        run = find_run(studio.database, job.owner_id, subject)
    dataset = find_dataset(studio.database, job.owner_id, job.dataset_id) if job.dataset_id else None
    place, start = _place(studio, job)
    return JobShape(
        **job.model_dump(include={"id", "kind", "state", "dataset_id", "attempts", "exit_code"}),
        dataset_name=dataset.name if dataset else None,
        run_id=run.id if run else None,
        run_name=run.name if run else None,
        place=place,
        created_at=job.created_at,
        started_at=job.started_at,
        ended_at=job.ended_at,
        expected_start_seconds=start,
        expected_seconds=None if job.state in OVER else _remaining(studio, job),
        progress=_progress(studio, job),
        has_results=job.state == "succeeded" and bool(order.results(studio.folder.job(job.id))),
        error=_error(studio, job),
        title=order.title,
        can_stop=order.can_stop and job.state in ("starting", "running"),
        can_cancel=job.state == "queued" or (job.state in AT_WORK and job.wanted != "cancel"),
        can_retry=job.state in ("failed", "cancelled", "interrupted"),
    )


def _is_paused(studio: Studio) -> bool:
    return bool(read_fact(studio.database, "queue_paused"))


def is_ordered(studio: Studio, names: tuple[str, ...]) -> bool:
    """Whether a job that waits or is at work was ordered with a thing: `names` are its id and its folder's name."""
    return any(_holds(job.order, names) for job in list_jobs(studio.database, states=WAITING_OR_AT_WORK))


def _holds(value: Any, names: tuple[str, ...]) -> bool:
    """Whether one of the names stands in an order, in a path too."""
    if isinstance(value, dict):
        return any(_holds(one, names) for one in value.values())
    if isinstance(value, list | tuple):
        return any(_holds(one, names) for one in value)
    return isinstance(value, str) and any(name in value for name in names)


def _error(studio: Studio, job: JobRecord) -> Said | None:
    if not job.error_en:
        return None
    return said(for_browser(studio.folder, Text(job.error_en, job.error_zh or job.error_en)))


def _place(studio: Studio, job: JobRecord) -> tuple[int | None, float | None]:
    """Where a waiting job stands, and in how many seconds it probably begins."""
    if job.state != "queued":
        return None, None
    waiting = list_jobs(studio.database, states=("queued",))
    before = [one for one in waiting if one.position < job.position]
    times = [_remaining(studio, one) for one in [*list_jobs(studio.database, states=AT_WORK), *before]]
    known = [one for one in times if one is not None]
    can_tell = len(known) == len(times) and not _is_paused(studio)
    return len(before), sum(known) if can_tell else None


def _remaining(studio: Studio, job: JobRecord) -> float | None:
    """How long a job still takes, as far as that is known."""
    run = _own_run(studio, job)
    if run is not None and job.state in AT_WORK:
        measured = glance_of(run).remaining_seconds
        if measured is not None:
            return measured
    taken = max(0.0, time.time() - job.started_at) if job.started_at else 0.0
    told = _told(studio, job)
    if told is not None and told.done > 0:
        return max(0.0, taken / told.done * (told.total - told.done))
    return still_expected(read_order(job.order).expected(), taken)


def still_expected(expected: float | None, taken: float) -> float | None:
    """What is left of an expectation, in seconds; None once it has run out: it was wrong, and says nothing any more."""
    return expected - taken if expected is not None and expected > taken else None


def _progress(studio: Studio, job: JobRecord) -> ProgressShape | None:
    run = _own_run(studio, job)
    if run is not None:
        journal = glance_of(run)
        return ProgressShape(done=journal.step, total=journal.total_steps) if journal.total_steps else None
    return _told(studio, job)


def _own_run(studio: Studio, job: JobRecord) -> RunFolder | None:
    """The run that a job makes: one that people see, or one within the job's own folder."""
    run = run_of_job(studio.database, job.id)
    if run is not None:
        return RunFolder(studio.folder.run(run.folder))
    return read_order(job.order).run_in(studio.folder.job(job.id))


def _told(studio: Studio, job: JobRecord) -> ProgressShape | None:
    """What the command says itself of its progress."""
    told = Evidence(studio.folder.job(job.id)).progress() if job.state in AT_WORK else None
    return ProgressShape(done=told[0], total=told[1]) if told else None
