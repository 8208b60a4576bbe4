"""What became of a job, by what its process left: whatever the clock said meanwhile."""

import json
import os
from pathlib import Path

import pytest

from danlu.jobs.attempts import attempt_of, begin_attempt
from danlu.jobs.base import Workplace
from danlu.jobs.kinds.train import TrainOrder
from danlu.jobs.launch import Evidence
from danlu.jobs.outcome import outcome_of
from danlu.jobs.process import ENDED
from danlu.rundir.events import AnyEvent, Checkpoint, Ended, Failed, Started
from danlu.rundir.layout import RunFolder
from danlu.store.records import JobRecord

JOB = {
    **dict.fromkeys(("dataset_id", "wanted", "wanted_at", "lease_holder", "lease_until", "exit_code", "error_en")),
    **dict.fromkeys(("error_zh", "ended_at")),
    "id": "job",
    "owner_id": "local",
    "kind": "train",
    "order": {},
    "state": "running",
    "position": 1.0,
    "attempts": 2,
    "token": 2,
    "created_at": 5000.0,
    "started_at": 5000.0,
}


SAVED = Checkpoint(step=1, epoch=1, path="checkpoints/a.safetensors", final=False)


def append(run: RunFolder, *events: AnyEvent) -> None:
    """Events of a clock that is far behind the job's."""
    with run.journal.open("a") as file:
        file.writelines(one.model_copy(update={"time": 100.0}).model_dump_json() + "\n" for one in events)


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    made = RunFolder(tmp_path / "run")
    made.root.mkdir()
    return made


def judged(folder: Path, run: RunFolder, code: int, wanted: str | None = None) -> tuple[str, str | None]:
    (folder / ENDED).write_text(json.dumps({"token": 2, "code": code}))
    found = outcome_of(JobRecord.model_validate({**JOB, "wanted": wanted}), Evidence(folder), run)
    return found.state, found.error.en if found.error else None


def test_only_what_is_new_in_the_journal_counts(tmp_path: Path, run: RunFolder) -> None:
    append(run, Started(), Ended(step=3, outcome="finished"))
    begin_attempt(tmp_path, run)
    assert judged(tmp_path, run, 0, "cancel")[0] == "cancelled"  # that it has finished once before says nothing
    append(run, Ended(step=2, outcome="stopped"))
    assert judged(tmp_path, run, 0) == ("interrupted", None)
    append(run, Ended(step=4, outcome="finished"))
    assert judged(tmp_path, run, 0, "cancel") == ("succeeded", None)


def test_the_reason_is_that_of_this_attempt(tmp_path: Path, run: RunFolder) -> None:
    append(run, Failed(message="the first time"))
    begin_attempt(tmp_path, run)
    assert judged(tmp_path, run, 1) == ("failed", "The process failed: it ended without a word")
    append(run, Failed(message="the second time"))
    assert judged(tmp_path, run, 1) == ("failed", "The process failed: the second time")


def test_a_run_is_asked_once_to_get_longer(tmp_path: Path, run: RunFolder) -> None:
    """It has when its recipe is written anew, also by a clock that stands hours before the job began."""
    order = TrainOrder(recipe={}, extend="5 epochs")
    run.recipe.write_text("old")
    begin_attempt(tmp_path, run)
    assert order.left(run, attempt_of(tmp_path)).extend == "5 epochs"
    run.recipe.write_text("new")
    os.utime(run.recipe, (100, 100))
    assert order.left(run, attempt_of(tmp_path)).extend is None


def test_changes_are_accepted_until_they_are_saved(tmp_path: Path, run: RunFolder) -> None:
    order = TrainOrder(recipe={}, accept_changes=True)
    append(run, SAVED)
    begin_attempt(tmp_path, run)
    assert order.left(run, attempt_of(tmp_path)).accept_changes
    append(run, SAVED)
    assert not order.left(run, attempt_of(tmp_path)).accept_changes
    for path in (run.recipe, run.plan):
        path.touch()
    place = Workplace(tmp_path, None, run)
    assert [("--accept-changes" in one.command(place)) for one in (order, TrainOrder(recipe={}))] == [True, False]
