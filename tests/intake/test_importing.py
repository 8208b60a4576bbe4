"""Import: layouts, names, captions, what is there already, what interrupts."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from danlu.datasets.history import history, undo
from danlu.datasets.manifest import PictureFacts, read_manifest, update_manifest
from danlu.datasets.pictures import Box
from danlu.datasets.scan import scan_dataset
from danlu.intake.importing import import_pictures
from danlu.kit.errors import UserError

Put = Callable[..., Path]


def files(root: Path) -> list[str]:
    """All files of a dataset but Danlu's own."""
    found = (path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())
    return sorted(name for name in found if not name.startswith(".danlu/"))


def test_a_plain_folder_keeps_its_folders_without_those_that_hold_one_more(tmp_path: Path, put: Put) -> None:
    put(tmp_path / "my pics" / "all" / "一 日" / "a b.png", 1, "x")
    put(tmp_path / "my pics" / "all" / "🎨" / "c.png", 2)
    import_pictures([tmp_path / "my pics"], tmp_path / "to")
    assert files(tmp_path / "to") == ["一 日/a b.png", "一 日/a b.txt", "🎨/c.png"]


@pytest.mark.parametrize("level", ["", "project", "project/img", "project/img/6_宁光"])
def test_a_kohya_project_from_any_level(tmp_path: Path, put: Put, level: str) -> None:
    put(tmp_path / "in" / "project" / "img" / "6_宁光" / "a.png", 1, "x")
    if level != "project/img/6_宁光":
        put(tmp_path / "in" / "project" / "img" / "reg" / "1_girl" / "r.png", 2)
    if level in ("", "project"):
        put(tmp_path / "in" / "project" / "model" / "sample" / "s.png", 3)
    report = import_pictures([tmp_path / "in" / level], tmp_path / "to")
    assert [name for name in files(tmp_path / "to") if "reg" not in name] == ["6_宁光/a.png", "6_宁光/a.txt"]
    assert [one.why for one in report.left_out] == (["outside"] if level in ("", "project") else [])
    dataset = scan_dataset(tmp_path / "to")
    assert {(one.name, one.repeats, one.regularization) for one in dataset.concepts} - {("girl", 1, True)} == {
        ("宁光", 6, False)
    }


def test_single_files_bring_what_lies_beside_them(tmp_path: Path, put: Put) -> None:
    picture = put(tmp_path / "6_hero" / "a.png", 1, "hero")
    put(tmp_path / "6_hero" / "a.mask.png", 2)
    put(tmp_path / "6_hero" / "b.png", 3)
    import_pictures([picture], tmp_path / "to")
    assert files(tmp_path / "to") == ["6_hero/a.mask.png", "6_hero/a.png", "6_hero/a.txt"]


def test_names_that_clash_get_a_number_with_their_captions(tmp_path: Path, put: Put) -> None:
    for number, folder in enumerate("xyz"):
        put(tmp_path / folder / "图.png", number, f"of {folder}")
    put(tmp_path / "y" / "图.jpg", 99)
    import_pictures([tmp_path / folder for folder in "xyz"], tmp_path / "to")
    texts = {(tmp_path / "to" / name).read_text() for name in files(tmp_path / "to") if name.endswith(".txt")}
    assert files(tmp_path / "to") == sorted(
        ["图.png", "图.txt", "图-2.jpg", "图-2.txt", "图-3.png", "图-3.txt", "图-4.png", "图-4.txt"]
    )
    assert texts == {"of x", "of y", "of z"}


def test_more_of_the_same_adds_only_what_is_new(tmp_path: Path, put: Put) -> None:
    put(tmp_path / "one" / "a.png", 1)
    put(tmp_path / "two" / "b.png", 1, "late caption")
    put(tmp_path / "two" / "a.png", 2)
    import_pictures([tmp_path / "one"], tmp_path / "to")
    report = import_pictures([tmp_path / "two"], tmp_path / "to")
    assert files(tmp_path / "to") == ["a-2.png", "a.png", "a.txt"]
    assert report.captions == ("a.png",)
    assert [(one.source, one.why) for one in report.left_out] == [("two/b.png", "duplicate")]
    (tmp_path / "two" / "b.txt").write_text("other")
    assert import_pictures([tmp_path / "two"], tmp_path / "to").captions == ()
    assert (tmp_path / "to" / "a.txt").read_text() == "late caption"


def test_plain_pictures_join_a_kohya_dataset_in_a_folder_of_their_own(tmp_path: Path, put: Put) -> None:
    put(tmp_path / "k" / "6_a" / "1.png", 1)
    put(tmp_path / "plain" / "2.png", 2)
    import_pictures([tmp_path / "k"], tmp_path / "to")
    import_pictures([tmp_path / "plain"], tmp_path / "to")
    assert files(tmp_path / "to") == ["1_plain/2.png", "6_a/1.png"]
    import_pictures([tmp_path / "plain"], tmp_path / "other")
    with pytest.raises(UserError, match=r"REPEATS_NAME.*'2.png'"):
        import_pictures([tmp_path / "k"], tmp_path / "other")


