"""A tagger's own world is known to it; photographs and other drawings are told, with the way out."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from danlu.datasets.scan import scan_dataset
from danlu.kit.errors import UserError
from danlu.kit.places import data_folder
from danlu.tagging.about import About
from danlu.tagging.base import find_tagger
from danlu.tagging.cautions import caution_of_base, caution_of_captions, caution_of_tagger
from danlu.tagging.familiarity import Familiarity, look_for_unknown, spread
from foreign_pictures import make_flat_drawings, make_photographs
from tiny_tagger import make_constant

MakeFolder = Callable[..., Path]


def seen(folder: Path, most: int | None = None) -> Familiarity:
    return look_for_unknown(find_tagger(), scan_dataset(folder).pictures, most=most)


@pytest.mark.parametrize("name", ["character", "style"])
def test_its_own_world_is_known(name: str) -> None:
    assert seen(data_folder() / "samples" / name).is_familiar


def test_photographs_are_unknown_each(tmp_path: Path) -> None:
    make_photographs(tmp_path / "p", 9)
    assert len(seen(tmp_path / "p").unknown) == 9 == seen(tmp_path / "p").total
    assert seen(tmp_path / "p", most=3).total == 3


def test_drawings_of_another_manner_churn(tmp_path: Path) -> None:
    make_flat_drawings(tmp_path / "d")
    found = seen(tmp_path / "d")
    assert found.is_unsure and not found.is_familiar


def test_what_is_said_names_tagger_pictures_and_the_way_out(tmp_path: Path) -> None:
    make_photographs(tmp_path / "p", 4)
    pictures = scan_dataset(tmp_path / "p").pictures
    told = caution_of_tagger(find_tagger(), pictures)
    assert told is not None
    for text in told:
        assert "danlu-mini-tagger" in text and "IMG_0001.jpg" in text
        assert "`danlu download SmilingWolf/wd-vit-tagger-v3`" in text and "0.4 GB" in text
    base = caution_of_base("danlu-mini", pictures)
    assert base is not None and "4 of 4" in base.en and "`danlu download stable-diffusion-v1-5/" in base.zh
    assert caution_of_base("sd15.safetensors", pictures) is None  # can't be told


@pytest.mark.parametrize(
    ("tags", "unknown"),
    [
        ([("1girl", "general", 0.9), ("smile", "general", 0.4)], False),
        ([("1girl", "general", 0.3), ("miku", "character", 0.9)], True),
        ([("1girl", "general", 0.9), ("photo (medium)", "general", 0.7)], True),
    ],
    ids=["sure", "sure of nothing", "says photograph"],
)
def test_taggers_of_many_tags_tell_by_their_scores(tmp_path: Path, tags: list[tuple[str, str, float]], unknown: bool):
    make_photographs(tmp_path / "p", 1)
    tagger = find_tagger(str(make_constant(tmp_path / "cl", tags)))
    told = caution_of_tagger(tagger, scan_dataset(tmp_path / "p").pictures)
    assert (told is not None) == unknown
    assert told is None or ("Danbooru" in told.en and "blip" in told.zh and "wd-vit" not in told.en)


def test_captions_of_the_embedded_tagger_are_told_for_other_bases(tmp_path: Path) -> None:
    for number, path in enumerate(make_flat_drawings(tmp_path / "d", 4)):
        path.with_suffix(".txt").write_text("hero, micah style, smile" if number else "hero, smile", "utf-8")
    pictures = scan_dataset(tmp_path / "d").pictures
    told = caution_of_captions("sd15", pictures)
    assert told is not None and "3 of 4 captions" in told.en and "“sd15”" in told.zh
    assert caution_of_captions("danlu-mini", pictures) is None


def test_what_a_folder_says_of_its_tagger(make_tagger_folder: MakeFolder, tmp_path: Path) -> None:
    folder = make_tagger_folder(tmp_path / "t")
    assert find_tagger(str(folder)).about == About(knows=find_tagger(str(folder)).scope)
    (folder / "about.json").write_text(json.dumps({"knows": {"en": "cats", "zh": "猫"}}), "utf-8")
    assert find_tagger(str(folder)).about.knows.zh == "猫"
    (folder / "about.json").write_text("{}", "utf-8")
    with pytest.raises(UserError, match=r"about\.json"):
        _ = find_tagger(str(folder)).about


def test_a_name_of_the_hub_points_to_the_download() -> None:
    with pytest.raises(UserError, match="danlu download SmilingWolf/wd-vit-tagger-v3"):
        find_tagger("SmilingWolf/wd-vit-tagger-v3")


def test_few_stand_for_many(tmp_path: Path) -> None:
    make_flat_drawings(tmp_path / "d", 10)
    pictures = scan_dataset(tmp_path / "d").pictures
    assert [one.name for one in spread(pictures, 3)] == ["01.png", "04.png", "07.png"]
