"""A studio's folder with a dataset in it, and workers that look when a test says so."""

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from danlu.jobs.worker import Worker
from danlu.recipe import merge
from danlu.rundir.layout import RunFolder
from danlu.store.database import Database, open_database
from danlu.store.datasets import add_dataset, new_dataset
from danlu.store.folder import StudioFolder
from danlu.store.jobs import add_job, find_job
from danlu.store.records import LOCAL_OWNER, OVER, DatasetRecord, JobRecord, RunRecord
from danlu.store.runs import run_of_job

LEASE_SECONDS = 2.0


@dataclass
class Place:
    """A studio without its application."""

    folder: StudioFolder
    database: Database
    dataset: DatasetRecord
    base: Path

    def worker(self, *, alone: bool = False) -> Worker:
        """A worker that does nothing until it is told to look."""
        return Worker(self.folder, self.database, lease_seconds=LEASE_SECONDS, alone=alone)

    def train(self, length: str, **changes: object) -> JobRecord:
        """A training on the tiny base, at the end of the queue."""
        values = {
            "dataset": {"path": str(self.folder.dataset(self.dataset.folder))},
            "base": {"path": str(self.base)},
            "adapter": {"kind": "lora", "rank": 2},
            "training": {"length": length, "batch_size": 2, "precision": "fp32", "device": "cpu"},
            "checkpoints": {"every": "1 epoch"},
            "previews": {"every": "never"},
        }
        order = {"kind": "train", "recipe": merge(values, changes)}
        return add_job(self.database, LOCAL_OWNER, "train", order, dataset_id=self.dataset.id, run_name="跑")

    def crop(self) -> JobRecord:
        """A job that is done in a second, at the end of the queue."""
        order = {"kind": "crop", "base": str(self.base), "mode": "centre"}
        return add_job(self.database, LOCAL_OWNER, "crop", order, dataset_id=self.dataset.id)

    def job(self, job: JobRecord) -> JobRecord:
        """A job as it is now."""
        found = find_job(self.database, None, job.id)
        assert found is not None
        return found

    def run(self, job: JobRecord) -> RunFolder:
        """The run that a job trains."""
        run = run_of_job(self.database, job.id)
        assert isinstance(run, RunRecord)
        return RunFolder(self.folder.run(run.folder))

    def until(self, worker: Worker, happened: Callable[[], object], seconds: float = 90) -> None:
        """Let a worker look until something has happened."""
        end = time.monotonic() + seconds
        while not happened():
            assert time.monotonic() < end
            worker.look()
            time.sleep(0.05)

    def finish(self, worker: Worker, job: JobRecord) -> JobRecord:
        """Let a worker look until a job is over."""
        self.until(worker, lambda: self.job(job).state in OVER)
        return self.job(job)


@pytest.fixture
def place(tmp_path: Path, dataset: Path, base_folder: Path) -> Place:
    folder = StudioFolder(tmp_path / "studio")
    database = open_database(folder.database)
    record = add_dataset(database, new_dataset(LOCAL_OWNER, "小猫"))
    shutil.copytree(dataset, folder.dataset(record.folder))
    return Place(folder, database, record, base_folder)
