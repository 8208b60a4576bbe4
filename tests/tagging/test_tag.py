"""From scores to captions: order, trigger, absorbed traits, stored scores, and what is left alone."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from danlu.datasets.history import undo
from danlu.datasets.manifest import PictureFacts, read_manifest, update_manifest
from danlu.datasets.pictures import Box
from danlu.editing.traits import constant_tags, frequent_tags
from danlu.kit.errors import UserError
from danlu.tagging.base import Tagger
from danlu.tagging.kinds.wd14 import WD14
from danlu.tagging.options import TagOptions
from danlu.tagging.tag import tag_dataset
from killed_writer import leave_half_written

RED, GREEN, BLUE, BLACK = (255, 0, 0), (0, 255, 0), (0, 0, 255), (0, 0, 0)
PURPLE = (255, 0, 200)


class Counting(WD14):
    """Counts the pictures that the model is run on."""

    runs: list[int]

    def run(self, prepared: Sequence[Any]) -> "np.ndarray[Any, Any]":
        self.runs.append(len(prepared))
        return super().run(prepared)


def make_dataset(root: Path, colours: Sequence[tuple[int, int, int]]) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    for number, colour in enumerate(colours):
        picture = Image.new("RGB", (16, 16), colour)
        picture.putpixel((0, 0), (number, number, number))  # each file is its own
        picture.save(root / f"{number:02d}.png")
    return root


def captions(root: Path) -> list[str]:
    return [path.read_text(encoding="utf-8").strip() for path in sorted(root.rglob("*.txt"))]


@pytest.fixture
def tagger(tagger_folder: Path) -> Tagger:
    return WD14(path=tagger_folder)


def test_surest_first_without_ratings_and_with_faces_kept(tmp_path: Path, tagger: Tagger) -> None:
    root = make_dataset(tmp_path / "图片 set", [PURPLE, GREEN])
    report = tag_dataset(root, tagger)
    assert captions(root) == ["red hair, solo, blue hair, ^_^", "green hair, solo, ^_^"]
    assert report.captions == {"00.png": captions(root)[0], "01.png": captions(root)[1]}
    assert report.computed == 2
    assert not (root / "danlu.toml").exists()


def test_groups_give_the_order(tmp_path: Path, make_tagger_folder: Callable[..., Path]) -> None:
    groups = {"face": ["^_^"], "hair": ["blue_hair", "green_hair", "red_hair"]}
    root = make_dataset(tmp_path / "set", [PURPLE])
    tag_dataset(root, WD14(path=make_tagger_folder(tmp_path / "tagger", groups=groups)))
    assert captions(root) == ["^_^, red hair, blue hair, solo"]


def test_the_trigger_is_first_and_takes_over_the_traits(tmp_path: Path, tagger: Tagger) -> None:
    root = make_dataset(tmp_path / "set", [PURPLE, RED, RED, RED, GREEN])
    report = tag_dataset(root, tagger, TagOptions(trigger="ohwx girl"))
    assert captions(root) == ["ohwx girl, solo, blue hair"] + ["ohwx girl, solo"] * 3 + ["ohwx girl, green hair, solo"]
    (concept,) = report.concepts
    assert concept.traits == ("^_^", "red hair")  # 5 of 5 and 4 of 5; solo is framing
    facts = read_manifest(root).concepts["set"]
    assert (facts.trigger, facts.traits) == ("ohwx girl", ("^_^", "red hair"))


def test_without_absorbing_traits_stay(tmp_path: Path, tagger: Tagger) -> None:
    root = make_dataset(tmp_path / "set", [RED] * 5)
    tag_dataset(root, tagger, TagOptions(trigger="ohwx", absorb=False))
    assert captions(root) == ["ohwx, red hair, solo, ^_^"] * 5
    assert read_manifest(root).concepts["set"].traits is None


def test_tagging_again_says_the_same_and_runs_nothing(tmp_path: Path, tagger_folder: Path) -> None:
    tagger = Counting(path=tagger_folder, runs=[])
    root = make_dataset(tmp_path / "set", [RED, RED, RED, GREEN, BLUE, BLACK, RED, RED, RED, RED])
    seen: list[tuple[int, int]] = []
    first = tag_dataset(root, tagger, TagOptions(trigger="ohwx"), on_picture=lambda *at: seen.append(at))
    assert tagger.runs == [8, 2]
    assert seen == [(0, 10), (8, 10), (10, 10)]
    written = captions(root)
    again = tag_dataset(root, tagger, TagOptions(trigger="ohwx"))
    stricter = tag_dataset(root, tagger, TagOptions(trigger="ohwx", threshold=0.95))
    assert tagger.runs == [8, 2]
    assert (again.captions, again.computed) == (first.captions, 0)
    assert captions(root) != written  # solo falls below the new threshold
    assert first.concepts[0].traits == ("^_^",)
    assert stricter.concepts[0].traits == ()


def test_scores_are_stored_by_what_they_depend_on(tmp_path: Path, tagger_folder: Path) -> None:
    tagger = Counting(path=tagger_folder, runs=[])
    root = make_dataset(tmp_path / "set", [RED, GREEN, BLUE])
    tag_dataset(root, tagger)
    update_manifest(root, pictures={"00.png": PictureFacts(crop=Box(0, 0, 8, 8))})
    Image.new("RGB", (16, 16), BLACK).save(root / "01.png")
    (root / "02.png").rename(root / "03.png")
    report = tag_dataset(root, tagger)
    assert tagger.runs == [3, 2]
    assert report.captions["01.png"] == "solo, ^_^"


def test_the_crop_is_what_is_tagged(tmp_path: Path, tagger: Tagger) -> None:
    root = make_dataset(tmp_path / "set", [BLACK])
    picture = Image.new("RGB", (16, 16), RED)
    picture.paste(GREEN, (0, 0, 8, 8))
    picture.save(root / "00.png")
    update_manifest(root, pictures={"00.png": PictureFacts(crop=Box(0, 0, 8, 8))})
    tag_dataset(root, tagger)
    assert captions(root) == ["green hair, solo, ^_^"]


@pytest.mark.parametrize(
    ("existing", "expected"),
    [
        ("replace", "ohwx, red hair, solo, ^_^"),
        ("append", "ohwx, hand written, solo, red hair, ^_^"),
        ("keep", "ohwx, hand written, solo"),
    ],
)
def test_existing_captions(tmp_path: Path, tagger: Tagger, existing: Any, expected: str) -> None:
    root = make_dataset(tmp_path / "set", [RED])
    (root / "00.txt").write_text("hand written, solo", encoding="utf-8")
    tag_dataset(root, tagger, TagOptions(trigger="ohwx", existing=existing))
    assert captions(root) == [expected]


@pytest.mark.parametrize("existing", ["keep", "append", "replace"])
def test_another_trigger_takes_the_place_of_the_earlier_one(tmp_path: Path, tagger: Tagger, existing: Any) -> None:
    root = make_dataset(tmp_path / "set", [RED])
    tag_dataset(root, tagger, TagOptions(trigger="older"))
    tag_dataset(root, tagger, TagOptions(trigger="newer", existing=existing))
    assert captions(root) == ["newer, red hair, solo, ^_^"]


def test_two_folders_of_one_name_are_one_concept(tmp_path: Path, tagger: Tagger) -> None:
    root = tmp_path / "set"
    make_dataset(root / "5_hero", [RED])
    make_dataset(root / "10_hero", [GREEN])
    tag_dataset(root, tagger, TagOptions(trigger="zed"))
    assert [caption.split(", ")[0] for caption in captions(root)] == ["zed", "zed"]


def test_unwanted_tags_stay_out(tmp_path: Path, tagger: Tagger) -> None:
    root = make_dataset(tmp_path / "set", [RED])
    tag_dataset(root, tagger, TagOptions(exclude={"solo"}))
    assert captions(root) == ["red hair, ^_^"]


def test_several_concepts_keep_their_own_triggers_and_regularization_has_none(tmp_path: Path, tagger: Tagger) -> None:
    root = tmp_path / "project"
    make_dataset(root / "4_宁光", [RED] * 4)
    make_dataset(root / "2_other", [GREEN] * 4)
    make_dataset(root / "reg" / "1_girl", [BLUE] * 4)
    root.joinpath("danlu.toml").write_text('# mine\n[concepts."宁光"]\ntrigger = "ningguang"\n', encoding="utf-8")
    report = tag_dataset(root, tagger)
    traits = {concept.name: concept.traits for concept in report.concepts}
    assert traits == {"宁光": ("red hair", "^_^"), "other": (), "girl": ()}
    assert report.captions["4_宁光/00.png"] == "ningguang, solo"
    assert report.captions["reg/1_girl/00.png"] == "blue hair, solo, ^_^"
    assert root.joinpath("danlu.toml").read_text(encoding="utf-8").startswith("# mine")
    with pytest.raises(UserError, match="2 concepts"):
        tag_dataset(root, tagger, TagOptions(trigger="ohwx"))


def test_a_broken_picture_is_told_and_the_rest_goes_on(tmp_path: Path, tagger: Tagger) -> None:
    root = make_dataset(tmp_path / "set", [RED, GREEN])
    whole = (root / "00.png").read_bytes()
    (root / "00.png").write_bytes(whole[: len(whole) - 30])
    report = tag_dataset(root, tagger)
    assert set(report.problems) == {"00.png"}
    assert set(report.captions) == {"01.png"}


@pytest.mark.parametrize("trigger", ["", " a", "a, b", "红，白"])
def test_bad_triggers_are_told(tmp_path: Path, tagger: Tagger, trigger: str) -> None:
    with pytest.raises(UserError, match="trigger word"):
        tag_dataset(make_dataset(tmp_path / "set", [RED]), tagger, TagOptions(trigger=trigger))


@pytest.mark.parametrize("threshold", [0, 1, 35])
def test_bad_thresholds_are_told(tmp_path: Path, tagger: Tagger, threshold: float) -> None:
    with pytest.raises(UserError, match="between 0 and 1"):
        tag_dataset(make_dataset(tmp_path / "set", [RED]), tagger, TagOptions(threshold=threshold))


def test_constant_means_nearly_all_of_enough_pictures() -> None:
    assert constant_tags([{"a"}] * 3) == []
    assert constant_tags([{"a", "b"}] * 4 + [{"b"}]) == ["b", "a"]
    assert constant_tags([{"a", "b"}] * 3 + [{"b"}]) == ["b"]
    assert constant_tags([{"solo", "1girl", "white background", "red hat"}] * 9) == ["red hat"]


def test_after_a_tagging_that_was_killed_all_are_tagged(tmp_path: Path, tagger: Tagger) -> None:
    """What it had written isn't taken for captions that were there."""
    root = make_dataset(tmp_path / "set", [RED, GREEN, BLUE])
    leave_half_written(root, {f"{number:02d}.txt": "half" for number in range(3)}, 2)
    assert set(tag_dataset(root, tagger, TagOptions(existing="keep")).captions) == {"00.png", "01.png", "02.png"}
    assert len(captions(root)) == 3 and "half" not in captions(root)
    undo(root)
    assert captions(root) == []


def test_tags_that_most_pictures_have_are_told_with_their_counts() -> None:
    tagged = [["pink hair", "smile", "solo"]] * 6 + [["pink hair", "solo"]] * 2 + [["smile", "glasses"]] * 4
    assert constant_tags(tagged) == ["smile"]
    assert frequent_tags(tagged) == [("pink hair", 8)]
    assert frequent_tags(tagged[:3]) == []
