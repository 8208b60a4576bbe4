"""Scanning folders that other programs, systems and people have left."""

import os
import sys
from pathlib import Path

import pytest
from PIL import Image

from danlu.datasets.scan import scan_dataset
from danlu.kit.errors import UserError


def put_picture(path: Path, caption: str | None = None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (16, 16)).save(path)
    if caption is not None:
        path.with_suffix(".txt").write_text(caption, encoding="utf-8")


def test_what_would_leave_a_picture_without_caption_is_told(tmp_path: Path) -> None:
    put_picture(tmp_path / "a.jpg")
    for name, told in (
        ("a.jpg.txt", "danlu dataset import"), ("metadata.jsonl", "danlu dataset import"), ("a.foo", "'.foo' file"),
    ):  # fmt: skip
        (tmp_path / name).write_text("x")
        assert [told in notice.en for notice in scan_dataset(tmp_path).notices] == [True]
        (tmp_path / name).unlink()
    (tmp_path / "a.npz").write_text("x")
    assert scan_dataset(tmp_path).notices == ()


def test_masks_of_other_programs_are_told(tmp_path: Path) -> None:
    put_picture(tmp_path / "a.png", caption="x")
    put_picture(tmp_path / "a-masklabel.png")
    dataset = scan_dataset(tmp_path)
    found = [picture.name for picture in dataset.pictures]
    assert (found, set(dataset.masks)) == (["a.png"], {"a"})
    assert ["masks by their names" in notice.en for notice in dataset.notices] == [True]


def test_a_caption_in_capitals_is_written_where_it_lies(tmp_path: Path) -> None:
    put_picture(tmp_path / "a.png")
    (tmp_path / "a.TXT").write_text("zed")
    picture = scan_dataset(tmp_path).pictures[0]
    assert (picture.caption, picture.own_caption) == ("zed", tmp_path / "a.TXT")


@pytest.mark.skipif(sys.platform != "linux", reason="only there may a name be any bytes")
def test_a_folder_whose_name_is_no_unicode_is_told_once(tmp_path: Path) -> None:
    odd = tmp_path / os.fsdecode("角色".encode("gbk"))
    put_picture(odd / "a.png")
    for root in (odd, odd / "deeper"):
        (odd / "deeper").mkdir(exist_ok=True)
        with pytest.raises(UserError, match=r"name of the folder .* isn't valid Unicode.*import"):
            scan_dataset(root)
    with pytest.raises(UserError, match="rename the folder"):
        scan_dataset(tmp_path)


def test_a_name_as_long_as_a_disk_takes(tmp_path: Path) -> None:
    put_picture(tmp_path / f"{'n' * 250}.png")
    assert scan_dataset(tmp_path).pictures[0].caption is None
