"""A run goes on as it was: what changed since it was saved is named, and trained only if that is accepted."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageOps
from safetensors.torch import load_file, save_file

from danlu.checkpoints.state import earlier_state, read_state
from danlu.cli.main import run as run_command
from danlu.kit.errors import UserError
from danlu.kit.files import file_sha256
from danlu.pipeline.sameness import changes, check_sameness, made_with
from danlu.pipeline.survey import survey_recipe
from danlu.pipeline.train import resume, train
from danlu.recipe import load_recipe, render_recipe
from danlu.rundir.control import ask
from danlu.rundir.events import AnyEvent, Started, Step, Warned
from danlu.rundir.journal import read_journal
from danlu.rundir.layout import RunFolder
from small_world import make_dataset, make_recipe
from tiny_base import make_base_folder

Change = Callable[[Path], object]


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds a dataset, a base, and a run that was stopped after 3 of 6 steps and saved after each."""
    place = tmp_path_factory.mktemp("stopped")
    base = make_base_folder(place / "base")
    run = RunFolder(place / "run")
    changes = {"checkpoints": {"every": "1 steps"}, "training": {"length": "6 steps"}, "schedule": {"kind": "constant"}}

    def stop(event: AnyEvent) -> None:
        if isinstance(event, Step) and event.step == 3:
            ask(run, "stop")

    assert train(make_recipe(make_dataset(place / "ds"), base, changes), run.root, listeners=[stop])[1] == "stopped"
    return place


@pytest.fixture
def moved(stopped: Path, tmp_path: Path) -> Path:
    """A copy of it elsewhere, whose run finds what was moved with it."""
    place = tmp_path / "moved"
    shutil.copytree(stopped, place)
    recipe = RunFolder(place / "run").recipe
    recipe.write_text(recipe.read_text("utf-8").replace(str(stopped), str(place)), "utf-8")
    return place


def picture(place: Path, number: int, suffix: str = "png") -> Path:
    return next((place / "ds").glob(f"*/图 {number}.{suffix}"))


def set_in_recipe(place: Path, **values: object) -> None:
    recipe = RunFolder(place / "run").recipe
    settings = [f"--set={key.replace('__', '.')}={json.dumps(value)}" for key, value in values.items()]
    changed = load_recipe(recipe, [one.removeprefix("--set=") for one in settings])
    recipe.write_text(render_recipe(changed), "utf-8")


def scale_weights(place: Path) -> None:
    path = next((place / "base" / "unet").glob("*.safetensors"))
    save_file({name: value * 1.5 for name, value in load_file(path).items()}, path)


def checked(place: Path, *, accept: bool = False) -> list[str]:
    folder = RunFolder(place / "run")
    notes = check_sameness(folder, survey_recipe(load_recipe(folder.recipe)), "fp32", accept=accept)
    assert all(note.zh for note in notes)
    return [note.en for note in notes]


def test_what_was_only_moved_is_the_same(moved: Path) -> None:
    set_in_recipe(moved, name="other", checkpoints__every="never", previews__steps=3, cache__latents="memory")
    assert checked(moved) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda at: picture(at, 1, "txt").write_text("other", "utf-8"), "other captions: 2_小 猫🐱/图 1.png"),
        (lambda at: picture(at, 2, "txt").unlink(), "other captions: 2_小 猫🐱/图 2.png"),
        (lambda at: picture(at, 1).rename(picture(at, 1).with_name("z.png")), "pictures that are gone: 2_小 猫🐱/图 1"),
        (
            lambda at: ImageOps.invert(Image.open(picture(at, 1)).convert("RGB")).save(picture(at, 1)),
            "pictures with other content: 2_小 猫🐱/图 1.png",
        ),
        (lambda at: Image.new("L", (40, 40)).save(picture(at, 0).with_name("图 0.mask.png")), None),
        (scale_weights, "the weights of the base's unet"),
        (lambda at: set_in_recipe(at, training__seed=7), "training.seed (42 → 7)"),
        (lambda at: set_in_recipe(at, optimizer__lr=0.02), "optimizer.lr (0.01 → 0.02)"),
        (lambda at: set_in_recipe(at, schedule__warmup="3 steps"), "schedule.warmup (0 → 3)"),
        (lambda at: set_in_recipe(at, adapter__dropout=0.1), "adapter.dropout (0.0 → 0.1)"),
    ],
)
def test_what_changed_is_named_unless_it_is_accepted(moved: Path, change: Change, said: str | None) -> None:
    change(moved)
    if said is None:  # a mask that the recipe doesn't read
        assert checked(moved) == []
        return
    with pytest.raises(UserError) as told:
        checked(moved)
    assert said in told.value.text.en and "--accept-changes" in told.value.text.en
    assert "接受改动" in told.value.text.zh
    assert any(said in note for note in checked(moved, accept=True))


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"adapter__rank": 4}, "adapter.rank (2 → 4)."),
        ({"adapter__kind": "loha"}, "adapter.kind (lora → loha)."),
        ({"optimizer__kind": "lion"}, "optimizer.kind (adamw → lion)."),
    ],
)
def test_what_has_another_form_cant_go_on(moved: Path, values: dict[str, Any], said: str) -> None:
    set_in_recipe(moved, **values)
    with pytest.raises(UserError) as told:
        checked(moved, accept=True)
    assert f"can't go on: {said} What was trained has another form" in told.value.text.en


