"""Followed live: a run (its journal's events as they are written, the changes of its job), and a job's log."""

import asyncio
from collections.abc import AsyncIterator, Generator
from contextlib import contextmanager

from fastapi.sse import ServerSentEvent

from danlu.jobs.launch import read_log_from
from danlu.rundir.events import AnyEvent
from danlu.rundir.layout import RunFolder
from danlu.store.jobs import find_job
from danlu.store.records import OVER, JobRecord, RunRecord
from danlu.studio.context import Studio
from danlu.studio.jobs import show_job
from danlu.studio.journals import read_from

_LOOK_SECONDS = 0.4
_UNHURRIED = 50
"""So many streams are looked after as often as that; more share the same number of looks."""


class _Streams:
    """How many are open now, in this process."""

    count = 0


async def _rest() -> None:
    await asyncio.sleep(_LOOK_SECONDS * max(1.0, _Streams.count / _UNHURRIED))


@contextmanager
def _counted() -> Generator[None]:
    _Streams.count += 1
    try:
        yield
    finally:
        _Streams.count -= 1


async def follow(studio: Studio, run: RunRecord, offset: int) -> AsyncIterator[ServerSentEvent]:
    """What the journal says from a place on. An event's id is the place behind it.

    Ends when the job is over and all is told, or when the studio ends.
    """
    journal = RunFolder(studio.folder.run(run.folder)).journal
    known: tuple[object, ...] | None = None
    with _counted():
        while not studio.closing.is_set():
            job = await asyncio.to_thread(find_job, studio.database, None, run.job_id)
            if job is None:
                return
            if (now := (job.state, job.wanted, job.attempts)) != known:
                known = now
                yield await asyncio.to_thread(_tell_job, studio, job)
            for event, end in await asyncio.to_thread(read_from, journal, offset):
                offset = end
                yield _tell(event, end)
            if job.state in OVER:
                yield ServerSentEvent(event="over", id=str(offset), data={"state": job.state})
                return
            await _rest()


async def follow_log(studio: Studio, job: JobRecord, offset: int) -> AsyncIterator[ServerSentEvent]:
    """What a job's process prints from a place on, in whole lines. An event's id is the place behind it.

    Ends as `follow` does.
    """
    folder = studio.folder.job(job.id)
    with _counted():
        while not studio.closing.is_set():
            now = await asyncio.to_thread(find_job, studio.database, None, job.id)
            over = now is None or now.state in OVER
            text, end = await asyncio.to_thread(read_log_from, folder, offset, ended=over)
            if text:
                offset = end
                yield ServerSentEvent(event="log", id=str(end), data={"text": text})
            if over:
                yield ServerSentEvent(event="over", id=str(offset), data={})
                return
            await _rest()


def _tell(event: AnyEvent, end: int) -> ServerSentEvent:
    return ServerSentEvent(event=event.event, id=str(end), raw_data=event.model_dump_json())


def _tell_job(studio: Studio, job: JobRecord) -> ServerSentEvent:
    return ServerSentEvent(event="job", raw_data=show_job(studio, job).model_dump_json())
