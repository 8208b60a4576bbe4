"""Kinds of files beyond the everyday ones: each comes out upright, and small as it comes out whole."""

import base64
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from danlu.datasets import formats
from danlu.datasets.decode import decode_picture, decode_small, has_alpha, read_size
from danlu.kit.errors import UserError

FLAT_HEIC = base64.b64decode(
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAX1tZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAACJpbG9jAA"
    "AAAERAAAEAAQAAAAABoQABAAAAAAAAAB0AAAAjaWluZgAAAAAAAQAAABVpbmZlAgAAAAABAABodmMxAAAAAA5waXRtAAAAAAABAAAA/WlwcnAA"
    "AADdaXBjbwAAAHZodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH//wNwAAADAJAAAAMAAAMAHroCQGEAAQAqQgEBA3AAAAMAkA"
    "AAAwAAAwAeoCCBBZbq5Ka5uAhoMCAAAAMDIAAAAwAhYgABAAZEAcFzwIkAAAATY29scm5jbHgAAQANAAaAAAAAFGlzcGUAAAAAAAAAQAAAAEAA"
    "AAAoY2xhcAAAADAAAAABAAAAIAAAAAH////wAAAAAv///+AAAAACAAAAEHBpeGkAAAAAAwgICAAAABhpcG1hAAAAAAAAAAEAAQWBAgMFhAAAAC"
    "VtZGF0AAAAGSgBrxOA9SeBP//gSUf/se54fgWBfnny1PA="
)
"""48x32, one colour: Danlu's own reader can't write this kind."""
CORNERS = ((200, 30, 40), (20, 180, 60), (30, 40, 210), (120, 120, 120))


def four_corners(size: tuple[int, int] = (480, 320)) -> Image.Image:
    image = Image.new("RGB", size)
    half = (size[0] // 2, size[1] // 2)
    for colour, place in zip(CORNERS, ((0, 0), (half[0], 0), (0, half[1]), half), strict=True):
        image.paste(colour, (*place, place[0] + half[0], place[1] + half[1]))
    return image


def corners_of(image: Image.Image) -> list[object]:
    width, height = image.size
    across, down = (width // 4, width * 3 // 4), (height // 4, height * 3 // 4)
    return [image.getpixel((x, y)) for y in down for x in across]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(
    ("suffix", "options"),
    [("tif", {}), ("tif", {"compression": "tiff_lzw"}), ("avif", {"quality": 95}), ("jpg", {"quality": 95})],
)
def test_orientations(tmp_path: Path, orientation: int, suffix: str, options: dict[str, str]) -> None:
    turns = Image.Transpose
    undo = [turns.FLIP_LEFT_RIGHT, turns.ROTATE_180, turns.FLIP_TOP_BOTTOM, turns.TRANSPOSE]
    undo += [turns.ROTATE_90, turns.TRANSVERSE, turns.ROTATE_270]
    stored = four_corners((48, 32)) if orientation == 1 else four_corners((48, 32)).transpose(undo[orientation - 2])
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"a.{suffix}"
    stored.save(path, exif=exif, **options)
    assert read_size(path) == (48, 32)
    np.testing.assert_allclose(corners_of(decode_picture(path)), CORNERS, atol=12)
    small = decode_small(path, 24)
    assert small.size == (48, 32) and small.image.size == (24, 16)
    np.testing.assert_allclose(corners_of(small.image), CORNERS, atol=12)


MODES = {"RGB", "L", "RGBA", "LA", "P", "1", "CMYK", "I;16"}
UNKNOWN = {"png": {"CMYK"}, "jpg": {"RGBA", "LA", "P", "I;16"}, "gif": {"CMYK"}}
"""Modes that a format can't be saved in."""


@pytest.mark.parametrize(
    ("suffix", "mode"),
    [
        (suffix, mode)
        for suffix in ("png", "jpg", "gif", "tif", "webp", "avif")
        for mode in sorted(MODES - UNKNOWN.get(suffix, set()))
    ],
)
def test_small_is_the_whole_scaled_down(tmp_path: Path, suffix: str, mode: str) -> None:
    image = four_corners()
    if mode in ("RGBA", "LA"):
        image.putalpha(Image.new("L", image.size, 128))
    if mode == "I;16":
        image = Image.fromarray(np.asarray(image.convert("L"), np.uint16) * 257)
    path = tmp_path / f"a.{suffix}"
    (image.quantize(8) if mode == "P" else image.convert(mode)).save(path)
    whole, small = decode_picture(path), decode_small(path, 60)
    assert (small.size, small.image.size, small.is_animated) == ((480, 320), (60, 40), False)
    assert small.image.mode == "RGB"
    if mode != "1":  # a dithered picture has no even parts
        np.testing.assert_allclose(corners_of(small.image), corners_of(whole), atol=6)


def test_an_animation_is_told(tmp_path: Path) -> None:
    for suffix in ("gif", "webp", "png"):
        path = tmp_path / f"a.{suffix}"
        four_corners().save(path, save_all=True, append_images=[Image.new("RGB", (480, 320))])
        small = decode_small(path, 60)
        assert small.is_animated
        np.testing.assert_allclose(corners_of(small.image), CORNERS, atol=8)


def test_heic_with_the_extra(tmp_path: Path) -> None:
    pytest.importorskip("pi_heif")
    path = tmp_path / "手机.HEIC"
    path.write_bytes(FLAT_HEIC)
    assert read_size(path) == (48, 32)
    np.testing.assert_allclose(decode_picture(path).getpixel((20, 10)), CORNERS[0], atol=6)
    other_size = FLAT_HEIC[:339] + b"\x30" + FLAT_HEIC[340:]
    for damaged in (FLAT_HEIC[:-20], other_size):
        path.write_bytes(damaged)
        with pytest.raises(UserError, match="手机"):
            decode_picture(path)


def test_heic_without_the_extra_says_how_to_get_it() -> None:
    assert "pip install pi-heif" in formats.way_out(".HEIC").en
    assert "PNG" in formats.way_out(".psd").en
    assert not formats.PICTURE_SUFFIXES & formats.UNREAD_SUFFIXES


def test_floating_point_tiff(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    ramp = np.tile(np.linspace(0, 1, 64, dtype=np.float32), (16, 1))
    Image.fromarray(ramp).save(path)
    np.testing.assert_allclose(np.asarray(decode_picture(path))[3, :, 1], ramp[3] * 255, atol=1)


def test_transparency_of_new_kinds_is_seen(tmp_path: Path) -> None:
    image = four_corners()
    image.putalpha(128)
    for suffix in ("avif", "tif"):
        image.save(tmp_path / f"a.{suffix}")
        assert has_alpha(tmp_path / f"a.{suffix}")