def test_a_changed_rate_holds_once_it_is_accepted(moved: Path) -> None:
    set_in_recipe(moved, optimizer__lr=0.02)
    before = RunFolder(moved / "run").journal.read_bytes()
    assert run_command(["resume", str(moved / "run")]) == 2
    assert RunFolder(moved / "run").journal.read_bytes() == before
    assert run_command(["resume", str(moved / "run"), "--accept-changes"]) == 0
    rates = {e.step: e.rates["unet"] for e in read_journal(RunFolder(moved / "run").journal) if isinstance(e, Step)}
    assert [rates[step] for step in (3, 4, 6)] == [0.01, 0.02, 0.02]


def test_damaged_files_of_a_run_cost_no_progress_that_can_be_saved(stopped: Path, moved: Path) -> None:
    run, whole = RunFolder(moved / "run"), moved / "whole"
    shutil.copytree(run.root, whole)
    resume(whole)
    run.state.write_bytes(run.state.read_bytes()[:1000])
    run.plan.write_bytes(b"")
    lines = run.journal.read_bytes().splitlines(keepends=True)
    later = b'{"time": 1, "event": "of a later version"}\n'
    run.journal.write_bytes(b"".join([*lines[:-1], b"garbled\n", later, lines[-1]]))
    assert resume(run.root)[1] == "finished"
    started = [event.step for event in read_journal(run.journal) if isinstance(event, Started)]
    assert started == [0, 2]
    notes = " ".join(event.en for event in read_journal(run.journal) if isinstance(event, Warned))
    assert "goes on from the one before, of step 2" in notes and "passed over: 2." in notes
    assert file_sha256(run.checkpoints / "lora.safetensors") == file_sha256(whole / "checkpoints" / "lora.safetensors")
    assert json.loads(run.plan.read_bytes())["total_steps"] == 6


def test_a_lost_state_is_told_and_begins_again_if_that_is_accepted(moved: Path) -> None:
    run = RunFolder(moved / "run")
    run.state.unlink()
    assert ["goes on from the one before" in note for note in checked(moved)] == [True]
    earlier_state(run.state).unlink()
    with pytest.raises(UserError, match=r"is gone, though step 3 was saved .*--accept-changes"):
        checked(moved)
    assert "begins again" in checked(moved, accept=True)[0]
    shutil.rmtree(run.checkpoints)
    run.journal.unlink()
    assert checked(moved) == []


def test_a_state_of_another_version(stopped: Path) -> None:
    folder = RunFolder(stopped / "run")
    survey = survey_recipe(load_recipe(folder.recipe))
    now, before = made_with(survey, "fp32"), read_state(folder.state).made_with
    assert changes(before, now) == {}
    del before["recipe"]["training"]["max_skipped"], before["recipe"]["adapter"]["dropout"]
    assert changes(before, now) == {}, "a setting that came later is at its default"
    assert changes({}, now) is None
    assert changes({**before, "recipe": {**before["recipe"], "gone": 1}}, now) is None
