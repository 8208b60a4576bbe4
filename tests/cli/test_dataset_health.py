"""`danlu dataset check` and `fix`: what they print, what programs read, what they change."""

import json
from pathlib import Path

import pytest

from danlu.datasets.manifest import read_manifest
from synthetic_pictures import blurred, photo, with_bars


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    root = tmp_path / "我的 图片"
    root.mkdir()
    photo(0, (256, 256)).save(root / "a.png")
    with_bars(photo(1, (256, 256)), (0, 0, 0), (0, 30, 0, 30)).save(root / "b.png")
    blurred(photo(2, (256, 256)), 4).save(root / "c.png")
    return root


def test_check_groups_and_says_how_to_mend(danlu, pictures: Path) -> None:
    ran = danlu("dataset", "check", pictures, "--resolution", 256)
    assert ran.code == 0 and "3 pictures, checked for danlu-mini at 256 px: 1 problem, 2 warnings, 1 note." in ran.out
    assert "3 of 3 pictures (photographs, other drawings or things" in ran.out
    assert "blurred · blurred (1)" in ran.out and "bars · bars at the edges (1)" in ran.out
    assert f"danlu dataset fix '{pictures}' bars --resolution 256" in ran.out
    assert "1 个问题" in danlu("dataset", "check", pictures, "--resolution", 256, "--lang", "zh").out


def test_check_speaks_json_and_writes_a_page(danlu, pictures: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    told = json.loads(danlu("dataset", "check", pictures, "--json", "--html", page).out)
    assert told["pictures"] == 3 and told["resolution"] == 128 and page.exists()
    bars = next(one for one in told["findings"] if one["check"] == "bars")
    assert bars["picture"] == "b.png" and bars["safe"] and "0,30" in bars["fix"]


def test_fix_shows_then_mends_then_undo(danlu, pictures: Path) -> None:
    dry = danlu("dataset", "fix", pictures, "--dry-run")
    assert "b.png: set its crop box" in dry.out and "+crop = [0, 30, 256, 286]" in dry.out
    assert not (pictures / "danlu.toml").exists()
    ran = danlu("dataset", "fix", pictures, "--resolution", 256)
    assert ran.code == 0 and "Fixed 1 findings" in ran.out and "Not fixed unless you name them: blurred" in ran.out
    assert danlu("dataset", "fix", pictures, "blurred", "--resolution", 256, "--picture", "c.png").code == 0
    assert set(read_manifest(pictures).pictures) == {"b.png", "c.png"}
    danlu("dataset", "undo", pictures)
    danlu("dataset", "undo", pictures)
    assert not (pictures / "danlu.toml").exists()
    assert "nothing to fix" in danlu("dataset", "fix", pictures, "duplicates").out


def test_mistakes_are_told(danlu, pictures: Path, tmp_path: Path) -> None:
    assert "did you mean 'bars'" in danlu("dataset", "fix", pictures, "bar").err
    missing = danlu("dataset", "check", pictures, "--nsfw-model", tmp_path / "none.onnx")
    assert missing.code == 2 and "none.onnx' doesn't exist" in missing.err
    assert danlu("dataset", "check", tmp_path / "none").code == 2
