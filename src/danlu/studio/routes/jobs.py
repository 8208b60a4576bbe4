"""Jobs: handed in, listed, stopped, moved, tried again."""

import hashlib
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header, Query, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from danlu.jobs import queue
from danlu.jobs.launch import read_log
from danlu.kit.language import Text
from danlu.kit.variants import Chosen, kind_name
from danlu.store.facts import write_fact
from danlu.store.jobs import add_job
from danlu.store.records import JobRecord
from danlu.studio.answers import half_second
from danlu.studio.context import LocalOwner, OwnedJob, Owner, TheStudio
from danlu.studio.following import follow_log
from danlu.studio.jobs import show_job, show_page
from danlu.studio.orders.base import NewJob
from danlu.studio.shapes.jobs import JobLog, JobMove, JobPage, JobResume, JobShape, QueueShape
from danlu.studio.wording import without_places

router = APIRouter(tags=["jobs"])
IdempotencyKey = Annotated[str | None, Header(alias="Idempotency-Key", min_length=8, max_length=200)]


@router.get("/jobs", response_model=JobPage)
def get_jobs(
    studio: TheStudio,
    owner: Owner,
    dataset_id: Annotated[str | None, Query(max_length=64)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Response:
    """Jobs at work and waiting in the queue's order, then those that are over, the newest first."""
    return studio.answers.once(
        ("jobs", owner, dataset_id, limit),
        (studio.database.stamp(), half_second()),
        JobPage,
        lambda: show_page(studio, owner, dataset_id, limit),
    )


@router.post("/jobs", status_code=201)
def submit_job(
    order: Chosen[NewJob], studio: TheStudio, owner: Owner, idempotency_key: IdempotencyKey = None
) -> JobShape:
    """Put a job at the end of the queue: crop or tag a dataset, or train a recipe on it.

    Sent again with the same `Idempotency-Key`, it answers with the job that was made the first time.
    """
    hashed = hashlib.sha256(order.model_dump_json().encode()).hexdigest()
    placed = order.place(studio, owner)
    job = add_job(
        studio.database,
        owner,
        kind_name(type(placed.order)),
        placed.order.model_dump(mode="json"),
        dataset_id=placed.dataset_id,
        run_name=placed.run_name,
        key=(idempotency_key, hashed) if idempotency_key else None,
    )
    return _done(studio, job)


@router.get("/jobs/{job_id}")
def get_job(job: OwnedJob, studio: TheStudio) -> JobShape:
    """A job."""
    return show_job(studio, job)


@router.get("/jobs/{job_id}/log")
def get_job_log(job: OwnedJob, studio: TheStudio) -> JobLog:
    """What the job's process said last."""
    log = read_log(studio.folder.job(job.id))
    return JobLog(text=without_places(studio.folder, Text(log, log)).en)


@router.get("/jobs/{job_id}/log/events", response_class=EventSourceResponse)
async def get_job_log_events(
    job: OwnedJob,
    studio: TheStudio,
    after: Annotated[int, Query(ge=0)] = 0,
    last_event_id: Annotated[str | None, Header(max_length=40)] = None,
) -> AsyncIterator[ServerSentEvent]:
    """What the job's process prints, as server-sent events `log` with a `text` of whole lines; `over` is the last.

    A client that reconnects sends `Last-Event-ID` and misses nothing; `after` is the same for the first time.
    """
    begin = int(last_event_id) if last_event_id and last_event_id.isdecimal() else after
    async for event in follow_log(studio, job, begin):
        yield event


@router.post("/jobs/{job_id}/stop")
def stop_job(job: OwnedJob, studio: TheStudio) -> JobShape:
    """Let a training save and end after its current step; it can be resumed. Others are cancelled."""
    return _done(studio, queue.stop(studio.database, job))


@router.post("/jobs/{job_id}/cancel")
def cancel_job(job: OwnedJob, studio: TheStudio) -> JobShape:
    """End a job, or take it out of the queue."""
    return _done(studio, queue.cancel(studio.database, job))


@router.post("/jobs/{job_id}/retry")
def retry_job(job: OwnedJob, studio: TheStudio) -> JobShape:
    """Put a job that failed, was cancelled or interrupted at the end of the queue; trainings go on where they were."""
    return _done(studio, queue.retry(studio.database, job))


@router.post("/jobs/{job_id}/resume")
def resume_job(order: JobResume, job: OwnedJob, studio: TheStudio) -> JobShape:
    """Let a training go on from its last saved state, or longer than planned."""
    return _done(studio, queue.resume(studio.database, job, order.extend, accept_changes=order.accept_changes))


@router.post("/jobs/{job_id}/move")
def move_queued_job(order: JobMove, job: OwnedJob, studio: TheStudio) -> JobPage:
    """Bring a waiting job to another place in the queue."""
    queue.move(studio.database, job, order.place)
    return show_page(studio, job.owner_id)


@router.put("/queue")
def put_queue(order: QueueShape, studio: TheStudio, _owner: LocalOwner) -> QueueShape:
    """Pause the whole queue, or let it go on. It stays so when the studio is started again."""
    write_fact(studio.database, "queue_paused", order.paused)
    studio.worker.wake()
    return order


def _done(studio: TheStudio, job: JobRecord) -> JobShape:
    studio.worker.wake()
    return show_job(studio, job)
