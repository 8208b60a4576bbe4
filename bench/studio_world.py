"""What the bench of the studio looks at: a dataset of 1,000 pictures, trainings of the past, a studio of its own."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil

import intake
from danlu.client.studio import Studio
from danlu.store.database import open_database
from danlu.store.folder import StudioFolder
from danlu.store.jobs import add_job, change_job, find_job
from danlu.store.records import LOCAL_OWNER, OVER
from danlu.store.runs import list_runs, run_of_job
from danlu.studio.shapes.jobs import JobShape

PICTURES, SIZE = 1000, (1216, 1536)
"""Of the dataset: 1.9 megapixels, as people bring for SDXL."""
DATASETS, RUNS = 8, 30
"""Besides it: datasets of the sample character, trainings that are over."""
PAST_STEPS, ENDLESS_STEPS = 120, 1_000_000
_TAGS = [
    f"{colour} {thing}" for colour in ("red", "blue", "long", "short") for thing in ("hair", "dress", "eyes", "hat")
]
_SAMPLE = Path(__file__).parents[1] / "src" / "danlu" / "data" / "samples" / "character"


@dataclass(frozen=True)
class World:
    """Where things are."""

    work: Path
    big: str
    """Id of the dataset of 1,000 pictures."""
    small: tuple[str, ...]
    upload_seconds: float
    picture_mb: float


class Running:
    """A studio at work."""

    def __init__(self, address: str, process: psutil.Process) -> None:
        self.address, self.process = address, process
        self.studio = Studio(address)

    def memory_mib(self) -> dict[str, float]:
        """Of all its processes, those of jobs left out: resident (shared parts counted each time), proportional."""
        everyone = [one for one in [self.process, *self.process.children(recursive=True)] if not _is_job(one)]
        about = [one.memory_full_info() for one in everyone]
        return {
            "processes": len(everyone),
            "rss": sum(one.rss for one in about) / 2**20,
            "pss": sum(one.pss for one in about) / 2**20,
        }


def _is_job(process: psutil.Process) -> bool:
    return "danlu.jobs.process" in " ".join(process.cmdline())


@contextmanager
def running(work: Path) -> Iterator[Running]:
    """A studio on a free port, with a cache of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = str(work / "studio")
    command = [sys.executable, "-m", "danlu", "studio", "--no-browser", "--data", folder, "--port", str(port)]
    ours = {name: value for name, value in os.environ.items() if not name.startswith("OMP_")}
    environment = {**ours, "DANLU_CACHE": str(work / "cache"), "DANLU_LANG": "en"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline(), "the studio didn't start"
            yield Running(f"http://127.0.0.1:{port}", psutil.Process(process.pid))
        finally:
            process.terminate()


def make_world(work: Path, pictures: int) -> World:
    """Upload the pictures as a script would, and make what a studio has after some weeks."""
    mean_bytes = _write_pictures(work / "Mei", pictures)
    with running(work) as here:
        big = here.studio.make_dataset("Mei").id
        started = time.perf_counter()
        for _ in here.studio.upload(big, [work / "Mei"]):
            pass
        upload_seconds = time.perf_counter() - started
        small = [here.studio.make_dataset(f"Character {number}").id for number in range(DATASETS)]
        for one in small:
            for _ in here.studio.upload(one, [_SAMPLE]):
                pass
        past = train(here, small[0], PAST_STEPS)
        while here.studio.job(past.id).state not in OVER:
            time.sleep(0.5)
    shutil.rmtree(work / "Mei")
    _repeat_past(StudioFolder(work / "studio"), past.id)
    return World(work, big, tuple(small), upload_seconds, mean_bytes / 1e6)


def train(here: Running, dataset: str, steps: int) -> JobShape:
    """A training on the embedded base, with a preview now and then."""
    recipe = here.studio.draft(dataset, "danlu-mini", "anime").recipe
    recipe["training"]["length"] = f"{steps} steps"
    recipe["checkpoints"]["every"] = "never" if steps == ENDLESS_STEPS else "100 steps"
    recipe["previews"]["every"] = recipe["checkpoints"]["every"]
    return here.studio.submit({"kind": "train", "dataset_id": dataset, "recipe": recipe})


def _write_pictures(folder: Path, count: int) -> float:
    """Pictures with captions of 12 tags; the mean size of a picture in bytes."""
    rng = np.random.default_rng(1)
    intake.SIZE = SIZE
    mean = intake.write_pictures(folder, count)
    for place in folder.glob("*.jpg"):
        place.with_suffix(".txt").write_text(", ".join(["mei", *rng.choice(_TAGS, 12, replace=False)]))
    return mean


def _repeat_past(folder: StudioFolder, job_id: str) -> None:
    """The same training again and again, with folders of its own, as if each had been run."""
    database = open_database(folder.database)
    job, (run,) = find_job(database, LOCAL_OWNER, job_id), list_runs(database, LOCAL_OWNER)
    assert job is not None
    for number in range(1, RUNS):
        again = add_job(
            database, LOCAL_OWNER, "train", job.order, dataset_id=job.dataset_id, run_name=f"{run.name} {number}"
        )
        changes = {"state": job.state, "attempts": 1, "started_at": job.started_at, "ended_at": job.ended_at}
        change_job(database, again.id, ("queued",), **changes)
        made = run_of_job(database, again.id)
        assert made is not None
        shutil.copytree(folder.run(run.folder), folder.run(made.folder))
    database.close()
