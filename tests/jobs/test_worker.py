"""The worker: jobs one at a time, stopped and gone on with; and whatever is killed, every job is in a true state."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from danlu.datasets.history import FOLDER
from danlu.jobs import queue
from danlu.jobs import worker as worker_module
from danlu.jobs.launch import Evidence, launch, prepare, read_log
from danlu.jobs.process import BEGAN, TOO_LATE
from danlu.rundir.events import Ended, Started, Step
from danlu.rundir.journal import last_of, read_journal
from danlu.store import leases
from danlu.store.facts import write_fact
from danlu.store.jobs import find_job, list_jobs
from danlu.store.leases import claim
from jobs.conftest import LEASE_SECONDS


def steps_of(place, job) -> list[int]:
    return [event.step for event in read_journal(place.run(job).journal) if isinstance(event, Step)]


def pid_of(place, job) -> int:
    return json.loads((place.folder.job(job.id) / BEGAN).read_text())["pid"]


@contextmanager
def held_elsewhere(lock: Path) -> Iterator[None]:
    """A lock that another process holds."""
    script = f"import time; from filelock import FileLock; lock = FileLock({str(lock)!r}); lock.acquire(); "
    lock.parent.mkdir(parents=True, exist_ok=True)
    holder = subprocess.Popen(
        [sys.executable, "-c", script + "print(flush=True); time.sleep(60)"], stdout=subprocess.PIPE
    )
    try:
        assert holder.stdout is not None and holder.stdout.readline()
        yield
    finally:
        holder.kill()
        holder.communicate()


def test_jobs_are_done_one_after_the_other(place) -> None:
    first, second = place.crop(), place.crop()
    queue.move(place.database, second, 0)
    worker = place.worker()
    assert place.finish(worker, second).state == "succeeded"
    assert place.job(first).state == "queued"
    done = place.finish(worker, first)
    assert (done.state, done.exit_code, done.error_en) == ("succeeded", 0, None)
    assert "crop" in (place.folder.dataset(place.dataset.folder) / "danlu.toml").read_text("utf-8")


def test_a_mistake_is_told_in_both_languages_and_can_be_retried(place) -> None:
    job = place.train("2 steps", base={"path": str(place.base / "nothing")})
    worker = place.worker()
    failed = place.finish(worker, job)
    assert failed.state == "failed" and failed.exit_code == 2
    assert "doesn't exist" in (failed.error_en or "") and "不存在" in (failed.error_zh or "")
    assert "doesn't exist" in read_log(place.folder.job(job.id))
    with pytest.raises(queue.NotNowError):
        queue.stop(place.database, failed)
    assert queue.retry(place.database, failed).state == "queued"
    assert place.finish(worker, job).attempts == 2


def test_a_stopped_training_goes_on_and_longer(place) -> None:
    job, worker = place.train("400 steps"), place.worker()
    place.until(worker, lambda: place.run(job).journal.exists() and steps_of(place, job))
    assert place.job(job).state == "running"
    assert queue.stop(place.database, place.job(job)).state == "stopping"
    stopped = place.finish(worker, job)
    assert stopped.state == "interrupted" and stopped.error_en is None
    at = last_of(place.run(job).journal, Ended)
    assert at is not None and at.outcome == "stopped" and at.step < 400
    queue.cancel(place.database, queue.resume(place.database, stopped, None))
    assert place.job(job).state == "cancelled"


def test_a_stopped_training_that_could_not_save_says_so(place) -> None:
    job, worker = place.train("400 steps", checkpoints={"every": "never"}), place.worker()
    place.until(worker, lambda: place.run(job).journal.exists() and steps_of(place, job))
    place.run(job).state.parent.parent.mkdir(exist_ok=True)
    place.run(job).state.parent.write_bytes(b"a file where a folder is wanted")
    queue.stop(place.database, place.job(job))
    stopped = place.finish(worker, job)
    assert stopped.state == "interrupted" and "can't be written" in (stopped.error_en or "")


def test_a_finished_training_is_extended_once(place) -> None:
    """One that is refused is asked for again; one that was made before its training failed isn't."""
    job, worker = place.train("2 steps"), place.worker()
    done = place.finish(worker, job)
    with pytest.raises(queue.NotNowError):
        queue.resume(place.database, done, None)
    picture = next(place.folder.dataset(place.dataset.folder).rglob("*.png"))
    added = shutil.copy(picture, picture.with_name("added.png"))
    queue.resume(place.database, done, "1 steps")
    refused = place.finish(worker, job)
    assert refused.state == "failed" and "new pictures: " in (refused.error_en or "")
    added.unlink()
    logs = place.run(job).logs
    shutil.rmtree(logs)
    logs.write_text("a file where a folder is wanted")
    queue.retry(place.database, refused)
    failed = place.finish(worker, job)
    assert failed.state == "failed" and failed.order["extend"] is None
    logs.unlink()
    queue.retry(place.database, failed)
    assert place.finish(worker, job).state == "succeeded" and steps_of(place, job) == [1, 2, 3]


def test_a_cancelled_training_ends_soon(place) -> None:
    job, worker = place.train("4000 steps"), place.worker()
    place.until(worker, lambda: place.run(job).journal.exists() and steps_of(place, job))
    queue.cancel(place.database, place.job(job))
    assert place.finish(worker, job).state == "cancelled" and not Evidence(place.folder.job(job.id)).is_alive()


