"""Fixes change text files only, do what they say, and can be taken back to the byte."""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from danlu.datasets.history import history, undo
from danlu.datasets.manifest import read_manifest
from danlu.datasets.pictures import Box
from danlu.datasets.scan import scan_dataset
from danlu.health.examine import Report
from danlu.health.kinds.trigger_missing import with_trigger
from danlu.health.mending import choose_fixes, contents_of, differences, mend
from danlu.kit.errors import UserError
from synthetic_pictures import photo

Examine = Callable[..., Report]
SAFE = {"unreadable", "bars", "duplicates", "caption_encoding", "trigger_missing"}


def hashes(root: Path, *, pictures: bool) -> dict[str, str]:
    """Of all files of a dataset but its history: the pictures, or the others."""
    files = (path for path in root.rglob("*") if path.is_file() and ".danlu" not in path.parts)
    return {
        path.name: sha256(path.read_bytes()).hexdigest()
        for path in files
        if (path.suffix in (".png", ".jpg")) == pictures
    }


def test_safe_fixes_mend_what_they_are_for(ward: Path, check: Examine) -> None:
    pictures, texts = hashes(ward, pictures=True), hashes(ward, pictures=False)
    report = check(ward)
    chosen = choose_fixes(report)
    assert {one.check for one in chosen} == SAFE
    change = mend(report, chosen)
    assert change and "5 findings" in change.title.en and "触发词" in change.title.zh
    facts = read_manifest(ward).pictures
    assert facts["unreadable.png"].excluded and facts["duplicates.jpg"].excluded
    assert facts["bars.png"].crop == Box(0, 40, 512, 424)
    assert (ward / "caption_encoding.txt").read_bytes() == "宁光, 女孩, 圆\n".encode()
    assert (ward / "trigger_missing.txt").read_text("utf-8") == "宁光, discs, many colours\n"
    assert not SAFE & {one.check for one in check(ward).findings}
    assert hashes(ward, pictures=True) == pictures
    undo(ward)
    assert hashes(ward, pictures=False) == texts and hashes(ward, pictures=True) == pictures


@pytest.mark.parametrize("kind", ["small", "blurred", "aspect"])
def test_what_is_a_matter_of_taste_is_left_out_when_asked(kind: str, ward: Path, check: Examine) -> None:
    report = check(ward)
    mend(report, choose_fixes(report, [kind]))
    assert {name for name, facts in read_manifest(ward).pictures.items() if facts.excluded} == {f"{kind}.png"}
    assert f"{kind}.png" not in {picture.name for picture in scan_dataset(ward).pictures}
    undo(ward)
    assert read_manifest(ward).pictures == {}


def test_a_crop_box_that_leaves_bars_out_is_fine_and_one_that_holds_some_is_cut(ward: Path, check: Examine) -> None:
    manifest = ward / "danlu.toml"
    before = manifest.read_text("utf-8")
    for crop, mended in (((10, 45, 300, 400), None), ((10, 0, 300, 468), Box(10, 40, 300, 424))):
        manifest.write_text(f'{before}[pictures."bars.png"]\ncrop = {list(crop)}\n', "utf-8")
        fixes = [one.fix for one in check(ward).findings if one.check == "bars" and one.fix]
        assert [fix.facts.crop for fix in fixes if fix.facts] == ([mended] if mended else [])


def test_one_picture_only(ward: Path, check: Examine) -> None:
    report = check(ward)
    assert [one.picture for one in choose_fixes(report, (), ["bars.png"])] == ["bars.png"]
    assert choose_fixes(report, ["blurred"], ["bars.png"]) == []


def test_of_a_picture_that_is_left_out_nothing_else_is_mended(ward: Path, check: Examine) -> None:
    (ward / "duplicates.txt").write_bytes("宁光, 圆".encode("gb18030"))
    report = check(ward)
    chosen = [one for one in choose_fixes(report) if one.picture == "duplicates.jpg"]
    assert [one.check for one in chosen] == ["duplicates"]


def test_two_fixes_of_one_caption_go_together(ward: Path, check: Examine) -> None:
    (ward / "a.txt").write_bytes("圆, 彩色".encode("gb18030"))
    report = check(ward)
    mend(report, [one for one in choose_fixes(report) if one.picture == "a.png"])
    assert (ward / "a.txt").read_bytes() == "宁光, 圆, 彩色\n".encode()
    assert len(history(ward)) == 1


def test_a_dry_run_writes_nothing_and_shows_lines(ward: Path, check: Examine) -> None:
    before = hashes(ward, pictures=False)
    report = check(ward)
    shown = differences(ward, contents_of(report, choose_fixes(report)))
    assert "+宁光, discs, many colours" in shown and "-discs, many colours" in shown and "+excluded = true" in shown
    assert hashes(ward, pictures=False) == before and not history(ward)


@pytest.mark.parametrize(
    ("checks", "pictures", "told"),
    [(["blured"], [], "did you mean 'blurred'"), ([], ["bar.png"], "did you mean 'bars.png'")],
)
def test_unknown_names_are_told(
    open_ward: Path, check: Examine, checks: list[str], pictures: list[str], told: str
) -> None:
    with pytest.raises(UserError, match=told):
        choose_fixes(check(open_ward), checks, pictures)


def test_the_best_of_a_group_is_kept(tmp_path: Path, check: Examine) -> None:
    """The largest that isn't merely blown up; variants that differ are left out only by name."""
    original = photo(1)
    original.resize((256, 192)).save(tmp_path / "half.png")
    original.save(tmp_path / "original.png")
    original.resize((256, 192)).resize((1024, 768)).save(tmp_path / "blown up.jpg")
    other = original.copy()
    other.paste((255, 0, 0), (200, 200, 260, 240))
    other.save(tmp_path / "variant.png")
    report = check(tmp_path)
    found = {one.picture: one.fix for one in report.findings if one.check == "duplicates"}
    assert {name: fix.safe for name, fix in found.items() if fix} == {
        "half.png": True,
        "blown up.jpg": True,
        "variant.png": False,
    }


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a, b", "zq, a, b"),
        ("a girl called ZQ, smiling", "a girl called ZQ, smiling"),
        ("a\n\nzq, b", "zq, a\n\nzq, b"),
    ],
)
def test_the_trigger_is_put_first_where_it_lacks(before: str, after: str) -> None:
    assert with_trigger(before, trigger="zq") == after
    assert with_trigger(after, trigger="zq") == after
