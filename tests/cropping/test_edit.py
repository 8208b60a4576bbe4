"""Crops of single pictures, by command: each way, each slip told, each step undone byte for byte."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image, ImageDraw

from danlu.cli.main import make_program
from danlu.datasets.history import history, undo
from danlu.datasets.manifest import MANIFEST_NAME, PictureFacts, read_manifest
from danlu.datasets.pictures import Box
from danlu.kit.errors import UserError


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "子").mkdir()
    for name in ("a.png", "b.png", "子/c.png"):
        image = Image.new("RGB", (400, 200), "white")
        ImageDraw.Draw(image).rectangle((300, 40, 380, 199), fill="navy")
        image.save(tmp_path / name)
    return tmp_path


def run(*words: object) -> str:
    ran = CliRunner().invoke(make_program(), [str(word) for word in words], standalone_mode=False)
    if ran.exception:
        raise ran.exception
    return ran.output


def facts(root: Path, name: str = "a.png") -> PictureFacts:
    return read_manifest(root).pictures.get(name, PictureFacts())


def test_a_box_a_point_a_mode_and_none(root: Path) -> None:
    edit = ("dataset", "crop-box", root)
    run(*edit, "a.png", "--box", "10,0,210,200")
    assert facts(root).crop == Box(10, 0, 210, 200)
    run(*edit, "a.png", "子/c.png", "--focus", "25%,50%", "--sizes", "64x64")
    assert facts(root).crop == facts(root, "子/c.png").crop == Box(0, 0, 200, 200)
    run(*edit, "a.png", "--focus", "300,100", "--sizes", "64x64")
    assert facts(root).crop == Box(200, 0, 400, 200)
    run(*edit, root / "b.png", "--mode", "focus", "--detector", "saliency")
    found = facts(root, "b.png").crop
    assert found is not None and found.left > 100 and found.right >= 381
    run(*edit, "a.png", "--none")
    assert facts(root) == PictureFacts()
    assert len(history(root)) == 5


def test_an_extended_box(root: Path) -> None:
    run("dataset", "crop-box", root, "a.png", "--box=-50,0,400,200", "--extend", "#ffeedd")
    assert facts(root) == PictureFacts(crop=Box(-50, 0, 400, 200), extend="#ffeedd")
    run("dataset", "crop-box", root, "a.png", "--box", "0,0,400,200", "--extend", "edge")
    assert facts(root).extend is None, "nothing of it is outside"


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ((), "one of --box"),
        (("--none", "--mode", "focus"), "one of --box"),
        (("--box", "1,2,3"), "no box"),
        (("--box", "0,0,500,200"), "doesn't fit 'a.png'"),
        (("--box", "0,0,500,200", "--extend", "mirror"), "no way to fill"),
        (("--focus", "a,b"), "no point"),
        (("--focus", "120%,0%"), "outside"),
        (("--none", "--detector", "saliency"), "--mode focus only"),
        (("--mode", "centre", "--extend", "edge"), "no effect"),
    ],
)
def test_a_slip_is_told_and_nothing_is_written(root: Path, options: tuple[str, ...], told: str) -> None:
    with pytest.raises(UserError, match=told):
        run("dataset", "crop-box", root, "a.png", *options)
    assert not (root / MANIFEST_NAME).exists()


def test_a_picture_that_is_not_there_is_told_with_the_nearest(root: Path) -> None:
    with pytest.raises(UserError, match=r"'子/c\.png'"):
        run("dataset", "crop-box", root, "子/d.png", "--none")


def test_a_dry_run_shows_and_writes_nothing(root: Path) -> None:
    assert "10,0 – 210,200" in run("dataset", "crop-box", root, "a.png", "--box", "10,0,210,200", "--dry-run")
    crops = json.loads(run("crop", root, "--dry-run", "--json"))
    assert [crop["name"] for crop in crops] == ["a.png", "b.png", "子/c.png"]
    assert not (root / MANIFEST_NAME).exists() and not history(root)


def test_cropping_is_one_step_that_can_be_undone(root: Path) -> None:
    (root / MANIFEST_NAME).write_text('# mine\n[pictures."b.png"]\nrepeats = 3\n')
    before = (root / MANIFEST_NAME).read_bytes()
    run("crop", root, "--sizes", "standard", "--extend", "blur")
    assert facts(root, "b.png").crop and facts(root, "b.png").repeats == 3
    assert [change.title.en for change in history(root)] == ["crop 3 pictures"]
    undo(root)
    assert (root / MANIFEST_NAME).read_bytes() == before


@pytest.mark.parametrize("options", [("--centre", "--extend", "edge"), ("--centre", "--detector", "saliency")])
def test_an_option_without_effect_is_refused(root: Path, options: tuple[str, ...]) -> None:
    with pytest.raises(UserError, match="no effect"):
        run("crop", root, *options)


@pytest.mark.parametrize("name", ["sheet.jpg", "sheet"])
def test_a_sheet_of_an_unknown_kind_is_refused(root: Path, name: str) -> None:
    with pytest.raises(UserError, match=r"\.html or \.png"):
        run("crop", root, "--sheet", root.parent / name)
