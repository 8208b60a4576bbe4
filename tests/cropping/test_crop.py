"""Crops: legal boxes, whole subjects, tall buckets for tall figures; nothing enlarged in silence or overwritten."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from danlu.cropping.base import find_detectors
from danlu.cropping.boxes import centre_box, focus_box, share_inside
from danlu.cropping.crop import Crop, CropOptions, crop_dataset
from danlu.cropping.sheet import crop_sheet
from danlu.datasets.buckets import bucket_sizes, choose_bucket
from danlu.datasets.manifest import MANIFEST_NAME, PictureFacts, read_manifest, update_manifest
from danlu.datasets.pictures import Box, Size
from danlu.datasets.scan import scan_dataset
from danlu.kit.errors import UserError

SD15 = bucket_sizes(512, smallest=256, largest=1024, step=64)
MINI = bucket_sizes(128, smallest=64, largest=256, step=32)
Draw = Callable[..., tuple[Image.Image, Box]]
MakeFigures = Callable[[Path, str, int], dict[str, Box]]
picture_sizes = st.builds(Size, st.integers(16, 3000), st.integers(16, 3000))


@st.composite
def sizes_with_subjects(draw: st.DrawFn) -> tuple[Size, Box]:
    size = draw(picture_sizes)
    left, top = draw(st.integers(0, size.width - 1)), draw(st.integers(0, size.height - 1))
    return size, Box(left, top, draw(st.integers(left + 1, size.width)), draw(st.integers(top + 1, size.height)))


@given(picture_sizes, st.sampled_from(SD15))
def test_centre_boxes_are_centred_and_as_large_as_can_be(size: Size, bucket: Size) -> None:
    box = centre_box(size, bucket)
    assert box.lies_within(size)
    assert box.size.width == size.width or box.size.height == size.height
    assert abs(box.left + box.right - size.width) <= 1
    assert abs(box.top + box.bottom - size.height) <= 1


@given(sizes_with_subjects(), st.sampled_from(SD15))
def test_focus_boxes_hold_the_subject_wherever_the_shape_can(found: tuple[Size, Box], bucket: Size) -> None:
    size, subject = found
    box = focus_box(size, subject, bucket)
    assert box.lies_within(size)
    largest = centre_box(size, bucket).size
    across, down = (
        min(1, (largest.width + 1) / subject.size.width),
        min(1, (largest.height + 1) / subject.size.height),
    )
    assert share_inside(subject, box) >= (across * down) * 0.98 - 2 / min(subject.size)


@given(sizes_with_subjects(), st.sampled_from(SD15))
def test_boxes_have_their_buckets_shape(found: tuple[Size, Box], bucket: Size) -> None:
    box = focus_box(*found, bucket)
    wanted = bucket.width / bucket.height
    width, height = box.size
    # Within what rounding to whole pixels can do.
    assert (width - 1) / (height + 1) <= wanted <= (width + 1) / max(height - 1, 0.5)


@given(sizes_with_subjects(), st.sampled_from(SD15))
def test_nothing_is_enlarged_that_has_the_pixels(found: tuple[Size, Box], bucket: Size) -> None:
    size, subject = found
    box = focus_box(size, subject, bucket)
    crop = Crop(Path("a.png"), "a.png", size, box, bucket, subject)
    if size.width >= bucket.width and size.height >= bucket.height:
        assert crop.upscale <= 1.0
    else:
        assert crop.upscale > 1.0


def test_a_figure_too_tall_keeps_its_head() -> None:
    box = focus_box(Size(500, 1500), Box(200, 100, 300, 1500), Size(512, 512))
    assert box.top <= 100
    assert box.bottom < 1500


@pytest.fixture
def make_figures(draw_figure: Draw) -> MakeFigures:
    """`make_figures(root, ground, count)`: fill a folder with pictures of figures; gives the figures' boxes."""
    return lambda root, ground, count: draw_figures(draw_figure, root, ground, count)


def draw_figures(draw_figure: Draw, root: Path, ground: str, count: int) -> dict[str, Box]:
    rng = np.random.default_rng(21)
    boxes: dict[str, Box] = {}
    root.mkdir(parents=True, exist_ok=True)
    for index in range(count):
        width = int(rng.integers(250, 700))
        image, box = draw_figure(rng, ground, Size(width, int(width * rng.uniform(0.5, 1.9))))
        image.save(root / f"图 {index:02d}.png", compress_level=1)
        boxes[f"图 {index:02d}.png"] = box
    return boxes


@pytest.mark.parametrize("ground", ["plain", "gradient", "noise"])
@pytest.mark.parametrize("sizes", [SD15, MINI], ids=["sd15", "mini"])
def test_a_focus_crop_keeps_the_subject(
    tmp_path: Path, ground: str, sizes: list[Size], make_figures: MakeFigures
) -> None:
    boxes = make_figures(tmp_path, ground, 30)
    crops = crop_dataset(tmp_path, CropOptions("focus", sizes), detectors=find_detectors(["saliency"]))
    kept = [share_inside(boxes[crop.name], crop.box) for crop in crops]
    assert np.mean(np.array(kept) >= 0.98) >= 0.95
    filled = [share_inside(crop.box, boxes[crop.name]) for crop in crops]
    whole = [share_inside(Box(0, 0, *crop.size), boxes[crop.name]) for crop in crops]
    assert np.mean(filled) > 1.3 * np.mean(whole), "the crops must show more of the subject than the pictures do"
    dataset = scan_dataset(tmp_path)
    for crop, picture in zip(crops, dataset.pictures, strict=True):
        assert picture.crop == crop.box
        assert choose_bucket(picture.framed_size, sizes) == crop.bucket


