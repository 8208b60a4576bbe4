"""`danlu tag` as a user sees it."""

from pathlib import Path

import pytest
from PIL import Image

from foreign_pictures import make_photographs
from tiny_captioners import make_blip, picture
from tiny_tagger import make_tagger


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "图片 set"
    folder.mkdir()
    for number, colour in enumerate(("red", "blue")):
        picture(colour).save(folder / f"{number}.png")
    return folder


@pytest.fixture
def tagger(tmp_path: Path) -> Path:
    return make_tagger(tmp_path / "tagger")


def test_a_dry_run_shows_what_would_change_and_writes_nothing(danlu, root: Path, tagger: Path) -> None:
    (root / "0.txt").write_text("mine", encoding="utf-8")
    line = ("tag", root, "--tagger", tagger, "--exclude", "^_^, r*", "--replace", "solo=alone", "--add", "best")
    ran = danlu(*line, "--existing", "append", "--dry-run")
    assert ran.code == 0, ran.err
    assert ran.out.splitlines() == [
        "0.png",
        "- mine",
        "+ best, mine, alone",
        "1.png",
        "+ best, blue hair, alone",
        "2 of 2 captions would change; nothing was written.",
    ]
    assert not (root / "1.txt").exists()


def test_a_run_can_be_taken_back(danlu, root: Path, tagger: Path) -> None:
    ran = danlu("tag", root, "--tagger", tagger, "--trigger", "ohwx", "--threshold", "0.7")
    assert "ohwx, blue hair, solo" in ran.out
    assert danlu("--lang", "zh", "dataset", "undo", root).out.strip() == "已撤销：为 2 张图片打标（3 个文件）"
    assert sorted(path.name for path in root.glob("*.*")) == [".danlu", "0.png", "1.png"]


def test_sentences_and_tags(danlu, root: Path, tagger: Path, tmp_path: Path) -> None:
    blip = make_blip(tmp_path / "blip")
    ran = danlu("tag", root, "--captioner", blip, "--prompt", "the picture of", "--dry-run")
    assert "+ the picture of red" in ran.out
    ran = danlu("tag", root, "--captioner", blip, "--tagger", tagger)
    assert "a picture of blue, blue hair, solo, ^_^" in ran.out
    assert ran.err == "Tagger: tagger knows Danbooru tags of anime drawings.\n"


def test_photographs_are_told_before_anything_is_trained(danlu, tmp_path: Path) -> None:
    make_photographs(tmp_path / "照片", 4)
    told = danlu("tag", tmp_path / "照片", "--trigger", "myphoto").err
    assert "danlu-mini-tagger knows only" in told and "Warning: 4 of 4 pictures" in told
    recipe = tmp_path / "r.toml"
    assert danlu("init", tmp_path / "照片", "-o", recipe).code == 0
    assert "Warning: 4 of 4 pictures" in danlu("plan", recipe).err
    assert "底模不认识" in danlu("--lang", "zh", "dataset", "check", tmp_path / "照片").out


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--prompt", "x"], "--prompt is for a captioner"),
        (["--replace", "x"], "isn't OLD=NEW"),
        (["--categories", "generl"], "did you mean 'general'"),
        (["--captioner", "nowhere"], "isn't on this machine"),
        (["--threshold", "0"], "between 0 and 1"),
    ],
)
def test_mistakes_are_one_sentence(danlu, root: Path, tagger: Path, options: list[str], said: str) -> None:
    ran = danlu("tag", root, "--tagger", tagger, *options)
    assert (ran.code, ran.out, ran.err.count("Error: ")) == (2, "", 1)
    assert said in ran.err
    assert not list(root.glob("*.txt"))


def test_pictures_stay_as_they_are(danlu, root: Path, tagger: Path) -> None:
    before = {path: path.read_bytes() for path in root.glob("*.png")}
    danlu("tag", root, "--tagger", tagger, "--trigger", "ohwx", "--json")
    assert {path: path.read_bytes() for path in root.glob("*.png")} == before
    with Image.open(root / "0.png") as image:
        assert image.size == picture("red").size
