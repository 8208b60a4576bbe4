"""Decoding: whatever the file is, upright sRGB over white comes out, or one clear sentence."""

import contextlib
import io
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from danlu.datasets.decode import decode_picture, decode_small, read_size
from danlu.datasets.fitting import crop_and_resize
from danlu.datasets.pictures import Box, Size
from danlu.kit.errors import UserError

RED, GREEN, BLUE, GREY = (200, 30, 40), (20, 180, 60), (30, 40, 210), (120, 120, 120)


def four_corners(size: tuple[int, int] = (48, 32)) -> Image.Image:
    """Red top left, green top right, blue bottom left, grey bottom right."""
    image = Image.new("RGB", size, GREY)
    half = (size[0] // 2, size[1] // 2)
    image.paste(RED, (0, 0, *half))
    image.paste(GREEN, (half[0], 0, size[0], half[1]))
    image.paste(BLUE, (0, half[1], half[0], size[1]))
    return image


def corner_colours(image: Image.Image) -> list[tuple[int, ...]]:
    width, height = image.size
    places = [(2, 2), (width - 3, 2), (2, height - 3), (width - 3, height - 3)]
    return [image.getpixel(place) for place in places]  # pyright: ignore[reportReturnType]


def assert_four_corners(image: Image.Image, tolerance: int = 0) -> None:
    assert image.mode == "RGB"
    np.testing.assert_allclose(corner_colours(image), [RED, GREEN, BLUE, GREY], atol=tolerance)


def turned_as(image: Image.Image, orientation: int) -> Image.Image:
    """What a camera would store so that `orientation` makes it upright again."""
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    return image if orientation == 1 else image.transpose(undo[orientation])


def exif_of(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


@pytest.mark.parametrize(
    ("suffix", "tolerance"),
    [("png", 0), ("jpg", 12), ("jfif", 12), ("webp", 0), ("bmp", 0), ("tif", 0), ("tiff", 0), ("gif", 3), ("avif", 8)],
)
def test_formats(tmp_path: Path, suffix: str, tolerance: int) -> None:
    path = tmp_path / f"图 片 🎨.{suffix}"
    four_corners().save(path, **({"lossless": True} if suffix == "webp" else {"quality": 95}))
    assert_four_corners(decode_picture(path), tolerance)
    assert read_size(path) == (48, 32)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("suffix", ["jpg", "png", "webp"])
def test_orientations(tmp_path: Path, orientation: int, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    turned_as(four_corners(), orientation).save(path, exif=exif_of(orientation), quality=95)
    assert_four_corners(decode_picture(path), 25)
    assert read_size(path) == (48, 32)


@pytest.mark.parametrize("kind", ["eXIf", "iTXt"])
def test_orientation_behind_the_pixels_of_a_png(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a.png"
    turned_as(four_corners(), 6).save(path)
    content = path.read_bytes()
    if kind == "eXIf":
        body = exif_of(6).tobytes().removeprefix(b"Exif\0\0")
    else:
        body = b'XML:com.adobe.xmp\0\0\0\0\0<x:xmpmeta><rdf:Description tiff:Orientation="6"/></x:xmpmeta>'
    chunk = kind.encode() + body
    whole = len(body).to_bytes(4, "big") + chunk + zlib.crc32(chunk).to_bytes(4, "big")
    path.write_bytes(content[:-12] + whole + content[-12:])
    assert_four_corners(decode_picture(path))
    assert read_size(path) == (48, 32)


def test_broken_exif_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    four_corners().save(path, quality=95, exif=b"Exif\0\0II*\0\xff\xff\xff\x7fgarbage")
    assert_four_corners(decode_picture(path), 12)
    assert read_size(path) == (48, 32)


def test_16_bit_grey_is_scaled_not_clipped(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    ramp = np.linspace(0, 65535, 64).astype(np.uint16)
    Image.fromarray(np.tile(ramp, (16, 1))).save(path)
    decoded = np.asarray(decode_picture(path))
    np.testing.assert_allclose(decoded[3, :, 1], ramp / 257, atol=0.51)


def test_16_bit_colour(tmp_path: Path) -> None:
    import cv2

    path = tmp_path / "a.png"
    cv2.imwrite(str(path), np.asarray(four_corners())[..., ::-1].astype(np.uint16) * 257)
    assert_four_corners(decode_picture(path), 1)


def transparent(mode: str) -> Image.Image:
    image = four_corners().convert("RGBA")
    image.paste((0, 0, 0, 0), (0, 0, 24, 16))
    return image.convert(mode)


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparency_becomes_white(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "a.png"
    transparent(mode).save(path)
    colours = corner_colours(decode_picture(path))
    assert colours[0] == (255, 255, 255)
    assert colours[3] == GREY


def test_half_transparency_is_mixed(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.new("RGBA", (8, 8), (0, 100, 200, 51)).save(path)
    np.testing.assert_allclose(decode_picture(path).getpixel((3, 3)), (204, 224, 244), atol=1)


@pytest.mark.parametrize("suffix", ["png", "gif.png"])
def test_palettes_with_and_without_transparency(tmp_path: Path, suffix: str) -> None:
    plain, clear = tmp_path / f"plain.{suffix}", tmp_path / f"clear.{suffix}"
    paletted = four_corners().quantize(8)
    form = "GIF" if suffix.startswith("gif") else "PNG"
    paletted.save(plain, form)
    index = paletted.getpixel((2, 2))
    paletted.save(clear, form, transparency=index)
    assert_four_corners(decode_picture(plain), 3)
    colours = corner_colours(decode_picture(clear))
    assert colours[0] == (255, 255, 255)
    np.testing.assert_allclose(colours[1], GREEN, atol=3)


def test_one_bit_and_transparent_colour(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.new("1", (8, 8), 1).save(path)
    assert decode_picture(path).getpixel((3, 3)) == (255, 255, 255)
    image = four_corners()
    image.save(path, transparency=RED)
    assert corner_colours(decode_picture(path)) == [(255, 255, 255), GREEN, BLUE, GREY]


def test_cmyk(tmp_path: Path) -> None:
    path = tmp_path / "a.jpg"
    four_corners().convert("CMYK").save(path, quality=95)
    assert_four_corners(decode_picture(path), 25)


def swapped_profile() -> bytes:
    """An sRGB profile whose red and green primaries are exchanged: a conversion can't be missed."""
    content = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = int.from_bytes(content[128:132], "big")
    for entry in range(132, 132 + 12 * count, 12):
        name = bytes(content[entry : entry + 4])
        content[entry : entry + 4] = {b"rXYZ": b"gXYZ", b"gXYZ": b"rXYZ"}.get(name, name)
    return bytes(content).replace(b"s\0R\0G\0B", b"x\0R\0G\0B")


@pytest.mark.parametrize("alpha", [False, True])
def test_an_embedded_profile_is_applied(tmp_path: Path, alpha: bool) -> None:
    path = tmp_path / "a.png"
    image = four_corners().convert("RGBA" if alpha else "RGB")
    image.save(path, icc_profile=swapped_profile())
    colours = corner_colours(decode_picture(path))
    np.testing.assert_allclose(colours[0], (30, 200, 40), atol=3)
    np.testing.assert_allclose(colours[3], GREY, atol=2)


def test_an_srgb_profile_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    four_corners().save(path, icc_profile=profile)
    assert_four_corners(decode_picture(path))


@pytest.mark.parametrize("make", [lambda image: image, lambda image: image.convert("L").convert("RGB")])
def test_a_profile_that_is_broken_or_of_another_space_is_passed_over(
    tmp_path: Path, make: Callable[[Image.Image], Image.Image]
) -> None:
    path = tmp_path / "a.png"
    image = make(four_corners())
    image.save(path, icc_profile=b"not a profile")
    assert decode_picture(path).tobytes() == image.tobytes()
    image.convert("L").save(path, icc_profile=swapped_profile())
    assert decode_picture(path).tobytes() == image.convert("L").convert("RGB").tobytes()


@pytest.mark.parametrize("form", ["WEBP", "PNG", "GIF"])
def test_the_first_frame_of_an_animation(tmp_path: Path, form: str) -> None:
    path = tmp_path / f"a.{form.lower()}"
    frames = [Image.new("RGB", (48, 32), colour) for colour in (BLUE, GREEN)]
    four_corners().save(
        path, form, save_all=True, append_images=frames, **({"lossless": True} if form == "WEBP" else {})
    )
    assert_four_corners(decode_picture(path), 3)


def encoded(form: str) -> bytes:
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 96, 3), dtype=np.uint8))
    buffer = io.BytesIO()
    noise.save(buffer, form)
    return buffer.getvalue()


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "BMP"])
@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.9])
def test_files_cut_short_are_told_with_their_name(tmp_path: Path, form: str, share: float) -> None:
    path = tmp_path / f"断 了.{form.lower()}"
    content = encoded(form)
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(UserError, match="断 了") as caught:
        decode_picture(path)
    assert "断 了" in caught.value.text.zh


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(["PNG", "JPEG", "WEBP", "BMP", "GIF", "AVIF", "TIFF"]),
    st.integers(0, 2000),
    st.binary(min_size=1, max_size=30),
)
def test_damage_anywhere_gives_a_picture_or_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, form: str, place: int, damage: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged.png"
    content = encoded(form)
    path.write_bytes(content[:place] + damage + content[place + len(damage) :])
    for read in (decode_picture, read_size, lambda path: decode_small(path, 20).image):
        # Anything but these two outcomes is an exception that fails the test.
        with contextlib.suppress(UserError):
            found = read(path)
            assert isinstance(found, Size) or found.mode == "RGB"