def test_a_killed_training_is_interrupted_and_goes_on(place) -> None:
    job, worker = place.train("40 epochs"), place.worker()
    place.until(worker, place.run(job).state.exists)
    os.kill(pid_of(place, job), signal.SIGKILL)
    broken = place.finish(worker, job)
    assert broken.state == "interrupted" and "from outside" in (broken.error_en or "")
    queue.retry(place.database, broken)
    assert place.finish(worker, job).state == "succeeded"
    starts = [event.step for event in read_journal(place.run(job).journal) if isinstance(event, Started)]
    assert starts[0] == 0 and len(starts) == 2 and starts[1] > 0
    assert (place.run(job).checkpoints / "lora.safetensors").exists()


def test_what_a_killed_job_was_writing_is_taken_back(place, monkeypatch) -> None:
    """Before anything else begins: a training would learn from half of it."""
    root = place.folder.dataset(place.dataset.folder)
    (root / "a.txt").write_bytes(b"old")
    after = {"a.txt": b"half", "b.txt": b"half"}
    script = (
        "import sys; from pathlib import Path; from danlu.jobs import process; import killed_writer; "
        f"process._run = lambda _: killed_writer.die_writing(Path({str(root)!r}), {after!r}, 1); process.main()"
    )

    def launch_dying(folder: Path, token: int, arguments: Sequence[str]) -> "subprocess.Popen[bytes]":
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        return subprocess.Popen([sys.executable, "-c", script, str(folder), str(token)], env=environment)

    monkeypatch.setattr(worker_module, "launch", launch_dying)
    assert place.finish(place.worker(), place.crop()).state == "interrupted"
    assert (root / "a.txt").read_bytes() == b"old" and not (root / FOLDER / "begun.json").exists()


def test_a_training_outlives_its_worker_and_is_taken_up_again(place) -> None:
    job, killed = place.train("60 steps"), place.worker()
    place.until(killed, lambda: place.run(job).journal.exists() and steps_of(place, job))
    pid = pid_of(place, job)
    next_worker = place.worker()
    next_worker.look()  # the lease still runs: it isn't its job yet
    assert place.job(job).token == 1
    done = place.finish(next_worker, job)
    assert done.state == "succeeded" and done.attempts == 1 and done.token == 2 and pid_of(place, job) == pid
    assert steps_of(place, job) == list(range(1, 61))
    killed.look()  # comes back after all, and has nothing to say
    assert place.job(job).state == "succeeded" and len(list_jobs(place.database)) == 1


@pytest.mark.parametrize(("shift", "alone"), [(-7200.0, False), (-7200.0, True), (-5.0, True), (7200.0, False)])
def test_a_job_of_a_killed_studio_is_taken_over_whatever_the_clock_says(place, monkeypatch, shift, alone) -> None:
    """The clock is behind after a power cut, or was set forward: nothing waits until it has caught up."""
    job, before = place.crop(), time.time()
    assert claim(place.database, job.id, "killed", LEASE_SECONDS) is not None
    monkeypatch.setattr(leases, "time", SimpleNamespace(time=lambda: before + shift))
    place.worker(alone=alone).look()
    assert place.job(job).state == "queued" and place.job(job).token == 2


def test_a_lease_of_another_machine_whose_clock_is_a_little_ahead_holds(place, monkeypatch) -> None:
    job, before = place.crop(), time.time()
    assert claim(place.database, job.id, "another", LEASE_SECONDS) is not None
    monkeypatch.setattr(leases, "time", SimpleNamespace(time=lambda: before - LEASE_SECONDS / 2))
    place.worker().look()
    assert place.job(job).token == 1


def test_a_job_whose_worker_died_before_its_process_began_waits_again(place) -> None:
    job = place.crop()
    claimed = claim(place.database, job.id, "killed", 0.01)
    assert claimed is not None
    prepare(place.folder.job(job.id), claimed.token)
    time.sleep(0.05)
    worker = place.worker()
    worker.look()
    assert place.job(job).state == "queued"
    late = launch(place.folder.job(job.id), claimed.token, ["train", "nothing"])
    assert late.wait(60) == TOO_LATE and not Evidence(place.folder.job(job.id)).has_begun()
    assert place.finish(worker, job).state == "succeeded"


@pytest.mark.parametrize("kind", ["crop", "train"])
def test_no_job_begins_while_its_dataset_is_being_changed(place, kind) -> None:
    """An import or an edit of the studio: a training would learn from half of it."""
    job = place.crop() if kind == "crop" else place.train("1 steps", base={"path": "nothing"})
    worker = place.worker()
    with held_elsewhere(place.folder.dataset_lock(place.dataset.folder)):
        for _ in range(3):
            worker.look()
        assert (place.job(job).state, place.job(job).attempts) == ("queued", 0)
    worker.look()
    assert place.job(job).state == "starting"
    assert place.finish(worker, job).state == ("succeeded" if kind == "crop" else "failed")


def test_a_paused_queue_starts_nothing_until_it_goes_on(place) -> None:
    """Also after the studio was started again; a job that is at work isn't touched."""
    write_fact(place.database, "queue_paused", value=True)
    job = place.crop()
    place.worker().look()
    worker = place.worker(alone=True)
    worker.look()
    assert (place.job(job).state, place.job(job).attempts) == ("queued", 0)
    write_fact(place.database, "queue_paused", value=False)
    worker.look()
    assert place.job(job).state == "starting"
    write_fact(place.database, "queue_paused", value=True)
    assert place.finish(worker, job).state == "succeeded"


def test_two_processes_of_a_job_are_never_at_work(place, tmp_path) -> None:
    folder = tmp_path / "job"
    prepare(folder, 1)
    with held_elsewhere(folder / "alive.lock"):
        assert Evidence(folder).is_alive()
        assert launch(folder, 1, ["doctor"]).wait(60) == TOO_LATE
    assert not Evidence(folder).is_alive() and find_job(place.database, None, "nothing") is None
