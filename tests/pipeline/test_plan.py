"""What a plan says before anything is trained."""

from pathlib import Path

import pytest

from danlu.pipeline.plan import make_plan
from danlu.pipeline.train import train, training_seconds
from small_world import make_recipe


def test_arithmetic_of_buckets(dataset: Path, base_folder: Path) -> None:
    """Five pictures × 2 repeats in three shapes: 4, 4 and 2 images; batch 3 makes 2 + 2 + 1 steps an epoch."""
    changes = {"training": {"batch_size": 3, "length": "4 epochs"}, "checkpoints": {"every": "6 steps"}}
    plan = make_plan(make_recipe(dataset, base_folder, changes))
    assert sorted(bucket.images_per_epoch for bucket in plan.buckets) == [2, 4, 4]
    assert (plan.images_per_epoch, plan.steps_per_epoch, plan.total_steps) == (10, 5, 20)
    assert plan.checkpoints == 4
    assert plan.previews == 0
    assert "= 5 steps an epoch, 4 epochs: 20 steps" in plan.arithmetic.en
    assert "共 20 步" in plan.arithmetic.zh


def test_cap_on_steps(dataset: Path, base_folder: Path) -> None:
    plan = make_plan(make_recipe(dataset, base_folder, {"training": {"max_steps": 3}}))
    assert (plan.total_steps, plan.epochs) == (3, 1)


def test_expects_the_time_that_an_earlier_run_took(
    dataset: Path, base_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DANLU_CACHE", str(tmp_path / "cache"))
    recipe = make_recipe(dataset, base_folder, {"training": {"length": "3 epochs"}})
    assert make_plan(recipe).expected_seconds is None
    run, _ = train(recipe, tmp_path / "run")
    expected = make_plan(recipe).expected_seconds
    assert expected is not None
    assert 0 < expected < 10 * training_seconds(run)
    longer = make_plan(make_recipe(dataset, base_folder, {"training": {"length": "6 epochs"}})).expected_seconds
    assert longer == pytest.approx(2 * expected)