@pytest.mark.parametrize("content", [b"hello", b"<svg/>", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_picture_is_told(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(content)
    for read in (decode_picture, read_size):
        with pytest.raises(UserError, match=r"a\.png"):
            read(path)
    with pytest.raises(UserError, match="doesn't exist"):
        decode_picture(tmp_path / "missing.png")


def test_a_picture_with_too_many_pixels_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.new("1", (20000, 20000)).save(path)
    with pytest.raises(UserError, match="too many pixels"):
        read_size(path)


def test_crop_and_resize_covers_and_centres() -> None:
    image = Image.new("RGB", (300, 100), BLUE)
    image.paste(GREEN, (100, 0, 200, 100))
    square = crop_and_resize(image, None, Size(64, 64))
    assert square.size == (64, 64)
    np.testing.assert_allclose(np.asarray(square)[8:-8, 8:-8].reshape(-1, 3), [GREEN] * 48 * 48, atol=1)


def test_crop_and_resize_of_a_box_of_the_right_size_is_exact() -> None:
    image = Image.fromarray(np.random.default_rng(1).integers(0, 256, (90, 120, 3), dtype=np.uint8))
    box = Box(7, 5, 71, 69)
    assert crop_and_resize(image, box, Size(64, 64)).tobytes() == image.crop(box).tobytes()


@given(st.integers(2, 90), st.integers(2, 90), st.data())
def test_crop_and_resize_takes_any_box_and_size(width: int, height: int, data: st.DataObject) -> None:
    image = Image.new("RGB", (width, height), GREY)
    left, top = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
    box = Box(left, top, data.draw(st.integers(left + 1, width)), data.draw(st.integers(top + 1, height)))
    size = Size(data.draw(st.integers(1, 80)), data.draw(st.integers(1, 80)))
    resized = crop_and_resize(image, box, size)
    assert resized.size == size
    assert np.ptp(np.asarray(resized)) == 0
