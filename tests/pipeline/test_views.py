"""Views in a run: planned and executed, cached apart, held out together, tagged from what they show."""

from collections import Counter
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from danlu.cache.latents import LatentSource
from danlu.composition.named import changed_pictures
from danlu.datasets.augmentation import Rendition
from danlu.datasets.history import apply_change
from danlu.datasets.manifest import ConceptFacts, PictureFacts, ViewFacts, update_manifest
from danlu.datasets.pictures import Box
from danlu.datasets.scan import scan_dataset
from danlu.datasets.views import mirrored_box
from danlu.kit.errors import UserError
from danlu.kit.language import Text
from danlu.pipeline.assembly import SampleSource
from danlu.pipeline.plan import make_plan, plan_survey
from danlu.pipeline.survey import survey_recipe
from danlu.pipeline.train import train
from danlu.rundir.events import Validation
from danlu.rundir.journal import read_journal
from danlu.tagging.kinds.wd14 import WD14
from danlu.tagging.tag import TagOptions, tag_dataset
from danlu.weights.safetensor_files import model_hash
from small_world import make_dataset, make_recipe
from tiny_tagger import make_tagger

FOLDER = "2_小 猫🐱"


class Asked(dict[tuple[int, Rendition], object]):
    """Takes the place of latents."""

    def __missing__(self, key: tuple[int, Rendition]) -> object:
        self[key] = key
        return key


VIEWS = st.dictionaries(
    st.sampled_from(["face", "other"]),
    st.builds(
        ViewFacts,
        crop=st.sampled_from([None, Box(0, 0, 32, 32), Box(0, 0, 16, 32)]),
        repeats=st.none() | st.integers(1, 4),
        mirror=st.sampled_from([None, True, False, "always"]),
    ),
)
FACTS = st.builds(PictureFacts, views=VIEWS, mirror=st.sampled_from([None, True, False, "always"]))


@settings(max_examples=15)
@given(facts=st.lists(FACTS, min_size=3, max_size=3), flip=st.booleans(), batch=st.integers(1, 3))
def test_what_is_planned_is_executed_with_views(
    tmp_path_factory: pytest.TempPathFactory, base_folder: Path, facts: list[PictureFacts], flip: bool, batch: int
) -> None:
    root = make_dataset(tmp_path_factory.mktemp("v"), pictures=3)
    update_manifest(root, pictures={f"{FOLDER}/图 {number}.png": one for number, one in enumerate(facts)})
    changes = {"dataset": {"augmentation": {"flip": flip}}, "training": {"batch_size": batch}}
    survey = survey_recipe(make_recipe(root, base_folder, changes))
    plan = plan_survey(survey)
    samples_of = SampleSource(survey, cast(LatentSource, Asked()))
    shown: Counter[str] = Counter()
    steps = 0
    for planned in survey.order.steps_after(0):
        steps += 1
        for index, sample in zip(planned.group.items, samples_of(planned), strict=True):
            picture, rendition = survey.dataset.pictures[index], cast(tuple[int, Rendition], sample.latents)[1]
            shown[picture.name] += 1
            wanted = flip if picture.mirror is None else picture.mirror
            assert rendition.flipped if wanted == "always" else (not rendition.flipped or wanted)
    epochs = 2
    assert shown == {one.name: one.repeats * epochs for one in scan_dataset(root).pictures}
    assert steps == plan.total_steps and sum(shown.values()) == plan.images_per_epoch * epochs
    assert plan.images_by_concept == (plan.images_per_epoch,)


def test_a_mirrored_picture_trains_as_the_mirrored_file_does(base_folder: Path, tmp_path: Path) -> None:
    """Bit by bit, with crop boxes and masks on either side; and otherwise than the picture itself."""
    root = make_dataset(tmp_path / "d", pictures=2)
    mask = np.zeros((40, 40), np.uint8)
    mask[:, :25] = 255
    Image.fromarray(mask).save(root / FOLDER / "图 0.mask.png")
    name, box = f"{FOLDER}/图 0.png", Box(8, 0, 40, 32)
    hashes: dict[str, str] = {}
    for way, facts in (
        ("plain", PictureFacts(crop=box)),
        ("always", PictureFacts(crop=box, mirror="always")),
        ("file", PictureFacts(crop=mirrored_box(box, 40))),
    ):
        update_manifest(root, pictures={name: PictureFacts(mirror=None)})
        update_manifest(root, pictures={name: facts})
        if way == "file":
            for file in (root / FOLDER / "图 0.png", root / FOLDER / "图 0.mask.png"):
                with Image.open(file) as image:
                    image.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(file)
        run, _ = train(make_recipe(root, base_folder, {"dataset": {"masks": {"source": "files"}}}), tmp_path / way)
        hashes[way] = model_hash(run.checkpoints / "lora.safetensors")
    assert hashes["always"] == hashes["file"] != hashes["plain"]


