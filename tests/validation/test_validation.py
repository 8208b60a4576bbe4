"""Held-out pictures are measured, never trained on, and measuring changes nothing."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from danlu.kit.errors import UserError
from danlu.pipeline.plan import make_plan
from danlu.pipeline.report import write_report
from danlu.pipeline.survey import survey_recipe
from danlu.pipeline.train import resume, train
from danlu.rundir.events import AnyEvent, Step, Validation
from danlu.rundir.journal import read_journal
from danlu.rundir.layout import RunFolder
from danlu.weights.safetensor_files import model_hash
from small_world import make_dataset, make_recipe

CHANGES: dict[str, Any] = {
    "adapter": {"kind": "locon", "rank": 2, "dropout": 0.2, "module_dropout": 0.2},
    "dataset": {"captions": {"shuffle": True}, "augmentation": {"flip": True}},
    "objective": {"noise_offset": 0.05},
    "training": {"ema": 0.9, "accumulation": 2},
    "validation": {"pictures": 2, "every": "2 steps"},
}


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_dataset(tmp_path_factory.mktemp("d") / "数据 集", pictures=7)


@pytest.fixture(scope="module")
def run(dataset: Path, base_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return train(make_recipe(dataset, base_folder, CHANGES), tmp_path_factory.mktemp("run") / "whole")[0]


def final_hash(folder: RunFolder) -> str:
    return model_hash(folder.checkpoints / "lora.safetensors")


def validations(folder: RunFolder) -> list[Validation]:
    return [event for event in read_journal(folder.journal) if isinstance(event, Validation)]


def test_held_out_pictures_are_never_trained_on(dataset: Path, base_folder: Path) -> None:
    survey = survey_recipe(make_recipe(dataset, base_folder, CHANGES))
    names = {picture.name for picture in survey.held_out}
    assert len(names) == 2
    trained = {survey.dataset.pictures[i].name for step in survey.order.steps_after(0) for i in step.group.items}
    assert len(trained) == 5 and not trained & names


def test_regularization_pictures_are_never_held_out_and_balance_what_is_trained(
    dataset: Path, base_folder: Path, tmp_path: Path
) -> None:
    others = make_dataset(tmp_path / "others", pictures=13, repeats=1)
    changes = {"dataset": {"regularization": str(others)}, "validation": {"share": 0.3}}
    plan = make_plan(make_recipe(dataset, base_folder, changes))
    assert len(plan.held_out) == 2 and not any("others" in name for name in plan.held_out)
    assert (plan.images_per_epoch, plan.regularization_images) == (20, 10)
    assert any(warning.en.startswith("10 of 13 regularization pictures are used") for warning in plan.warnings)


def test_the_run_learns_what_it_would_without_them(
    run: RunFolder, dataset: Path, base_folder: Path, tmp_path: Path
) -> None:
    """Bit by bit: the same pictures, without the two that were held out, and without validation."""
    held_out = survey_recipe(make_recipe(dataset, base_folder, CHANGES)).held_out
    rest = tmp_path / "数据 集"
    shutil.copytree(dataset, rest)
    for picture in held_out:
        (rest / picture.name).unlink()
    plain, _ = train(make_recipe(rest, base_folder, {**CHANGES, "validation": {}}), tmp_path / "plain")
    assert final_hash(plain) == final_hash(run)
    assert validations(plain) == []


def test_resumed_ends_with_the_same_weights_and_the_same_curve(
    run: RunFolder, dataset: Path, base_folder: Path, tmp_path: Path
) -> None:
    folder = RunFolder(tmp_path / "parts")

    def stop_after_three(event: AnyEvent) -> None:
        if isinstance(event, Step) and event.step == 3:
            folder.request("stop").parent.mkdir(exist_ok=True)
            folder.request("stop").touch()

    recipe = make_recipe(dataset, base_folder, CHANGES)
    assert train(recipe, folder.root, listeners=[stop_after_three])[1] == "stopped"
    assert resume(folder.root)[1] == "finished"
    assert final_hash(folder) == final_hash(run)
    assert [(one.step, one.loss) for one in validations(folder)] == [(one.step, one.loss) for one in validations(run)]


def test_it_is_measured_when_it_should_be(run: RunFolder, dataset: Path, base_folder: Path) -> None:
    plan = make_plan(make_recipe(dataset, base_folder, CHANGES))
    measured = validations(run)
    due = sorted({0, *range(2, plan.total_steps, 2), plan.total_steps})
    assert [one.step for one in measured] == due
    assert plan.validations == len(due) and len(plan.held_out) == 2
    assert all(one.pictures == 2 and 0 < one.loss < 10 for one in measured)
    assert len({one.loss for one in measured}) == len(measured)  # something is learnt


def test_without_learning_the_loss_stays_the_same_to_the_bit(dataset: Path, base_folder: Path, tmp_path: Path) -> None:
    """The same noise and timesteps each time; portions and the seed of training have no part in it."""
    found = []
    for batch, seed in ((1, 1), (4, 2)):
        changes = {
            "validation": {"share": 0.3, "every": "1 steps"},
            "optimizer": {"kind": "adamw", "lr": 1e-12},
            "training": {"length": "3 steps", "batch_size": batch, "seed": seed},
        }
        folder, _ = train(make_recipe(dataset, base_folder, changes), tmp_path / f"run{batch}")
        losses = [one.loss for one in validations(folder)]
        assert len(losses) == 4 and losses == [losses[0]] * 4
        found.append(losses[0])
    assert found[0] == found[1]


def test_it_is_shown_in_the_report_and_in_tensorboard(run: RunFolder) -> None:
    page = write_report(run).read_text("utf-8")
    assert "<title>held-out pictures</title>" in page and page.count("<polyline") == 5
    curves = EventAccumulator(str(run.logs)).Reload()
    told = [(one.step, one.value) for one in curves.Scalars("loss on held-out pictures")]
    assert told == [(one.step, pytest.approx(one.loss)) for one in validations(run)]


def test_another_split_is_not_resumed(dataset: Path, base_folder: Path, tmp_path: Path) -> None:
    """A picture that is exchanged for another may change who is held out."""
    own = tmp_path / "d"
    shutil.copytree(dataset, own)
    folder = RunFolder(tmp_path / "run")

    def stop(event: object) -> None:
        folder.request("stop").parent.mkdir(exist_ok=True)
        folder.request("stop").touch()

    recipe = make_recipe(own, base_folder, CHANGES)
    assert train(recipe, folder.root, listeners=[stop])[1] == "stopped"
    held_out, *_ = survey_recipe(recipe).held_out
    trained = next(
        path for path in own.rglob("*.png") if path.name not in {p.name for p in survey_recipe(recipe).held_out}
    )
    shutil.copy(trained, own / held_out.name)  # a twin of what is trained on
    with pytest.raises(UserError, match=r"held_out"):
        resume(folder.root)