def test_tall_and_wide_figures_take_tall_and_wide_buckets(tmp_path: Path, draw_figure: Draw) -> None:
    rng = np.random.default_rng(22)
    for name, share in (("tall", (0.15, 0.9)), ("wide", (0.9, 0.2)), ("square", (0.6, 0.6))):
        draw_figure(rng, "plain", Size(900, 900), share)[0].save(tmp_path / f"{name}.png")
    by_name = {crop.name: crop for crop in crop_dataset(tmp_path, CropOptions("focus", SD15))}
    assert by_name["square.png"].bucket == (512, 512)
    assert by_name["tall.png"].bucket.height >= 2 * by_name["tall.png"].bucket.width
    assert by_name["wide.png"].bucket.width >= 2 * by_name["wide.png"].bucket.height
    assert all(crop.subject_kept >= 0.98 for crop in by_name.values())


def test_like_pictures_share_a_bucket(tmp_path: Path, draw_figure: Draw) -> None:
    """Shapes that differ a little would each have a bucket of their own that suits a little better."""
    rng = np.random.default_rng(23)
    for index in range(8):
        share = (0.5 + 0.02 * index, 0.75)
        draw_figure(rng, "plain", Size(800, 800), share)[0].save(tmp_path / f"{index}.png")
    crops = crop_dataset(tmp_path, CropOptions("focus", SD15))
    assert len({crop.bucket for crop in crops}) <= 2


def test_sizes_given_by_the_user_are_the_only_ones(tmp_path: Path, make_figures: MakeFigures) -> None:
    make_figures(tmp_path, "plain", 6)
    asked = [Size(512, 768), Size(512, 512), Size(768, 512)]
    assert {crop.bucket for crop in crop_dataset(tmp_path, CropOptions("focus", asked))} <= set(asked)


def test_a_centre_crop_takes_the_nearest_shape(tmp_path: Path) -> None:
    Image.new("RGB", (1000, 1300)).save(tmp_path / "a.png")
    (crop,) = crop_dataset(tmp_path, CropOptions("centre", SD15))
    assert (crop.bucket, crop.subject, crop.subject_kept) == ((448, 576), None, 1.0)
    assert crop.box == Box(0, 7, 1000, 1293)


def test_a_picture_without_a_subject_is_cropped_at_its_centre(tmp_path: Path) -> None:
    Image.new("RGB", (1000, 1300), "teal").save(tmp_path / "a.png")
    (crop,) = crop_dataset(tmp_path, CropOptions("focus", SD15))
    assert crop.subject is None
    assert crop.box == Box(0, 7, 1000, 1293)


def test_enlargement_is_told(tmp_path: Path) -> None:
    Image.new("RGB", (256, 256)).save(tmp_path / "a.png")
    (crop,) = crop_dataset(tmp_path, CropOptions("centre", SD15))
    assert crop.upscale == 2.0


def test_originals_stay_and_boxes_set_by_hand_too(tmp_path: Path, make_figures: MakeFigures) -> None:
    make_figures(tmp_path, "plain", 4)
    by_hand = Box(1, 2, 101, 102)
    update_manifest(tmp_path, pictures={"图 01.png": PictureFacts(crop=by_hand, repeats=3)})
    before = {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in tmp_path.glob("*.png")}
    first = crop_dataset(tmp_path, CropOptions("focus", SD15))
    assert [crop.was_there for crop in first] == [False, True, False, False]
    assert read_manifest(tmp_path).pictures["图 01.png"] == PictureFacts(crop=by_hand, repeats=3)
    again = crop_dataset(tmp_path, CropOptions("centre", SD15))
    assert [crop.box for crop in again] == [crop.box for crop in first]
    anew = crop_dataset(tmp_path, CropOptions("focus", SD15, overwrite=True))
    assert not any(crop.was_there for crop in anew)
    assert read_manifest(tmp_path).pictures["图 01.png"].repeats == 3
    assert {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in tmp_path.glob("*.png")} == before
    assert {path.name for path in tmp_path.iterdir()} == {*(path.name for path in before), MANIFEST_NAME, ".danlu"}


def test_progress_is_told(tmp_path: Path, make_figures: MakeFigures) -> None:
    make_figures(tmp_path, "plain", 3)
    told: list[tuple[int, int]] = []
    crop_dataset(tmp_path, CropOptions("centre", SD15), on_progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize("keep_bytes", [20, 3000])
def test_a_corrupt_picture_is_told_and_nothing_is_written(
    tmp_path: Path, keep_bytes: int, make_figures: MakeFigures
) -> None:
    make_figures(tmp_path, "noise", 2)
    victim = tmp_path / "图 01.png"
    victim.write_bytes(victim.read_bytes()[:keep_bytes])
    with pytest.raises(UserError, match="图 01"):
        crop_dataset(tmp_path, CropOptions("focus", SD15))
    assert not (tmp_path / MANIFEST_NAME).exists()


def test_the_sheet_shows_every_crop(tmp_path: Path, make_figures: MakeFigures) -> None:
    make_figures(tmp_path / "in", "plain", 5)
    crops = crop_dataset(tmp_path / "in", CropOptions("focus", MINI))
    out = tmp_path / "out" / "裁剪 sheet.png"
    crop_sheet(crops, out)
    with Image.open(out) as sheet:
        assert sheet.format == "PNG"
        pixels = np.asarray(sheet.convert("RGB")).astype(int)
    framed = np.abs(pixels - (220, 30, 30)).sum(axis=-1) == 0
    cell = pixels.shape[1] // 3
    seen = [
        framed[y : y + cell, x : x + cell].any() for y in range(0, 2 * cell, cell) for x in range(0, 3 * cell, cell)
    ]
    assert seen[:5] == [True] * 5
    assert [path.name for path in out.parent.iterdir()] == [out.name]
