"""Scanning: every layout and path that people have, facts from the manifest, and what can't be used."""

import os
import sys
from pathlib import Path

import pytest
from PIL import Image

from danlu.datasets.manifest import MANIFEST_NAME, ConceptFacts, PictureFacts, update_manifest
from danlu.datasets.pictures import Box, Concept, Dataset, Size
from danlu.datasets.scan import scan_dataset
from danlu.kit.errors import UserError


def put_picture(path: Path, size: tuple[int, int] = (40, 30), caption: str | None = None, **options: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size).save(path, **options)
    if caption is not None:
        path.with_suffix(".txt").write_text(caption, encoding="utf-8")


def names(dataset: Dataset) -> list[str]:
    return [picture.name for picture in dataset.pictures]


def test_a_plain_folder(tmp_path: Path) -> None:
    root = tmp_path / "my girl"
    put_picture(root / "b.png", (64, 48), "girl, smile")
    put_picture(root / "a.JPG")
    put_picture(root / "deep" / "er" / "c.webp")
    (root / "notes.md").write_text("not a picture")
    dataset = scan_dataset(root)
    assert names(dataset) == ["a.JPG", "b.png", "deep/er/c.webp"]
    assert dataset.concepts == (Concept("my girl", 1, None, False, ()),)
    assert [picture.caption for picture in dataset.pictures] == [None, "girl, smile", None]
    assert dataset.pictures[1].size == (64, 48)
    assert dataset.pictures[1].path == root / "b.png"
    assert dataset.notices == dataset.problems == ()
    assert {picture.repeats for picture in scan_dataset(root, repeats=12).pictures} == {12}


def test_kohya_folders_from_their_parent(tmp_path: Path) -> None:
    put_picture(tmp_path / "6_NingGuang" / "1.png")
    put_picture(tmp_path / "10_刻晴 alt" / "1.png")
    put_picture(tmp_path / "10_刻晴 alt" / "2.png")
    dataset = scan_dataset(tmp_path)
    assert {(concept.name, concept.repeats) for concept in dataset.concepts} == {("NingGuang", 6), ("刻晴 alt", 10)}
    told = {picture.name: (dataset.concepts[picture.concept].name, picture.repeats) for picture in dataset.pictures}
    assert told["10_刻晴 alt/2.png"] == ("刻晴 alt", 10)
    assert told["6_NingGuang/1.png"] == ("NingGuang", 6)
    assert [len(dataset.of_concept(index)) for index in range(2)] == [1, 2]


def test_the_concept_folder_itself(tmp_path: Path) -> None:
    """Today's classic failure: pointing at the folder instead of its parent."""
    put_picture(tmp_path / "6_NingGuang" / "1.png")
    dataset = scan_dataset(tmp_path / "6_NingGuang")
    assert dataset.concepts == (Concept("NingGuang", 6, None, False, ()),)
    assert names(dataset) == ["1.png"]
    assert scan_dataset(tmp_path / "6_NingGuang", repeats=3).pictures[0].repeats == 3


def test_a_project_folder_with_samples_and_regularization(tmp_path: Path) -> None:
    put_picture(tmp_path / "img" / "6_hero" / "1.png")
    put_picture(tmp_path / "reg" / "1_girl" / "r1.png")
    put_picture(tmp_path / "reg" / "1_girl" / "r2.png")
    put_picture(tmp_path / "model" / "sample" / "preview.png")
    dataset = scan_dataset(tmp_path, repeats=9)
    assert dataset.concepts == (Concept("hero", 9, None, False, ()), Concept("girl", 1, None, True, ()))
    assert names(dataset) == ["img/6_hero/1.png", "reg/1_girl/r1.png", "reg/1_girl/r2.png"]
    assert "model/sample/preview.png" in dataset.notices[0].en


def test_regularization_beside_a_plain_folder(tmp_path: Path) -> None:
    put_picture(tmp_path / "hero" / "1.png")
    put_picture(tmp_path / "hero" / "Reg" / "2.png")
    dataset = scan_dataset(tmp_path / "hero")
    assert dataset.concepts == (Concept("hero", 1, None, False, ()), Concept("Reg", 1, None, True, ()))


