"""The newcomer's zip: 36 of its 40 pictures arrive whole, each of the others is told once."""

import hashlib
import json
import zipfile
from pathlib import Path, PurePosixPath

import pytest

import mixed_pictures as mixed
from danlu.cli.main import run
from danlu.datasets.decode import decode_picture
from danlu.datasets.scan import scan_dataset
from danlu.datasets.thumbnails import thumbnail_of
from danlu.intake.importing import import_pictures
from danlu.intake.report import ImportReport


@pytest.fixture(scope="module")
def imported(mixed_zip: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ImportReport]:
    target = tmp_path_factory.mktemp("target") / "我的 角色"
    return target, import_pictures([mixed_zip], target)


def test_the_zip_holds_40_pictures_under_chinese_names(mixed_zip: Path) -> None:
    assert len(mixed.picture_names()) == 40
    with zipfile.ZipFile(mixed_zip) as archive:
        assert any(not info.flag_bits & 0x800 and not info.filename.isascii() for info in archive.infolist())


def test_sound_pictures_arrive_byte_for_byte_under_their_names(imported: tuple[Path, ImportReport]) -> None:
    target, report = imported
    lost = {mixed.CORRUPT, mixed.TRUNCATED, *mixed.TWINS}
    # Of two twins the one without a caption is left out.
    assert {one.name for one in report.taken} == set(mixed.picture_names()) - lost
    for name in set(mixed.picture_names()) - lost:
        assert (target / name).read_bytes() == mixed._pictures()[name]
    folders = {PurePosixPath(name).parts[0] for name in mixed.picture_names() if "/" in name}
    assert {path.name for path in target.iterdir()} == {".danlu", *folders}


def test_each_problem_is_told_once(imported: tuple[Path, ImportReport]) -> None:
    _, report = imported
    told = {(PurePosixPath(one.source).name, one.why) for one in report.left_out}
    assert told == {
        (mixed.CORRUPT, "damaged"),
        (mixed.TRUNCATED, "damaged"),
        (mixed.NOTE, "caption"),
        *((PurePosixPath(name).name, "duplicate") for name in mixed.TWINS),
    }
    assert len(report.left_out) == 5
    for one in report.left_out:
        assert one.source in one.text.en and one.source in one.text.zh
        assert ".danlu" not in one.text.en
    assert [text.en.split(":")[0] for text in report.notices] == [
        "1 animated pictures",
        "2 captions weren't in UTF-8 (the first",
    ]


def test_captions_are_utf_8_and_the_dataset_is_as_training_wants_it(imported: tuple[Path, ImportReport]) -> None:
    target, _ = imported
    dataset = scan_dataset(target)
    assert len(dataset.pictures) == 36
    assert dataset.problems == dataset.notices == ()
    captions = {picture.name: picture.caption for picture in dataset.pictures if picture.caption}
    assert captions == {
        next(name for name in mixed.picture_names() if name.startswith(f"{file[:-4]}.")): text
        for file, (text, _) in mixed.CAPTIONS.items()
    }
    for name, orientation in mixed.ROTATED.items():
        assert next(one.size for one in dataset.pictures if one.name == name) == (900, 1200), orientation


def test_thumbnails_are_there_and_upright(imported: tuple[Path, ImportReport]) -> None:
    target, report = imported
    for one in report.taken:
        thumbnail = decode_picture(thumbnail_of(target / one.name))
        assert max(thumbnail.size) <= 256
        assert abs(thumbnail.width / thumbnail.height - one.size.width / one.size.height) < 0.02


def test_importing_again_takes_nothing_and_the_command_tells_it(
    mixed_zip: Path, imported: tuple[Path, ImportReport], capsys: pytest.CaptureFixture[str]
) -> None:
    target, _ = imported
    before = {path: hashlib.sha256(path.read_bytes()).digest() for path in target.rglob("*") if path.is_file()}
    assert run(["dataset", "import", str(mixed_zip), "--to", str(target), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told["taken"] == told["captions"] == []
    assert [one["why"] for one in told["left_out"]].count("duplicate") == 38
    assert before == {path: hashlib.sha256(path.read_bytes()).digest() for path in target.rglob("*") if path.is_file()}
