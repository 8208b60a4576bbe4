"""Extended boxes: filled as asked, the same in training, tagging and keys; nothing is extended that wasn't allowed."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from danlu.cache.latents import latents_key
from danlu.datasets.augmentation import render_picture
from danlu.datasets.extension import cut_out, may_lie
from danlu.datasets.fitting import crop_and_resize
from danlu.datasets.framing import framing_of
from danlu.datasets.manifest import MANIFEST_NAME, PictureFacts, read_manifest, update_manifest
from danlu.datasets.masks import MaskConfig, mask_values, with_masks
from danlu.datasets.pictures import Box, Picture, Size
from danlu.datasets.scan import scan_dataset
from danlu.kit.errors import UserError

WIDE = Box(-20, 0, 60, 40)
"""Of a picture of 40 × 40: half of it lies outside, a quarter on either side."""


@pytest.fixture
def image() -> Image.Image:
    return Image.fromarray(np.random.default_rng(1).integers(0, 256, (40, 40, 3), dtype=np.uint8))


@pytest.fixture
def root(tmp_path: Path, image: Image.Image) -> Path:
    image.save(tmp_path / "a.png")
    return tmp_path


def extended(root: Path, extend: str | None = "edge", box: Box = WIDE) -> Picture:
    update_manifest(root, pictures={"a.png": PictureFacts(crop=box, extend=extend)})
    dataset = scan_dataset(root)
    (picture,) = dataset.pictures
    return picture


def test_the_edge_is_repeated(image: Image.Image) -> None:
    pixels = np.asarray(cut_out(image, WIDE, "edge"))
    assert pixels.shape == (40, 80, 3)
    assert (pixels[:, 20:60] == np.asarray(image)).all()
    assert (pixels[:, :20] == np.asarray(image)[:, :1]).all() and (pixels[:, 60:] == np.asarray(image)[:, -1:]).all()


def test_a_colour_fills(image: Image.Image) -> None:
    pixels = np.asarray(cut_out(image, Box(10, 10, 50, 50), "#f0e8d8"))
    assert (pixels[:30, :30] == np.asarray(image)[10:, 10:]).all()
    assert (pixels[30:] == (0xF0, 0xE8, 0xD8)).all() and (pixels[:, 30:] == (0xF0, 0xE8, 0xD8)).all()


def test_what_is_blurred_is_smooth_and_like_the_picture(image: Image.Image) -> None:
    pixels = np.asarray(cut_out(image, WIDE, "blur")).astype(float)
    assert (pixels[:, 20:60] == np.asarray(image)).all()
    outside = pixels[:, :18]
    assert outside.std() < 0.5 * np.asarray(image).std()
    assert abs(outside.mean() - np.asarray(image).mean()) < 15


@pytest.mark.parametrize("extend", ["edge", "blur", "#808080"])
def test_a_box_far_across_a_corner_is_filled(image: Image.Image, extend: str) -> None:
    assert cut_out(image, Box(-70, -70, 30, 30), extend).size == (100, 100)


def test_a_box_inside_is_cut_as_ever(image: Image.Image) -> None:
    box = Box(3, 5, 33, 25)
    assert cut_out(image, box, "edge").tobytes() == image.crop(box).tobytes()
    assert cut_out(image, None, None) is image
    same = crop_and_resize(image, box, Size(16, 16), "blur")
    assert same.tobytes() == crop_and_resize(image, box, Size(16, 16)).tobytes()


def test_a_box_may_leave_only_where_it_is_extended() -> None:
    size = Size(40, 40)
    assert may_lie(Box(0, 0, 40, 40), size, None)
    assert may_lie(WIDE, size, "edge") and not may_lie(WIDE, size, None)
    assert not may_lie(Box(50, 0, 90, 40), size, "edge"), "nothing of the picture is in it"
    assert not may_lie(Box(30, 0, 20, 40), size, "edge")
    assert not may_lie(Box(-900, -900, 900, 900), size, "edge"), "a slip of the pen"


def test_training_sees_the_extended_picture(root: Path, image: Image.Image) -> None:
    picture = extended(root)
    assert picture.framed_size == (80, 40)
    seen = render_picture(picture, Size(80, 40))
    assert seen.tobytes() == cut_out(image, WIDE, "edge").tobytes()
    framing = framing_of(picture, Size(80, 40))
    assert (framing.crop_top, framing.crop_left) == (0, 0)


def test_a_box_outside_without_extension_is_told(root: Path) -> None:
    update_manifest(root, pictures={"a.png": PictureFacts(crop=WIDE)})
    with pytest.raises(UserError, match=r"a\.png.*extend"):
        scan_dataset(root)
    (root / MANIFEST_NAME).write_text('[pictures."a.png"]\nextend = "mirror"\n')
    with pytest.raises(UserError, match="extend"):
        read_manifest(root)


def test_what_is_made_up_is_masked_out_where_masks_are_used(root: Path) -> None:
    Image.new("L", (80, 80), 255).save(root / "a.mask.png")
    extended(root)
    dataset = with_masks(scan_dataset(root), MaskConfig(source="files"))
    values = mask_values(dataset.pictures[0], Size(80, 40), Size(8, 4))
    assert values is not None
    assert (values[:, 2:6] == 1).all() and not values[:, :2].any() and not values[:, 6:].any()


def test_keys_change_with_what_is_outside_and_not_otherwise(root: Path) -> None:
    edge, blurred = extended(root), extended(root, "blur")
    bucket = Size(80, 40)
    assert latents_key(edge, bucket, "vae") != latents_key(blurred, bucket, "vae")
    assert edge.frame_key != blurred.frame_key
    inside = replace(edge, crop=Box(0, 0, 20, 20))
    plain = replace(inside, extend=None)
    assert latents_key(inside, bucket, "vae") == latents_key(plain, bucket, "vae")
    assert inside.frame_key == plain.frame_key == str(plain.crop)
