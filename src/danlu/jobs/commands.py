"""From a job to the `danlu` command that does it, written when it begins."""

from danlu.jobs.base import Workplace, read_order
from danlu.rundir.layout import RunFolder
from danlu.store.database import Database
from danlu.store.datasets import find_dataset
from danlu.store.folder import StudioFolder
from danlu.store.records import JobRecord
from danlu.store.runs import run_of_job


def command_of(folder: StudioFolder, database: Database, job: JobRecord) -> list[str]:
    """The arguments of `danlu`. Raises `UserError` if what the job needs is gone."""
    dataset = find_dataset(database, job.owner_id, job.dataset_id or "")
    run = run_of_job(database, job.id)
    place = Workplace(
        folder.job(job.id),
        folder.dataset(dataset.folder) if dataset else None,
        RunFolder(folder.run(run.folder)) if run else None,
    )
    return read_order(job.order).command(place)
