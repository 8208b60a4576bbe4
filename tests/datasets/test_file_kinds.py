"""Which file of a folder is what, from names alone."""

import unicodedata

import pytest

from danlu.datasets.file_kinds import is_rubbish, masked_stem, sort_files, stem_key

NFC, NFD = (unicodedata.normalize(form, "é") for form in ("NFC", "NFD"))


@pytest.mark.parametrize(
    "part",
    [".DS_Store", "._a.png", ".thumbnails", "__MACOSX", "Thumbs.db", "@eaDir", "#recycle", "@Recycle", "$RECYCLE.BIN",
     "System Volume Information", "SYNOPHOTO_THUMB_M.png", "lost+found", "desktop.ini"],
)  # fmt: skip
def test_rubbish(part: str) -> None:
    assert is_rubbish(part)


@pytest.mark.parametrize("part", ["eaDir", "recycle", "a.png", "trash", "5_#1 hero", "$money"])
def test_no_rubbish(part: str) -> None:
    assert not is_rubbish(part)


@pytest.mark.parametrize(
    ("mask", "picture"),
    [
        ("a.mask.png", "a.jpg"),
        ("x/a.MASK.webp", "x/a.png"),
        ("a-masklabel.png", "a.webp"),
        ("a_mask.png", "a.png"),
        ("a-mask.jpg", "a.png"),
        ("mask/a.png", "a.jpg"),
        ("masks/a_mask.png", "img/a.jpg"),
        ("mask/5_hero/a.png", "img/5_hero/a.png"),
        ("5_hero/mask/a.png", "5_hero/a.png"),
        (f"{NFC}.mask.png", f"{NFD}.png"),
    ],
)
def test_masks_belong_to_their_picture(mask: str, picture: str) -> None:
    found = sort_files([mask, picture])
    assert found.pictures == (picture,)
    assert found.masks == {stem_key(picture): mask}
    assert found.foreign_masks == (() if ".mask." in mask.lower() else (mask,))


@pytest.mark.parametrize("name", ["hero_mask.png", "mask/a.png", "mask.png", "a_mask.png"])
def test_without_a_picture_of_the_name_it_is_none(name: str) -> None:
    assert sort_files([name, "other.png"]).masks == {}
    assert name in sort_files([name, "other.png"]).pictures


def test_conditions_are_neither(tmp_path: object) -> None:
    found = sort_files(["a.png", "a-condlabel.png"])
    assert (found.pictures, found.conditions) == (("a.png",), ("a-condlabel.png",))


@pytest.mark.parametrize(
    ("text", "picture"),
    [("a.txt", "a.png"), ("a.TXT", "a.png"), ("A.txt", "a.PNG"), ("a.Caption", "a.png"), (f"{NFC}.txt", f"{NFD}.jpg")],
)
def test_captions_are_found_in_any_case_and_form(text: str, picture: str) -> None:
    assert sort_files([text, picture]).captions_of(picture) == (text,)


def test_of_two_forms_of_a_name_each_picture_takes_its_own() -> None:
    found = sort_files([f"{NFC}.png", f"{NFC}.txt", f"{NFD}.png", f"{NFD}.txt"])
    assert [found.captions_of(name)[0] for name in (f"{NFC}.png", f"{NFD}.png")] == [f"{NFC}.txt", f"{NFD}.txt"]


def test_the_kinds_of_texts() -> None:
    found = sort_files(
        ["a.jpg", "a.jpg.txt", "a.jpg.json", "b.png", "b.tags", "b.caption", "b.txt", "b.npz", "metadata.jsonl",
         "meta_lat.json", "x.parquet", "lone.json", "c.heif2"]
    )  # fmt: skip
    assert found.captions == {"b": ("b.txt", "b.caption")}
    assert found.sidecars == {"a": ("a.jpg.txt", "a.jpg.json"), "b": ("b.tags",)}
    assert found.folder_files == ("meta_lat.json", "metadata.jsonl", "x.parquet")
    assert found.others == ("b.npz", "c.heif2", "lone.json")


def test_a_dot_in_a_name_is_no_suffix() -> None:
    assert sort_files(["a.v2.png", "a.v2.txt"]).captions_of("a.v2.png") == ("a.v2.txt",)
    assert (stem_key("x/a.b.png"), masked_stem("x/a.b_mask.png")) == ("x/a.b", "x/a.b")