def test_numbers_that_are_no_repeats(tmp_path: Path) -> None:
    put_picture(tmp_path / "20240101_trip" / "1.png")
    assert scan_dataset(tmp_path / "20240101_trip").concepts[0] == Concept("20240101_trip", 1, None, False, ())


@pytest.mark.parametrize("folder", ["数据 集", "🎨 emoji", "a'b\"c [x] (y)", "ünï – cöde", "100% #1 & co;"])
def test_any_path(tmp_path: Path, folder: str) -> None:
    put_picture(tmp_path / folder / f"5_{folder}" / f"{folder}.png", caption="好")
    dataset = scan_dataset(tmp_path / folder)
    assert dataset.concepts[0].name == folder
    assert dataset.pictures[0].caption == "好"


def test_a_relative_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_picture(tmp_path / "hero" / "1.png")
    monkeypatch.chdir(tmp_path / "hero")
    assert scan_dataset(Path()).concepts[0].name == "hero"


def test_hidden_and_unread_files(tmp_path: Path) -> None:
    put_picture(tmp_path / "a.png")
    put_picture(tmp_path / ".thumbs" / "a.png")
    (tmp_path / "._a.png").write_bytes(b"AppleDouble")
    put_picture(tmp_path / "__MACOSX" / "x.png")
    (tmp_path / "c.psd").write_bytes(b"x")
    dataset = scan_dataset(tmp_path)
    assert names(dataset) == ["a.png"]
    assert [text.en.partition(":")[0] for text in dataset.notices] == [
        "1 files of kinds that aren't read are passed over, as 'c.psd'"
    ]


def test_size_is_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    put_picture(tmp_path / "a.jpg", (40, 30), exif=exif)
    assert scan_dataset(tmp_path).pictures[0].size == Size(30, 40)


def test_broken_pictures_are_problems(tmp_path: Path) -> None:
    put_picture(tmp_path / "good.png")
    (tmp_path / "empty.png").touch()
    (tmp_path / "坏.jpg").write_bytes(b"no picture")
    dataset = scan_dataset(tmp_path)
    assert names(dataset) == ["good.png"]
    assert [problem.name for problem in dataset.problems] == ["empty.png", "坏.jpg"]
    assert "坏.jpg" in dataset.problems[1].text.zh


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_a_name_that_is_no_unicode_is_a_problem(tmp_path: Path) -> None:
    put_picture(tmp_path / "good.png")
    os.link(tmp_path / "good.png", os.fsencode(tmp_path) + b"/bad\xff.png")
    (problem,) = scan_dataset(tmp_path).problems
    assert "bad?.png" in problem.text.en


def test_captions_in_other_encodings_are_read_with_one_notice(tmp_path: Path) -> None:
    for index in range(3):
        put_picture(tmp_path / f"{index}.png")
        (tmp_path / f"{index}.txt").write_bytes("红色眼睛".encode("gb18030"))
    dataset = scan_dataset(tmp_path)
    assert {picture.caption for picture in dataset.pictures} == {"红色眼睛"}
    assert len(dataset.notices) == 1
    assert "and 2 more" in dataset.notices[0].en


def test_a_caption_file_that_is_no_text_is_a_problem(tmp_path: Path) -> None:
    put_picture(tmp_path / "a.png")
    put_picture(tmp_path / "b.png")
    (tmp_path / "b.txt").write_bytes(b"\0\1\2")
    assert [problem.name for problem in scan_dataset(tmp_path).problems] == ["b.png"]


def test_the_older_caption_suffix(tmp_path: Path) -> None:
    put_picture(tmp_path / "a.v1.png")
    (tmp_path / "a.v1.caption").write_text("a girl")
    assert scan_dataset(tmp_path).pictures[0].caption == "a girl"


