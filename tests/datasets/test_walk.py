"""The walk through a folder: links once each, circles end, rubbish and closed folders."""

import os
from pathlib import Path

import pytest

from danlu.datasets.walk import walk_files


def put(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"")
    return path


def test_links_are_followed_once_and_circles_end(tmp_path: Path) -> None:
    put(tmp_path / "elsewhere" / "a.png")
    root = tmp_path / "set"
    put(root / "5_one" / "b.png")
    (root / "5_two").symlink_to("../elsewhere")
    (root / "7_same").symlink_to("5_one")  # one folder as two concepts, as kohya's users do
    (root / "5_one" / "again").symlink_to("..")
    (root / "plain").symlink_to("5_one")
    (tmp_path / "elsewhere" / "home").symlink_to(root)
    (root / "gone").symlink_to("nowhere")
    found = walk_files(root)
    assert [name for name in found.files if name != "gone"] == ["5_one/b.png", "5_two/a.png", "7_same/b.png"]
    assert set(found.passed_over) >= {"plain", "5_one/again", "5_two/home"}


def test_links_among_many_folders_take_no_longer_than_the_folders(tmp_path: Path) -> None:
    """Each folder links to all others: every order of them would be a path."""
    folders = [tmp_path / "set" / f"2_{number}" for number in range(9)]
    for folder in folders:
        put(folder / "a.png")
    for folder in folders:
        for other in folders:
            (folder / f"3_{other.name}").symlink_to(other)
    assert len(walk_files(tmp_path / "set").files) <= 2 * len(folders)


def test_rubbish_is_passed_over(tmp_path: Path) -> None:
    for name in (
        "@eaDir/a.png/S.png",
        "$RECYCLE.BIN/S-1/r.png",
        "#recycle/b.png",
        ".x/c.png",
        "x/Thumbs.db",
        "x/d.png",
    ):
        put(tmp_path / name)
    assert walk_files(tmp_path).files == ["x/d.png"]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="needs a folder that may not be read")
def test_a_folder_that_may_not_be_read_is_told(tmp_path: Path) -> None:
    put(tmp_path / "5_a" / "a.png")
    (tmp_path / "5_a").chmod(0)
    try:
        assert walk_files(tmp_path).closed == ["5_a"]
    finally:
        (tmp_path / "5_a").chmod(0o755)
