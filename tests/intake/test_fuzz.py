"""Whatever is in the files: no crash, no hang, nothing outside of the target, every file told once."""

import io
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from danlu.datasets.decode import decode_picture
from danlu.intake.importing import import_pictures
from danlu.kit.errors import UserError
from danlu.kit.workers import Limits

FORMS = {"png": "PNG", "jpg": "JPEG", "webp": "WEBP", "bmp": "BMP", "gif": "GIF", "avif": "AVIF", "tif": "TIFF"}
LIMITS = Limits(seconds=20, memory_bytes=2**29)


def encoded(form: str) -> bytes:
    buffer = io.BytesIO()
    pixels = np.random.default_rng(0).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    options = {"compression": "tiff_lzw"} if form == "TIFF" else {}
    Image.fromarray(pixels).resize((40, 30)).save(buffer, form, **options)
    return buffer.getvalue()


SOUND = {suffix: encoded(form) for suffix, form in FORMS.items()}


@st.composite
def mutated(draw: st.DrawFn, content: bytes) -> bytes:
    """Bits flipped, cut short, another format's head, bytes doubled, numbers blown up."""
    changed = bytearray(content)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, max(0, len(changed) - 1)) | st.integers(0, min(64, max(0, len(changed) - 1))))
        match draw(st.sampled_from(["flip", "cut", "splice", "double", "blow"])):
            case "flip":
                changed[at : at + 1] = bytes([draw(st.integers(0, 255))])
            case "cut":
                del changed[at:]
            case "splice":
                head = SOUND[draw(st.sampled_from(sorted(SOUND)))]
                changed[:at] = head[:at]
            case "double":
                changed[at:at] = changed[at : at + draw(st.integers(1, 200))]
            case _:
                changed[at : at + 4] = b"\xff\xff\xff\x7f"
    return bytes(changed)


damaged_file = st.sampled_from(sorted(SOUND)).flatmap(lambda suffix: st.tuples(st.just(suffix), mutated(SOUND[suffix])))


@settings(max_examples=4)
@given(st.lists(damaged_file, min_size=40, max_size=60))
def test_damaged_pictures(tmp_path_factory: pytest.TempPathFactory, files: list[tuple[str, bytes]]) -> None:
    root = tmp_path_factory.mktemp("fuzz")
    (root / "in").mkdir()
    for number, (suffix, content) in enumerate(files):
        (root / "in" / f"{number}.{suffix}").write_bytes(content)
    report = import_pictures([root / "in"], root / "to", limits=LIMITS)
    assert len(report.taken) + len(report.left_out) == len(files)
    assert len({one.source for one in (*report.taken, *report.left_out)}) == len(files)
    assert {one.why for one in report.left_out} <= {"damaged", "duplicate"}
    for one in report.taken:
        assert decode_picture(root / "to" / one.name).size == one.size
    assert {path.name for path in root.iterdir()} == {"in", "to"}


def small_zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for suffix in ("png", "gif"):
            archive.writestr(f"文件夹/图.{suffix}", SOUND[suffix])
        archive.writestr("文件夹/图.txt", "a, b".encode("gb18030"))
        archive.writestr("meta_cap.json", '{"图": {"caption": "a"}}')
        archive.writestr("danlu.toml", '[pictures."文件夹/图.png"]\nrepeats = 2\n')
    return buffer.getvalue()


@settings(max_examples=12)
@given(st.one_of(mutated(small_zip()), st.binary(max_size=200)))
def test_damaged_zips(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    root = tmp_path_factory.mktemp("zip") / "deep" / "er"
    root.mkdir(parents=True)
    (root / "a.zip").write_bytes(content)
    try:
        report = import_pictures([root / "a.zip"], root / "to", limits=LIMITS)
    except UserError:
        assert {path.name for path in root.iterdir()} == {"a.zip"}
    else:
        assert {path.name for path in root.iterdir()} == {"a.zip", "to"}
        for one in report.taken:
            decode_picture(root / "to" / one.name)
    assert [path.name for path in root.parent.parent.iterdir()] == ["deep"]
    assert [path.name for path in root.parent.iterdir()] == ["er"]


@settings(max_examples=200)
@given(mutated(small_zip()))
def test_listings_of_damaged_zips(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    """Only the sources: quick enough for many."""
    from danlu.intake.contents import sort_contents
    from danlu.intake.sources import open_sources

    path = tmp_path_factory.getbasetemp() / "listing.zip"
    path.write_bytes(content)
    try:
        with open_sources([path], path.parent / "to") as (source,):
            sort_contents(source)
            for entry in source.entries:
                assert ".." not in entry.name.split("/") and not entry.name.startswith("/")
    except UserError:
        return
