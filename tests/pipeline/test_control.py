"""A run that goes on in another process is asked to save, to draw and to stop."""

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest

from danlu.checkpoints.state import read_state
from danlu.cli.main import run as run_command
from danlu.pipeline.report import write_report
from danlu.pipeline.train import resume, train
from danlu.recipe import render_recipe
from danlu.rundir.control import ask
from danlu.rundir.events import AnyEvent, Checkpoint, Ended, Preview, Stage, StageName, Step, Stopping, Validation
from danlu.rundir.journal import read_journal
from danlu.rundir.layout import RunFolder
from danlu.rundir.stopping import WAITS_FOR
from small_world import make_recipe


def events_of(folder: RunFolder, kind: type) -> list[Any]:
    return [event for event in read_journal(folder.journal) if isinstance(event, kind)]


def wait_until(happened: Callable[[], object], process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + 300
    while not happened():
        assert process.poll() is None and time.monotonic() < until
        time.sleep(0.05)


def test_a_process_that_trains_answers_at_its_next_step(
    dataset: Path, base_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changes = {
        "training": {"length": "500 epochs"},
        "checkpoints": {"every": "never"},
        "previews": {"every": "never", "prompts": ["zq"], "steps": 1},
    }
    recipe = tmp_path / "recipe.toml"
    recipe.write_text(render_recipe(make_recipe(dataset, base_folder, changes)), encoding="utf-8")
    run = RunFolder(tmp_path / "跑 🔥")
    command = [sys.executable, "-m", "danlu", "train", str(recipe), "--run", str(run.root)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        wait_until(lambda: events_of(run, Step), process)
        assert not run.previews.exists()
        assert run_command(["save", str(run.root)]) == 0
        wait_until(lambda: events_of(run, Checkpoint), process)
        assert run_command(["preview", str(run.root)]) == 0
        wait_until(lambda: events_of(run, Preview), process)
        assert run_command(["resume", str(run.root)]) == 2  # it is at work
        assert run_command(["stop", str(run.root)]) == 0
        output, _ = process.communicate(timeout=300)
    finally:
        process.kill()
    told = capsys.readouterr().err
    assert "Asked: it saves and stops after its current step." in told and "another process is training" in told
    assert process.returncode == 0 and b"danlu resume" in output
    saved, last = (event for event in events_of(run, Checkpoint) if isinstance(event, Checkpoint))
    ended = next(event for event in events_of(run, Ended) if isinstance(event, Ended))
    assert saved.path == f"checkpoints/lora-step{saved.step:08d}.safetensors" or saved.step % 5 == 0
    assert (run.root / saved.path).exists() and saved.step < last.step == ended.step == read_state(run.state).step
    assert ended.outcome == "stopped"
    assert len(list((run.preview_folder(None)).glob("*.png"))) == 1 == len(list(run.previews.glob("0*/01.png")))
    assert not run.request("stop").exists()
    assert run_command(["stop", str(run.root)]) == 2 and "nothing is training" in capsys.readouterr().err


def test_previews_within_an_epoch_stay_beside_those_at_its_end(
    dataset: Path, base_folder: Path, tmp_path: Path
) -> None:
    run = RunFolder(tmp_path / "run")

    def ask_after_two(event: AnyEvent) -> None:
        if isinstance(event, Step) and event.step == 2:
            ask(run, "preview")
            ask(run, "save")

    previews = {"every": "1 epoch", "steps": 1, "prompts": ["zq"]}
    recipe = make_recipe(dataset, base_folder, {"previews": previews, "training": {"length": "1 epochs"}})
    train(recipe, run.root, listeners=[ask_after_two])
    assert sorted(path.name for path in run.previews.iterdir()) == ["001", "001-step00000002", "base"]
    assert (run.checkpoints / "lora-step00000002.safetensors").exists()
    page = write_report(run).read_text("utf-8")
    assert page.index("step 2") < page.index("epoch 1</th>") and page.count('loading="lazy"') == 3


def test_asking_changes_nothing_that_is_learnt(dataset: Path, base_folder: Path, tmp_path: Path) -> None:
    previews = {"previews": {"every": "never", "steps": 1, "prompts": ["zq"]}}
    recipe = make_recipe(dataset, base_folder, {**previews, "training": {"length": "5 steps", "ema": 0.9}})
    plain, _ = train(recipe, tmp_path / "plain")
    asked = RunFolder(tmp_path / "asked")

    def ask_often(event: AnyEvent) -> None:
        if isinstance(event, Step):
            ask(asked, "preview")
            ask(asked, "save")
            if event.step == 3:
                ask(asked, "stop")

    assert train(recipe, asked.root, listeners=[ask_often])[1] == "stopped"
    assert resume(asked.root)[1] == "finished"
    files = [(run.checkpoints / "lora.safetensors").read_bytes() for run in (plain, asked)]
    assert files[0] == files[1]


@pytest.mark.parametrize("stage", ["latents", "previews"])
def test_a_stop_is_answered_in_the_middle_of_a_stage(
    stage: str, dataset: Path, base_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And said at once, with what it waits for; what was left out is caught up with when the run goes on."""
    monkeypatch.setenv("DANLU_CACHE", str(tmp_path / "cache"))
    changes = {
        "training": {"length": "1 epochs"},
        "previews": {"every": "1 epoch", "prompts": ["zq"], "steps": 2},
        "validation": {"share": 0.3},
    }
    run = RunFolder(tmp_path / "run")

    def stop(event: AnyEvent) -> None:
        if isinstance(event, Stage) and event.name == stage and not events_of(run, Stopping):
            run.request("stop").parent.mkdir(exist_ok=True)
            run.request("stop").touch()

    assert train(make_recipe(dataset, base_folder, changes), run.root, listeners=[stop])[1] == "stopped"
    (told,) = events_of(run, Stopping)
    assert told == Stopping(time=told.time, waits_for=WAITS_FOR[cast("StageName", stage)])
    assert not events_of(run, Step) and not events_of(run, Preview) and not events_of(run, Checkpoint)
    assert sum(isinstance(event, Stage) and event.name == stage for event in read_journal(run.journal)) <= 2
    assert resume(run.root)[1] == "finished"
    assert [event.step for event in events_of(run, Validation)] == [0, 3]
    assert [event.step for event in events_of(run, Preview)] == [3]


def test_what_a_stop_leaves_out_at_the_end_of_an_epoch_is_caught_up_with(
    dataset: Path, base_folder: Path, tmp_path: Path
) -> None:
    changes = {
        "training": {"length": "2 epochs"},
        "previews": {"every": "1 epoch", "prompts": ["zq"], "steps": 2},
        "validation": {"share": 0.3},
    }
    run = RunFolder(tmp_path / "run")

    def stop(event: AnyEvent) -> None:
        if isinstance(event, Checkpoint):
            run.request("stop").parent.mkdir(exist_ok=True)
            run.request("stop").touch()

    recipe = make_recipe(dataset, base_folder, changes)
    assert train(recipe, run.root, listeners=[stop])[1] == "stopped"
    assert [event.step for event in events_of(run, Validation)] == [0] and not events_of(run, Preview)
    assert resume(run.root, listeners=[stop])[1] == "stopped"
    assert resume(run.root)[1] == "finished"
    assert [event.step for event in events_of(run, Validation)] == [0, 3, 6]
    assert [event.step for event in events_of(run, Preview)] == [3, 6]