def test_stored_pictures_are_held_out_with_their_views(base_folder: Path, tmp_path: Path) -> None:
    root = make_dataset(tmp_path / "d", pictures=5)
    name = f"{FOLDER}/图 1.png"
    views = {"face": ViewFacts(crop=Box(0, 0, 32, 32)), "other": ViewFacts(mirror="always")}
    facts = {name: PictureFacts(held_out=True, views=views)}
    apply_change(root, Text("a", "b"), changed_pictures(scan_dataset(root), facts))
    recipe = make_recipe(root, base_folder, {"validation": {"every": "2 steps"}})
    plan = make_plan(recipe)
    assert plan.held_out == (name, f"{name}#face", f"{name}#other")
    trained = {one.name for one in survey_recipe(recipe).dataset.pictures}
    assert len(trained) == 4 and not any(one.startswith(name) for one in trained)
    run, _ = train(recipe, tmp_path / "run")
    measured = [event for event in read_journal(run.journal) if isinstance(event, Validation)]
    assert len(measured) == plan.validations and {one.pictures for one in measured} == {3}


@pytest.mark.parametrize(
    ("held_out", "validation", "said"),
    [
        ([0], {"share": 0.2}, r"validation\.share has no effect.*danlu dataset split"),
        ([0, 1, 2], {}, "All pictures of .* are held out"),
        ([], {"every": "2 epochs"}, r"validation\.every has no effect"),
        ([], {"seed": 1}, r"validation\.seed has no effect"),
    ],
)
def test_mistakes_with_held_out_pictures(
    base_folder: Path, tmp_path: Path, held_out: list[int], validation: dict[str, object], said: str
) -> None:
    root = make_dataset(tmp_path / "d", pictures=3)
    update_manifest(root, pictures={f"{FOLDER}/图 {one}.png": PictureFacts(held_out=True) for one in held_out})
    with pytest.raises(UserError, match=said):
        make_plan(make_recipe(root, base_folder, {"validation": validation}))


def test_a_twin_that_came_later_is_told(base_folder: Path, tmp_path: Path) -> None:
    root = make_dataset(tmp_path / "d", pictures=4)
    held_out = root / FOLDER / "图 1.png"
    (root / FOLDER / "later.png").write_bytes(held_out.read_bytes())
    update_manifest(root, pictures={f"{FOLDER}/图 1.png": PictureFacts(held_out=True)})
    warnings = make_plan(make_recipe(root, base_folder)).warnings
    assert any("图 1.png' is held out, but" in one.en and "later.png" in one.en for one in warnings)


def test_views_are_tagged_from_what_they_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DANLU_CACHE", str(tmp_path / "cache"))
    root = tmp_path / "d"
    root.mkdir()
    picture = Image.new("RGB", (40, 20), (255, 0, 0))
    picture.paste((0, 0, 255), (20, 0, 40, 20))
    picture.save(root / "a.png")
    views = {"left": ViewFacts(crop=Box(0, 0, 20, 20)), "right": ViewFacts(crop=Box(20, 0, 40, 20))}
    update_manifest(root, pictures={"a.png": PictureFacts(views=views)})
    tag_dataset(root, WD14(path=make_tagger(tmp_path / "t")), TagOptions(threshold=0.4))
    found = {one.name: one.caption for one in scan_dataset(root).pictures}
    assert "red hair" in found["a.png#left"] and "blue hair" not in found["a.png#left"]
    assert "blue hair" in found["a.png#right"] and "red hair" not in found["a.png#right"]
    assert "red hair" in found["a.png"] and "blue hair" in found["a.png"]
    assert sorted(one.name for one in root.glob("*.txt")) == ["a.left.txt", "a.right.txt", "a.txt"]


def test_repeats_of_a_recipe_that_undo_a_balance_are_told(base_folder: Path, tmp_path: Path) -> None:
    root = make_dataset(tmp_path / "d", pictures=2)
    update_manifest(root, concepts={"小 猫🐱": ConceptFacts(repeats=3)})
    plan = make_plan(make_recipe(root, base_folder))
    assert plan.images_per_epoch == 6 and not any("replaces the repeats" in one.en for one in plan.warnings)
    plan = make_plan(make_recipe(root, base_folder, {"dataset": {"repeats": 5}}))
    assert plan.images_per_epoch == 10 and any("replaces the repeats" in one.en for one in plan.warnings)