def test_facts_of_the_manifest(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        put_picture(tmp_path / "6_hero" / f"{name}.png")
    update_manifest(
        tmp_path,
        concepts={"hero": ConceptFacts(trigger="hero_x", traits=("red hair",), repeats=8)},
        pictures={
            "6_hero/a.png": PictureFacts(crop=Box(5, 0, 25, 30), repeats=2),
            "6_hero/b.png": PictureFacts(excluded=True),
        },
    )
    dataset = scan_dataset(tmp_path)
    assert dataset.concepts == (Concept("hero", 8, "hero_x", False, ("red hair",)),)
    assert names(dataset) == ["6_hero/a.png", "6_hero/c.png"]
    first, last = dataset.pictures
    assert (first.repeats, first.crop, first.framed_size) == (2, Box(5, 0, 25, 30), (20, 30))
    assert (last.repeats, last.crop, last.framed_size) == (8, None, (40, 30))
    assert [picture.repeats for picture in scan_dataset(tmp_path, repeats=4).pictures] == [2, 4]
    bare = scan_dataset(tmp_path, manifest=False)
    assert len(bare.pictures) == 3
    assert bare.concepts[0].trigger is None


def test_a_renamed_plain_folder_keeps_its_trigger(tmp_path: Path) -> None:
    put_picture(tmp_path / "old" / "a.png")
    update_manifest(tmp_path / "old", concepts={"old": ConceptFacts(trigger="hero_x")})
    (tmp_path / "old").rename(tmp_path / "new")
    (concept,) = scan_dataset(tmp_path / "new").concepts
    assert (concept.name, concept.trigger) == ("new", "hero_x")


def test_a_crop_box_that_no_longer_fits_is_a_problem(tmp_path: Path) -> None:
    put_picture(tmp_path / "a.png")
    put_picture(tmp_path / "b.png")
    update_manifest(tmp_path, pictures={"a.png": PictureFacts(crop=Box(0, 0, 41, 30))})
    (problem,) = scan_dataset(tmp_path).problems
    assert "doesn't fit" in problem.text.en


def test_entries_about_missing_pictures_are_noticed(tmp_path: Path) -> None:
    put_picture(tmp_path / "a.png")
    update_manifest(
        tmp_path,
        concepts={"x": ConceptFacts(repeats=2), "y": ConceptFacts(repeats=2)},
        pictures={"gone.png": PictureFacts(repeats=2)},
    )
    (notice,) = scan_dataset(tmp_path).notices
    assert "3 things" in notice.en
    assert MANIFEST_NAME in notice.zh


def make_nothing(root: Path) -> None:
    """No folder at all."""


def make_file(root: Path) -> None:
    root.write_text("x")


def make_empty(root: Path) -> None:
    (root / "sub").mkdir(parents=True)


def make_broken(root: Path) -> None:
    root.mkdir()
    (root / "a.png").write_bytes(b"x")


def make_regularization(root: Path) -> None:
    put_picture(root / "reg" / "1_girl" / "a.png")


def make_excluded(root: Path) -> None:
    put_picture(root / "a.png")
    update_manifest(root, pictures={"a.png": PictureFacts(excluded=True)})


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (make_nothing, "doesn't exist"),
        (make_file, "is a file"),
        (make_empty, "There are no pictures"),
        (make_broken, "None of the pictures"),
        (make_regularization, "regularization pictures only"),
        (make_excluded, "All pictures"),
    ],
)
def test_folders_without_anything_to_learn(tmp_path: Path, make, sentence: str) -> None:
    root = tmp_path / "数据 集"
    make(root)
    with pytest.raises(UserError, match=sentence) as caught:
        scan_dataset(root)
    assert "数据 集" in caught.value.text.en
    assert "数据 集" in caught.value.text.zh


def test_scanning_needs_no_heavy_library() -> None:
    import subprocess

    modules = "batches, buckets, captions, decode, extension, manifest, pictures, scan"
    program = (
        f"import sys; from danlu.datasets import {modules}; from danlu.cropping import crop, edit;"
        "print([name for name in ('torch', 'numpy', 'PIL', 'cv2', 'tomlkit') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