def test_loose_captions_and_metadata_find_their_pictures(tmp_path: Path, put: Put) -> None:
    for number in range(4):
        put(tmp_path / "in" / f"图{number}.png", number)
    (tmp_path / "in" / "图0.txt").write_text("beside", encoding="utf-8")
    about = {
        "图0": {"caption": "not this"},
        str(tmp_path / "in" / "图1.png"): {"caption": "a girl", "tags": "smile, 红发", "train_resolution": [512, 512]},
        "D:\\elsewhere\\图2.jpg": {"tags": "only tags"},
    }
    (tmp_path / "meta_lat.json").write_text(json.dumps(about), encoding="utf-8")
    import_pictures([tmp_path / "in", tmp_path / "meta_lat.json"], tmp_path / "to")
    found = {one.name: one.caption for one in scan_dataset(tmp_path / "to").pictures}
    assert found == {"图0.png": "beside", "图1.png": "a girl, smile, 红发", "图2.png": "only tags", "图3.png": None}
    (tmp_path / "captions").mkdir()
    (tmp_path / "captions" / "图3.caption").write_bytes("后来的".encode("gb18030"))
    (tmp_path / "captions" / "图1.txt").write_text("must not replace")
    report = import_pictures([tmp_path / "captions"], tmp_path / "to")
    assert report.captions == ("图3.png",)
    found = {one.name: one.caption for one in scan_dataset(tmp_path / "to").pictures}
    assert (found["图1.png"], found["图3.png"]) == ("a girl, smile, 红发", "后来的")


def test_texts_of_other_pictures_are_not_given_to_those_of_the_same_name(tmp_path: Path, put: Put) -> None:
    put(tmp_path / "old" / "01.png", 1)
    put(tmp_path / "new" / "01.png", 2)
    (tmp_path / "new" / "meta_cap.json").write_text('{"01": {"caption": "of the new one"}}')
    (tmp_path / "new" / "readme.txt").write_text("not a caption")
    import_pictures([tmp_path / "old"], tmp_path / "to")
    report = import_pictures([tmp_path / "new"], tmp_path / "to")
    found = {one.name: one.caption for one in scan_dataset(tmp_path / "to").pictures}
    assert found == {"01.png": None, "01-2.png": "of the new one"}
    assert [(one.source, one.why) for one in report.left_out] == [("new/readme.txt", "caption")]


def test_captions_in_a_folder_of_their_own(tmp_path: Path, put: Put) -> None:
    put(tmp_path / "pictures" / "deep" / "a.png", 1)
    (tmp_path / "captions").mkdir()
    (tmp_path / "captions" / "a.txt").write_text("a caption")
    report = import_pictures([tmp_path / "captions", tmp_path / "pictures"], tmp_path / "to")
    assert [(one.name, one.has_caption) for one in report.taken] == [("a.png", True)]
    assert report.captions == report.left_out == ()


def test_facts_of_a_manifest_come_along_and_can_be_undone(tmp_path: Path, put: Put) -> None:
    put(tmp_path / "in" / "deep" / "a.png", 1)
    put(tmp_path / "in" / "deep" / "b.png", 2)
    update_manifest(tmp_path / "in" / "deep", pictures={"a.png": PictureFacts(crop=Box(0, 0, 4, 4), repeats=3)})
    put(tmp_path / "to" / "a.png", 5)
    import_pictures([tmp_path / "in"], tmp_path / "to")
    assert read_manifest(tmp_path / "to").pictures == {"a-2.png": PictureFacts(crop=Box(0, 0, 4, 4), repeats=3)}
    assert len(history(tmp_path / "to")) == 1
    undo(tmp_path / "to")
    assert files(tmp_path / "to") == ["a-2.png", "a.png", "b.png"]


def test_originals_stay_and_nothing_is_written_over(tmp_path: Path, put: Put) -> None:
    put(tmp_path / "in" / "a.png", 1, "x")
    (tmp_path / "to").mkdir()
    (tmp_path / "to" / "a.txt").write_text("a text that waits")
    before = {path: path.read_bytes() for path in (tmp_path / "in").rglob("*.*")}
    import_pictures([tmp_path / "in"], tmp_path / "to")
    assert {path: path.read_bytes() for path in (tmp_path / "in").rglob("*.*")} == before
    assert (tmp_path / "to" / "a.txt").read_text() == "a text that waits"


def test_an_interruption_leaves_whole_files_and_can_be_repeated(tmp_path: Path, put: Put) -> None:
    for number in range(30):
        put(tmp_path / "in" / f"{number:02}.png", number, f"caption {number}")

    def stop(done: int, _total: int) -> None:
        if done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_pictures([tmp_path / "in"], tmp_path / "to", on_progress=stop)
    there = [name for name in files(tmp_path / "to") if name.endswith(".png")]
    assert 5 <= len(there) < 30
    assert all((tmp_path / "to" / name).read_bytes() == (tmp_path / "in" / name).read_bytes() for name in there)
    assert [path.name for path in (tmp_path / "to" / ".danlu").iterdir()] == ["import.lock"]
    import_pictures([tmp_path / "in"], tmp_path / "to")
    assert files(tmp_path / "to") == files(tmp_path / "in")


def test_kinds_that_are_not_read_are_told_with_the_way_out(tmp_path: Path, put: Put) -> None:
    put(tmp_path / "in" / "a.png", 1)
    for name in ("b.psd", "c.zip", "d.mp4"):
        (tmp_path / "in" / name).write_bytes(b"x")
    os.mkfifo(tmp_path / "in" / "e.png")
    report = import_pictures([tmp_path / "in"], tmp_path / "to")
    assert [(one.source, one.why) for one in report.left_out] == [("in/b.psd", "unread"), ("in/c.zip", "unread")]
    assert "d.mp4" in report.notices[0].en


@pytest.mark.parametrize(
    ("sources", "said"),
    [(["none"], "doesn't exist"), (["empty"], "no pictures"), (["a.7z"], "archive of a kind"), (["to"], "already")],
)
def test_what_makes_no_sense_is_refused_before_anything_is_written(
    tmp_path: Path, sources: list[str], said: str
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "a.7z").touch()
    (tmp_path / "to").mkdir()
    with pytest.raises(UserError, match=said):
        import_pictures([tmp_path / name for name in sources], tmp_path / "to")
    assert not any((tmp_path / "to").iterdir())
