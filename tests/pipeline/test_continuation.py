"""A run can be made longer: it goes on from where it stands, and what it has is never written over."""

from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from danlu.adapters.files import own_tensors, read_adapter, settings_in
from danlu.cli.main import run as run_command
from danlu.kit.errors import UserError
from danlu.kit.files import file_sha256
from danlu.kit.lengths import Length
from danlu.pipeline.continuation import extend_run, is_finished, longer_recipe
from danlu.pipeline.provenance import history_lines
from danlu.pipeline.report import write_report
from danlu.pipeline.survey import survey_recipe
from danlu.pipeline.train import kept_adapters, resume, train
from danlu.recipe import load_recipe
from danlu.rundir.events import AnyEvent, Checkpoint, Step, Warned
from danlu.rundir.journal import read_journal
from danlu.rundir.layout import RunFolder
from danlu.training.order import make_order
from danlu.training.schedules import rate_factor
from small_world import make_recipe

CONSTANT: dict[str, Any] = {
    "schedule": {"kind": "constant", "warmup": "2 steps"},
    "previews": {"every": "1 epoch", "steps": 1, "prompts": ["zq"]},
    "training": {"length": "1 epochs", "ema": 0.9},
}


def events_of(folder: RunFolder, kind: type) -> list[Any]:
    return [event for event in read_journal(folder.journal) if isinstance(event, kind)]


def contents(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): file_sha256(path) for path in folder.rglob("*") if path.is_file()}


def final_hash(folder: RunFolder) -> str:
    last = events_of(folder, Checkpoint)[-1]
    return read_adapter(folder.root / last.path).metadata["sshs_model_hash"]


def test_at_a_constant_rate_a_longer_run_is_what_it_would_have_been(
    dataset: Path, base_folder: Path, tmp_path: Path
) -> None:
    at_once = {**CONSTANT, "training": {"length": "3 epochs", "ema": 0.9}}
    whole, _ = train(make_recipe(dataset, base_folder, at_once), tmp_path / "whole")
    run, _ = train(make_recipe(dataset, base_folder, CONSTANT), tmp_path / "run")
    kept = {**contents(run.checkpoints), **contents(run.previews)}
    del kept["state/training.pt"]
    recipe, plan = run.recipe.read_bytes(), run.plan.read_bytes()
    assert is_finished(run)
    assert resume(run.root, extend=Length(1, "epochs"))[1] == "finished"
    assert resume(run.root, extend=Length(1, "epochs"))[1] == "finished"
    assert final_hash(run) == final_hash(whole)
    now = {**contents(run.checkpoints), **contents(run.previews)}
    assert all(now[name] == content for name, content in kept.items())
    assert (run.earlier(1).recipe.read_bytes(), run.earlier(1).plan.read_bytes()) == (recipe, plan)
    assert load_recipe(run.recipe).training.length == Length(3, "epochs") and run.earlier(2).plan.exists()
    assert [path.name for _, path in sorted(kept_adapters(run).items())] == [
        "lora.safetensors",
        "lora-000002.safetensors",
        "lora-000003.safetensors",
    ]
    assert all("goes on as it was" in event.en for event in events_of(run, Warned))
    assert is_finished(run) and "finished" in write_report(run).read_text("utf-8")


def test_a_falling_rate_is_computed_anew_and_told(dataset: Path, base_folder: Path, tmp_path: Path) -> None:
    changes = {"schedule": {"kind": "linear", "warmup": "20%"}, "training": {"length": "10 steps"}}
    recipe = make_recipe(dataset, base_folder, changes)
    run = RunFolder(tmp_path / "run")

    def stop(event: AnyEvent) -> None:
        if isinstance(event, Step) and event.step == 5:
            run.request("stop").parent.mkdir(exist_ok=True)
            run.request("stop").touch()

    assert train(recipe, run.root, listeners=[stop])[1] == "stopped"
    resume(run.root, extend=Length(10, "steps"))
    longer = load_recipe(run.recipe)
    assert (longer.training.length, longer.schedule.warmup) == (Length(20, "steps"), "2 steps")
    rates = {event.step: event.rates["unet"] for event in events_of(run, Step)}
    before = [0.01 * rate_factor(recipe.schedule, step=step, total_steps=10) for step in range(5)]
    after = [0.01 * rate_factor(longer.schedule, step=step, total_steps=20) for step in range(5, 20)]
    assert [rates[step] for step in range(1, 21)] == pytest.approx(before + after)
    (warned,) = events_of(run, Warned)
    assert "20 steps long now instead of 10" in warned.en and "step 6 runs at 83% of it, after 75% before" in warned.en
    assert "第 6 步为 83%，此前为 75%" in warned.zh


