"""What a plan says before anything is trained."""

from collections import Counter, defaultdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from danlu.cache.latents import LatentSource
from danlu.datasets.batches import entries_by_bucket
from danlu.datasets.buckets import arrange
from danlu.datasets.pictures import Concept, Dataset, Picture, Size
from danlu.kit.errors import UserError
from danlu.kit.lengths import Length
from danlu.pipeline.assembly import SampleSource
from danlu.pipeline.plan import make_plan, plan_survey
from danlu.pipeline.session import training_seconds
from danlu.pipeline.survey import Survey, find_recipe_base
from danlu.pipeline.train import train
from danlu.training.order import make_order
from small_world import make_dataset, make_recipe

PICTURES = st.lists(st.tuples(st.sampled_from([Size(40, 40), Size(32, 64), Size(90, 30)]), st.integers(1, 5)))


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


def survey_of(recipe: Any, learnt: list[tuple[Size, int]], regularizing: list[tuple[Size, int]]) -> Survey:
    """What a recipe would meet in a dataset of these pictures: their sizes and repeats."""
    concepts = (Concept("x", 1, None, False, ()), Concept("girl", 1, None, True, ()))
    pictures = [
        Picture(Path(f"{concept}{i}"), f"{concept}{i}", concept, size, repeats, "a", None)
        for concept, group in enumerate((learnt, regularizing))
        for i, (size, repeats) in enumerate(group)
    ]
    dataset = Dataset(Path(), concepts, tuple(pictures), ())
    family, facts = find_recipe_base(recipe)
    arrangement = arrange(dataset, recipe.dataset.buckets, native_px=facts.native_px, step_px=facts.step_px)
    order = make_order(entries_by_bucket(dataset, arrangement), recipe.training)
    return Survey(recipe, dataset, family, facts, arrangement, order, ())


@settings(max_examples=40)
@given(PICTURES.filter(bool), PICTURES, st.integers(1, 5), st.integers(1, 3), st.integers(1, 3))
def test_what_is_planned_is_executed_with_regularization_and_repeats(
    base_folder: Path,
    learnt: list[tuple[Size, int]],
    regularizing: list[tuple[Size, int]],
    batch: int,
    accumulation: int,
    epochs: int,
) -> None:
    training = {"batch_size": batch, "accumulation": accumulation, "length": str(Length(epochs, "epochs"))}
    recipe = make_recipe(Path("d"), base_folder, {"training": training, "objective": {"prior_weight": 0.25}})
    survey = survey_of(recipe, learnt, regularizing)
    plan = plan_survey(survey)
    latents = cast(LatentSource, defaultdict(SimpleNamespace))
    samples_of = SampleSource(survey, latents)
    steps = list(survey.order.steps_after(0))
    assert len(steps) == plan.total_steps == plan.steps_per_epoch * epochs
    for epoch in range(1, epochs + 1):
        of_epoch = [step for step in steps if step.epoch == epoch]
        shown = Counter(index for step in of_epoch for index in step.group.items)
        assert [shown[index] for index in range(len(learnt))] == [repeats for _, repeats in learnt]
        weights = Counter(sample.weight for step in of_epoch for sample in samples_of(step))
        taught = sum(repeats for _, repeats in learnt)
        assert weights == Counter({1.0: taught}) + Counter({0.25: taught if regularizing else 0})
        assert plan.images_per_epoch == weights.total() and plan.regularization_images == weights[0.25]
        by_bucket = Counter(str(step.group.bucket) for step in of_epoch)
        assert by_bucket == {bucket.size: bucket.steps_per_epoch for bucket in plan.buckets}


def test_regularization_is_counted_and_said(dataset: Path, base_folder: Path, tmp_path: Path) -> None:
    others = make_dataset(tmp_path / "others", pictures=3, repeats=1)
    for caption in others.rglob("*.txt"):
        caption.unlink()
    changes = {"dataset": {"regularization": str(others)}, "objective": {"prior_weight": 0.5}}
    plan = make_plan(make_recipe(dataset, base_folder, changes))
    assert (plan.images_per_epoch, plan.regularization_images) == (20, 10)
    assert [(concept.pictures, concept.regularization) for concept in plan.concepts] == [(5, False), (3, True)]
    assert "20 images an epoch (pictures × repeats, and 10 for regularization)" in plan.arithmetic.en
    assert "另加正则化 10 张" in plan.arithmetic.zh
    assert any("under the name of their folder: '小 猫🐱'" in warning.en for warning in plan.warnings)
    assert not any("no caption" in warning.en for warning in plan.warnings)


@pytest.mark.parametrize(
    ("previews", "field"),
    [({"size": "33x32"}, "previews.size"), ({"prompts": ["a", "b --w 34"]}, "previews.prompts")],
)
def test_previews_that_the_base_cannot_draw_are_refused(
    dataset: Path, base_folder: Path, previews: dict[str, Any], field: str
) -> None:
    with pytest.raises(UserError, match="multiples of") as caught:
        make_plan(make_recipe(dataset, base_folder, {"previews": previews}))
    assert caught.value.field == field


def test_a_weight_without_regularization_pictures_is_refused(dataset: Path, base_folder: Path) -> None:
    with pytest.raises(UserError, match="prior_weight has no effect") as caught:
        make_plan(make_recipe(dataset, base_folder, {"objective": {"prior_weight": 0.5}}))
    assert "不起作用" in caught.value.text.zh
