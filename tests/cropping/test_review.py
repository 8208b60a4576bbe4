"""The review sheet: one file, the doubtful first, commands that work as they stand."""

import html
import re
import shlex
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from danlu.cropping.crop import Crop, CropOptions, plan_crops
from danlu.cropping.review import edit_command, remarks, write_review
from danlu.datasets.buckets import bucket_sizes
from danlu.datasets.manifest import read_manifest
from danlu.datasets.pictures import Box, Size
from danlu.kit.language import set_language

MINI = bucket_sizes(128, smallest=64, largest=256, step=32)


def crop(**facts: object) -> Crop:
    fine = {"box": Box(0, 0, 128, 128), "bucket": Size(128, 128), "subject": Box(10, 10, 90, 90), "score": 0.9}
    return Crop(Path("a.png"), "a.png", Size(200, 200), **{**fine, **facts})  # type: ignore[arg-type]


def test_risk_puts_a_cut_head_before_a_cut_subject_before_enlargement_before_doubt() -> None:
    cases = [
        crop(head=Box(100, 100, 200, 200)),
        crop(subject=Box(50, 50, 150, 150)),
        crop(bucket=Size(256, 256)),
        crop(score=0.4),
        crop(),
    ]
    risks = [one.risk for one in cases]
    assert risks == sorted(risks, reverse=True) and risks[-1] < 0.1
    assert [bool(remarks(one)) for one in cases] == [True, True, True, True, False]


def test_remarks_say_what_is_wrong() -> None:
    told = {
        "head cut": crop(head=Box(100, 100, 200, 200)),
        "subject cut": crop(subject=Box(50, 50, 150, 150)),
        "enlarged x2.00": crop(bucket=Size(256, 256)),
        "border (blur)": crop(box=Box(-64, 0, 64, 128), subject=None, extend="blur"),
        "no subject found": crop(subject=None, score=0.0),
        "doubtful": crop(score=0.4),
        "kept as it was": crop(was_there=True),
    }
    for words, one in told.items():
        assert any(words in text.en for text in remarks(one)), words


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    root = tmp_path / "数据 <集>"
    root.mkdir()
    for number, (name, place) in enumerate(
        {"a 'b'.png": (40, 60), "<c>&.png": (300, 200), "图.png": (150, 10)}.items()
    ):
        image = Image.new("RGB", (480, 360), (200, 210, 220))
        ImageDraw.Draw(image).ellipse((*place, place[0] + 90, place[1] + 120), fill=(120, 20 + 60 * number, 30))
        image.save(root / name)
    return root


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_is_whole_and_in_the_users_language(dataset: Path, tmp_path: Path, language: str) -> None:
    crops = plan_crops(dataset, CropOptions("focus", MINI))
    set_language(language)
    try:
        write_review(crops, dataset, tmp_path / "sheet.html")
    finally:
        set_language(None)
    page = (tmp_path / "sheet.html").read_text("utf-8")
    assert page.count("<figure ") == page.count("data:image/jpeg;base64,") == 3
    assert page.count("<button>复制<" if language == "zh" else "<button>copy<") == 3
    assert ("张图片" in page) == (language == "zh")
    assert not re.search(r'(?:src|href)="(?!data:)', page), "nothing is fetched"
    assert "<c>" not in page and "&lt;c&gt;&amp;.png" in page
    names = [html.unescape(name) for name in re.findall(r'aria-label="([^"]*\.png)"', page)]
    assert names == [one.name for one in sorted(crops, key=lambda one: (-one.risk, one.name))]


def test_the_command_of_a_crop_sets_that_crop(dataset: Path) -> None:
    from danlu.cli.main import run

    for one in plan_crops(dataset, CropOptions("focus", MINI)):
        words = shlex.split(edit_command(one, dataset))
        assert words[0] == "danlu" and run(words[1:]) == 0
        assert read_manifest(dataset).pictures[one.name].crop == one.box
