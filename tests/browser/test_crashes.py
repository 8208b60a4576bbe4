"""Whatever is killed, the page says what is true, and a press of a button goes on."""

import signal
from pathlib import Path

import psutil
import pytest

from browser.filling import endless_training, small_dataset
from browser.pages import Run
from browser.studio import RunningStudio
from browser.visitor import Visit
from danlu.rundir.events import Started, Step
from danlu.rundir.journal import read_journal

pytestmark = pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")


def training_process(studio: RunningStudio) -> psutil.Process:
    """The one training that is at work."""
    (process,) = studio.processes_of_jobs()
    return process


def steps_after_resuming(journal: Path) -> list[int]:
    events = list(read_journal(journal))
    second = [number for number, event in enumerate(events) if isinstance(event, Started)][1:]
    return [event.step for event in events[second[0] :] if isinstance(event, Step)] if second else []


def test_a_killed_training_and_a_killed_studio(studio: RunningStudio, visit: Visit) -> None:
    dataset = small_dataset(studio)["id"]
    job = endless_training(studio, dataset, "长跑")
    visitor = visit(studio, "zh")
    run = Run.of(visitor, job["run_id"])
    run.expect_state("running")
    run.expect_checkpoint()

    training_process(studio).kill()
    run.expect_state("interrupted")
    visitor.page.reload()
    run.expect_state("interrupted")
    visitor.press("run.resume")
    run.expect_state("running")

    trained = training_process(studio)
    with visitor.expecting_trouble():
        studio.kill()
        visitor.sees_word("problem.offline")
        assert trained.is_running()
        studio.start()
        run.expect_state("running")
    assert training_process(studio) == trained
    assert run.id == job["run_id"]

    (journal,) = studio.folder.glob("runs/*/journal.jsonl")
    while len(steps_after_resuming(journal)) < 2:  # a stop would be heard before the first step too
        visitor.page.wait_for_timeout(200)
    visitor.press("run.stop")
    visitor.press("run.stop", visitor.dialog("run.stop"))
    run.expect_state("interrupted")
    gone_on = steps_after_resuming(journal)
    assert gone_on[0] > 1 and gone_on == list(range(gone_on[0], gone_on[-1] + 1))
    assert studio.job(job["id"])["attempts"] == 2
