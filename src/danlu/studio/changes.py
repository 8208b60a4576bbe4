"""Changes of a dataset: one at a time, only on what the sender has seen, never beside a job that writes captions."""

from collections.abc import Generator
from contextlib import contextmanager

from danlu.datasets.history import Change, Contents, apply_change, recover
from danlu.kit.language import Text
from danlu.store.datasets import OutdatedError, advance_dataset, find_dataset
from danlu.store.jobs import list_jobs
from danlu.store.records import AT_WORK, DatasetRecord
from danlu.studio.context import Studio, require_dataset
from danlu.studio.problems import ProblemError
from danlu.studio.shapes.common import said
from danlu.studio.shapes.datasets import Changed

_WAIT_SECONDS = 30.0


@contextmanager
def alone(studio: Studio, dataset: DatasetRecord, version: int | None) -> Generator[DatasetRecord]:
    """Be the only one who changes a dataset; gives it as it is now, at `version` (None: whatever it is).

    What was changed counts twice, before and after: who reads between the two has a version that is outdated.

    What a killed process was writing is taken back before.

    Raises `OutdatedError` if it was changed since, `ProblemError` if a job is at work on it.
    """
    from filelock import FileLock, Timeout

    place = studio.folder.dataset_lock(dataset.folder)
    place.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(place)
    try:
        lock.acquire(timeout=_WAIT_SECONDS)
    except Timeout as error:
        raise _busy() from error
    try:
        if recover(studio.folder.dataset(dataset.folder)):
            advance_dataset(studio.database, dataset.id, None)
        now = require_dataset(studio, dataset.owner_id, dataset.id)
        if version is not None and now.version != version:
            raise OutdatedError(now.version)
        if is_busy(studio, now):
            raise _busy()
        try:
            yield now
        finally:
            after = find_dataset(studio.database, dataset.owner_id, dataset.id)
            if after is not None and after.version != now.version:
                advance_dataset(studio.database, dataset.id, None)
    finally:
        lock.release()


@contextmanager
def reading(dataset: DatasetRecord) -> Generator[DatasetRecord]:
    """What `alone` is for those who only ask what a change would do: nobody waits, and any version will do."""
    yield dataset


def is_busy(studio: Studio, dataset: DatasetRecord) -> bool:
    """Whether a job at work writes into a dataset."""
    return any(job.kind != "train" for job in list_jobs(studio.database, states=AT_WORK, dataset_id=dataset.id))


def keep(studio: Studio, dataset: DatasetRecord, title: Text, contents: Contents) -> Changed:
    """Let files of a dataset hold this, so that it can be undone; within `alone`."""
    version = advance(studio, dataset)
    return told(apply_change(studio.folder.dataset(dataset.folder), title, contents), version)


def advance(studio: Studio, dataset: DatasetRecord) -> int:
    """Count a change before it is made; returns the version that the dataset has once it is made, within `alone`.

    After a crash between the two, others look again for nothing, no more.
    """
    return advance_dataset(studio.database, dataset.id, dataset.version) + 1


def told(change: Change | None, version: int) -> Changed:
    """A change as it is sent."""
    return Changed(
        version=version, title=said(change.title) if change else None, files=len(change.after) if change else 0
    )


def _busy() -> ProblemError:
    text = Text(
        "A job is running on this dataset: wait until it is over, or cancel it.",
        "有任务正在处理该数据集：请等待其结束，或将其取消。",
    )
    return ProblemError(409, "busy", text)