def test_an_epoch_that_was_cut_off_is_completed_beside_its_files(
    dataset: Path, base_folder: Path, tmp_path: Path
) -> None:
    """The end of the run counted as the end of epoch 1; when that really ends, its names are taken."""
    changes = {**CONSTANT, "training": {"length": "1 epochs", "max_steps": 3}}
    run, _ = train(make_recipe(dataset, base_folder, changes), tmp_path / "run")
    kept = {**contents(run.checkpoints), **contents(run.previews)}
    del kept["state/training.pt"]
    resume(run.root, extend=Length(1, "epochs"))
    per_epoch = survey_recipe(load_recipe(run.recipe)).order.steps_per_epoch
    assert [event.step for event in events_of(run, Step)] == list(range(1, 3 + per_epoch + 1))
    now = {**contents(run.checkpoints), **contents(run.previews)}
    assert all(now[name] == content for name, content in kept.items())
    assert {f"lora-step{per_epoch:08d}.safetensors", "lora-000002.safetensors"} <= set(now)
    assert {"001/01.png", f"001-step{per_epoch:08d}/01.png", "002/01.png"} <= set(now)


@pytest.mark.parametrize(("extend", "last"), [(Length(1, "steps"), 5), (None, 4)])
def test_an_extension_that_was_cut_off_is_completed(
    dataset: Path, base_folder: Path, tmp_path: Path, extend: Length | None, last: int
) -> None:
    run, _ = train(make_recipe(dataset, base_folder, {"training": {"length": "2 steps"}}), tmp_path / "run")
    before = run.plan.read_bytes()
    extend_run(run, survey_recipe(load_recipe(run.recipe)), Length(2, "steps"))
    run.plan.write_bytes(before)  # a crash between the recipe and the plan
    assert resume(run.root, extend=extend)[1] == "finished"
    assert [event.step for event in events_of(run, Step)] == list(range(1, last + 1))


def test_a_recipe_that_was_changed_by_hand_is_told(dataset: Path, base_folder: Path, tmp_path: Path) -> None:
    run, _ = train(make_recipe(dataset, base_folder, {"training": {"length": "2 steps"}}), tmp_path / "run")
    run.recipe.write_text(run.recipe.read_text("utf-8").replace("2 steps", "4 steps"), encoding="utf-8")
    with pytest.raises(UserError, match="its recipe changed since it began") as caught:
        resume(run.root, extend=Length(1, "epochs"))
    assert "配方在训练开始后有改动" in caught.value.text.zh


def test_lengths_that_make_no_sense(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_command(["resume", str(tmp_path), "--extend", "5"]) == 2
    assert "--extend '5': write a number and its unit" in capsys.readouterr().err
    assert run_command(["--lang", "zh", "resume", str(tmp_path), "--extend", "many"]) == 2
    assert "--extend“many”：请写数字和单位" in capsys.readouterr().err


@given(
    length=st.builds(Length, st.integers(1, 20), st.sampled_from(["epochs", "steps"])),
    by=st.builds(Length, st.integers(1, 20), st.sampled_from(["epochs", "steps"])),
    max_steps=st.none() | st.integers(1, 60),
)
def test_a_longer_run_begins_with_the_steps_of_the_shorter(length: Length, by: Length, max_steps: int | None) -> None:
    training = {"length": length, "max_steps": max_steps, "batch_size": 2}
    recipe = make_recipe(Path("d"), Path("b"), {"training": training})
    entries = {(64, 64): tuple(range(7)), (32, 64): tuple(range(7, 10))}
    order = make_order(entries, recipe.training)  # type: ignore[arg-type]
    longer = longer_recipe(recipe, order, by)
    other = make_order(entries, longer.training)  # type: ignore[arg-type]
    span = by.count * (order.steps_per_epoch if by.unit == "epochs" else 1)
    assert other.total_steps == order.total_steps + span
    first = [(step.number, step.epoch, step.place, step.group) for step in order.steps_after(0)]
    assert [(step.number, step.epoch, step.place, step.group) for step in other.steps_after(0)][: len(first)] == first
    warmup = recipe.schedule.warmup_steps(order.total_steps)
    assert longer.schedule.warmup_steps(other.total_steps) == warmup


def test_a_run_goes_on_from_an_adapter(dataset: Path, base_folder: Path, tmp_path: Path) -> None:
    """It begins with the file's change, says so, notices another file, and needs none once a state is saved."""
    first, _ = train(make_recipe(dataset, base_folder, CONSTANT), tmp_path / "first")
    file = tmp_path / "start.safetensors"
    file.write_bytes(kept_adapters(first)[1].read_bytes())
    still = {
        "optimizer": {"kind": "adamw", "lr": 1e-12},
        "adapter": {"kind": "lora", "rank": 8, "start_from": str(file)},
    }
    run, _ = train(make_recipe(dataset, base_folder, {**CONSTANT, **still}), tmp_path / "run")
    began, ended = read_adapter(file), read_adapter(kept_adapters(run)[1])
    assert began.layers.keys() == ended.layers.keys()
    for name, adapter in settings_in(began).items():
        change, after = (one.factors(own_tensors(one, held.layers[name])) for one, held in
                         ((adapter, began), (settings_in(ended)[name], ended)))  # fmt: skip
        assert change is not None and after is not None
        torch.testing.assert_close(after.change(), change.change(), atol=1e-4, rtol=1e-3)
    assert history_lines(ended.metadata) == ["train on start.safetensors"]
    assert str(tmp_path) not in str(ended.metadata)
    file.write_bytes(kept_adapters(run)[1].read_bytes())
    with pytest.raises(UserError, match="the file that it began from"):
        resume(run.root, extend=Length(1, "epochs"))
    file.unlink()
    assert resume(run.root, extend=Length(1, "epochs"))[1] == "finished"
