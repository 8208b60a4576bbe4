"""Regularization pictures: found where the recipe says, marked, captioned by their class, never learnt as a concept."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from danlu.datasets.batches import epoch_entries
from danlu.datasets.manifest import ConceptFacts, update_manifest
from danlu.datasets.regularization import (
    count_regularization,
    scan_with_regularization,
    tell_regularization,
    with_class_captions,
)
from danlu.kit.errors import UserError


def draw(path: Path, caption: str | None = None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.zeros((8, 8, 3), np.uint8)).save(path)
    if caption is not None:
        path.with_suffix(".txt").write_text(caption, "utf-8")


@pytest.fixture
def hero(tmp_path: Path) -> Path:
    """A dataset of two pictures, three repeats."""
    for name in "ab":
        draw(tmp_path / "img" / "3_hero" / f"{name}.png", "zq")
    return tmp_path / "img"


def test_kohyas_two_folders(tmp_path: Path, hero: Path) -> None:
    """As `train_data_dir` and `reg_data_dir`: repeats from the folders' names, `repeats` for the learnt ones only."""
    draw(tmp_path / "reg" / "2_1girl" / "x.png")
    draw(tmp_path / "reg" / "2_1girl" / "y.png", "1girl, park")
    dataset = scan_with_regularization(hero, tmp_path / "reg", repeats=5)
    assert [(one.name, one.repeats, one.regularization) for one in dataset.concepts] == [
        ("hero", 5, False),
        ("1girl", 2, True),
    ]
    assert [one.name for one in dataset.pictures[2:]] == ["reg/2_1girl/x.png", "reg/2_1girl/y.png"]
    assert all(one.path.is_file() for one in dataset.pictures)
    assert [one.caption for one in with_class_captions(dataset).pictures] == ["zq", "zq", "1girl", "1girl, park"]
    entries = epoch_entries(dataset)
    assert (len(entries), count_regularization(dataset, entries)) == (20, 10)
    (notice,) = tell_regularization(dataset)
    assert "under the name of their folder: '1girl'" in notice.en and "“1girl”" in notice.zh


@pytest.mark.parametrize("name", ["others", "4_girl", "reg"])
def test_a_folder_within_the_dataset_is_not_learnt(hero: Path, name: str) -> None:
    draw(hero / name / "x.png", "girl")
    dataset = scan_with_regularization(hero, hero / name)
    assert [one.regularization for one in dataset.concepts] == [False, True]
    assert [dataset.concepts[one.concept].regularization for one in dataset.pictures] == [False, False, True]


def test_pictures_of_their_own_and_those_of_the_dataset_come_together(tmp_path: Path, hero: Path) -> None:
    draw(hero / "reg" / "1_girl" / "x.png")
    draw(tmp_path / "woman" / "y.png")
    dataset = with_class_captions(scan_with_regularization(hero, tmp_path / "woman"))
    assert [one.caption for one in dataset.pictures] == ["zq", "zq", "girl", "woman"]


def test_a_folder_that_only_says_what_it_is_for_names_no_class(tmp_path: Path, hero: Path) -> None:
    draw(tmp_path / "reg" / "x.png")
    dataset = scan_with_regularization(hero, tmp_path / "reg")
    assert with_class_captions(dataset).pictures[2].caption is None
    assert tell_regularization(dataset) == []


def test_regularization_has_no_trigger(tmp_path: Path, hero: Path) -> None:
    draw(tmp_path / "reg" / "1_girl" / "x.png")
    update_manifest(tmp_path / "reg", concepts={"girl": ConceptFacts(trigger="zq", traits=("red",))})
    concept = scan_with_regularization(hero, tmp_path / "reg").concepts[1]
    assert (concept.trigger, concept.traits) == (None, ())


def test_more_pictures_than_needed_are_told(tmp_path: Path, hero: Path) -> None:
    for number in range(9):
        draw(tmp_path / "reg" / "1_girl" / f"{number}.png", "girl")
    (notice,) = tell_regularization(scan_with_regularization(hero, tmp_path / "reg"))
    assert notice.en.startswith("6 of 9 regularization pictures are used")
    assert "9 张正则化图片只用到 6 张" in notice.zh


def test_a_broken_picture_is_named_with_its_folder(tmp_path: Path, hero: Path) -> None:
    draw(tmp_path / "reg" / "1_girl" / "x.png")
    (tmp_path / "reg" / "1_girl" / "y.png").write_bytes(b"no picture")
    (problem,) = scan_with_regularization(hero, tmp_path / "reg").problems
    assert "y.png" in problem.name


def test_folders_that_will_not_do(tmp_path: Path, hero: Path) -> None:
    with pytest.raises(UserError, match="doesn't exist; correct the path"):
        scan_with_regularization(hero, tmp_path / "none")
    with pytest.raises(UserError, match="holds the dataset itself"):
        scan_with_regularization(hero, tmp_path)
    with pytest.raises(UserError, match="holds the dataset itself"):
        scan_with_regularization(hero, hero)
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="There are no pictures"):
        scan_with_regularization(hero, tmp_path / "empty")
