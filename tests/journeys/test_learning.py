"""A character that no other test, preset or training has seen is learnt on the embedded base.

The folder `tests/data/heldout` is used here alone. The bars lie far below what the default recipe reaches
(bench/characters.py), since this training is a fraction as long: they tell learning from not learning.
"""

import json
import shutil
from pathlib import Path

import pytest

from danlu.cropping.crop import CropOptions, crop_dataset
from danlu.datasets.buckets import BucketConfig, sizes_for
from danlu.evaluation.report import EvaluationReport, EvaluationSettings
from danlu.families.find import find_base
from danlu.kit.places import EMBEDDED_BASE
from danlu.pipeline.evaluate import evaluate_target
from danlu.pipeline.start import start_recipe
from danlu.pipeline.train import kept_adapters, train
from danlu.recipe import load_recipe
from danlu.rundir.layout import RunFolder
from danlu.tagging.base import find_tagger
from danlu.tagging.options import TagOptions
from danlu.tagging.tag import tag_dataset
from diffusers_pictures import largest_difference

HELDOUT = Path(__file__).parents[1] / "data" / "heldout" / "character"
TRIGGER = "zqhero"
SHORT = [
    "training.length=90 steps",
    "training.batch_size=2",
    "training.precision=fp32",
    "previews.every=2 epochs",
    "previews.steps=6",
    "checkpoints.every=2 epochs",
]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """The held-out character, cropped, tagged and trained on."""
    work = tmp_path_factory.mktemp("learning")
    dataset = work / "dataset"
    dataset.mkdir()
    for path in HELDOUT.glob("*.png"):
        shutil.copyfile(path, dataset / path.name)
    _, facts = find_base(EMBEDDED_BASE)
    sizes = sizes_for(BucketConfig(), native_px=facts.native_px, step_px=facts.step_px)
    crop_dataset(dataset, CropOptions("focus", sizes))
    tag_dataset(dataset, find_tagger(), TagOptions(trigger=TRIGGER))
    start_recipe(dataset, work / "recipe.toml", base=EMBEDDED_BASE)
    folder, outcome = train(load_recipe(work / "recipe.toml", SHORT), work / "run")
    assert outcome == "finished"
    return folder


@pytest.fixture(scope="module")
def report(run: RunFolder) -> EvaluationReport:
    """What five seeds say of it."""
    return evaluate_target(run.root, settings=EvaluationSettings(seeds=5, screening=5, finalists=1))


def test_what_is_true_of_every_picture_is_left_to_the_trigger(report: EvaluationReport) -> None:
    truth = json.loads((HELDOUT / "truth.json").read_text("utf-8"))
    found = set(report.concept.traits)
    assert report.concept.trigger == TRIGGER
    assert len(found & set(truth["constant"])) >= len(truth["constant"]) - 1
    assert not found & set(truth["varied"])


def test_the_character_is_learnt_and_only_under_its_trigger(report: EvaluationReport) -> None:
    learnt = report.best
    assert report.base.trait_recall <= 0.40
    assert learnt.trait_recall >= report.base.trait_recall + 0.30
    assert learnt.leak <= 0.25
    assert learnt.prompt_control >= 0.5


def test_diffusers_draws_the_same_pictures_with_the_file(run: RunFolder) -> None:
    _, facts = find_base(EMBEDDED_BASE)
    ((epoch, file),) = kept_adapters(run).items()
    previews = sorted(run.preview_folder(epoch).glob("*.png"))
    assert len(previews) == 4
    assert largest_difference(facts.path, file, previews) <= 2
