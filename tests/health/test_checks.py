"""Each check finds what it is named after, and nothing in healthy pictures."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from danlu.health.base import Check
from danlu.health.examine import Report, all_checks
from danlu.health.findings import Finding
from danlu.kit.language import Text
from danlu.kit.variants import kinds_of

Examine = Callable[..., Report]
NOTES = {"rotated", "transparent", "colours", "animated"}


def of(report: Report, picture: str | None) -> dict[str, Finding]:
    return {one.check: one for one in report.findings if one.picture == picture}


def test_every_ailment_is_found_and_no_other(open_ward: Path, check: Examine) -> None:
    report = check(open_ward)
    found: dict[str, list[str]] = {}
    for finding in report.findings:
        found.setdefault(str(finding.picture), []).append(finding.check)
    expected = {
        seen.picture.name: [seen.picture.name.rpartition(".")[0].split(" ")[0]] for seen in report.survey.pictures
    }
    expected = {name: checks for name, checks in expected.items() if checks[0] not in ("a", "b", "c")}
    assert {name: sorted(checks) for name, checks in found.items() if name != "None"} == expected
    assert found["None"] == ["captions"]
    assert {one.check for one in report.findings if one.severity == "note"} == NOTES | {"captions"}


def test_findings_carry_figures_in_both_languages(open_ward: Path, check: Examine) -> None:
    report = check(open_ward)

    def text(picture: str, kind: str) -> Text:
        return of(report, picture)[kind].text

    assert "enlarged 3.0 times to 288x224" in text("small.png", "small").en
    assert "放大 3.0 倍到 288x224" in text("small.png", "small").zh
    assert "40 px top, 44 px bottom" in text("bars.png", "bars").en
    assert "上 40 像素、下 44 像素" in text("bars.png", "bars").zh
    assert "orientation 6" in text("rotated.jpg", "rotated").en and "384x512" in text("rotated.jpg", "rotated").en
    assert "25%" in text("transparent.png", "transparent").en
    assert "CMYK" in text("colours cmyk.jpg", "colours").en
    assert "16 bit" in text("colours 16 bit.png", "colours").en
    assert "2 frames" in text("animated.png", "animated").en
    assert "'a.png' (512x384)" in text("duplicates.jpg", "duplicates").en
    assert "GB18030" in text("caption_encoding.png", "caption_encoding").en
    assert "base.max_tokens = 225" in text("caption_long.png", "caption_long").en
    assert "宁光" in text("trigger_missing.png", "trigger_missing").zh


def test_the_worst_comes_first(open_ward: Path, check: Examine) -> None:
    order = [one.severity for one in check(open_ward).findings]
    assert order == sorted(order, key=["problem", "warning", "note"].index) and order[0] == "problem"


def test_what_is_wrong_depends_on_the_base(open_ward: Path, check: Examine) -> None:
    """Blur vanishes when a picture is scaled down; what is large enough for one base is too small for another."""
    modest, demanding = check(open_ward, side_px=64), check(open_ward, side_px=1024)
    assert "small" not in of(modest, "small.png") and "small" in of(demanding, "a.png")
    assert "blurred" not in of(modest, "blurred.png") and of(demanding, "blurred.png")["blurred"].severity == "problem"


def test_a_crop_box_counts_as_the_size(ward: Path, check: Examine) -> None:
    manifest = ward / "danlu.toml"
    manifest.write_text(manifest.read_text("utf-8") + '[pictures."a.png"]\ncrop = [0, 0, 80, 80]\n', "utf-8")
    assert of(check(ward), "a.png")["small"].severity == "problem"


def test_excluded_pictures_are_not_looked_at(ward: Path, check: Examine) -> None:
    manifest = ward / "danlu.toml"
    manifest.write_text(manifest.read_text("utf-8") + '[pictures."small.png"]\nexcluded = true\n', "utf-8")
    assert of(check(ward), "small.png") == {}


@pytest.mark.parametrize("content", [b"no picture", b"", b"\x89PNG\r\n\x1a\n" + bytes(40)])
def test_a_file_that_is_no_picture_is_told(ward: Path, check: Examine, content: bytes) -> None:
    (ward / "broken.png").write_bytes(content)
    finding = of(check(ward), "broken.png")["unreadable"]
    assert finding.severity == "problem" and finding.fix and finding.fix.safe


def test_what_can_be_mended_otherwise_is_not_left_out(ward: Path, check: Examine) -> None:
    """A caption that is no text, a crop box outside of the picture: the picture itself is fine."""
    (ward / "a.txt").write_bytes(b"\xff\xff\0\0")
    manifest = ward / "danlu.toml"
    manifest.write_text(manifest.read_text("utf-8") + '[pictures."b.png"]\ncrop = [0, 0, 9999, 80]\n', "utf-8")
    report = check(ward)
    assert [of(report, name)["unreadable"].fix for name in ("a.png", "b.png")] == [None, None]


def test_captions_that_are_all_the_same_are_told(ward: Path, check: Examine) -> None:
    for path in ward.glob("*.txt"):
        path.write_text("宁光, one for all", "utf-8")
    warnings = [one for one in check(ward).findings if one.picture is None and one.severity == "warning"]
    assert [one.check for one in warnings] == ["captions"] and "'宁光, one for all'" in warnings[0].text.en


def test_a_dataset_without_captions_gets_one_note(ward: Path, check: Examine) -> None:
    for path in ward.glob("*.txt"):
        path.unlink()
    found = [one for one in check(ward).findings if "caption" in one.check]
    assert [(one.check, one.picture, one.severity) for one in found] == [("caption_missing", None, "note")]


@pytest.mark.parametrize("kind", sorted(kinds_of(Check)))
def test_contract(kind: str, open_ward: Path, check: Examine) -> None:
    """Every check has a title in both languages, measures what JSON can hold, and tells one whole sentence."""
    made = next(one for one in all_checks() if one.name == kind)
    assert made.title.en and made.title.zh != made.title.en and type(made).__doc__
    report = check(open_ward, made)
    assert {one.check for one in report.findings} <= {kind}
    for finding in report.findings:
        for text in finding.text:
            assert text.endswith((".", "。")) and "\n" not in text
        assert finding.fix is None or finding.picture is not None
    for seen in report.survey.pictures:
        assert json.loads(json.dumps(seen.measures)) == dict(seen.measures)
