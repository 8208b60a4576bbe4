"""From an image file to upright 8-bit sRGB pixels, whatever the file is; and from those to the pixels of a bucket.

Files that go in: PNG, JPEG, WebP, BMP (and GIF under one of these names), in any colour mode, with any orientation,
profile or transparency. What comes out is always a PIL image of mode RGB, or a `UserError` naming the file.
"""

import io
import struct
import warnings
import zlib
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from danlu.datasets.extension import cut_out
from danlu.datasets.pictures import Box, Size
from danlu.kit.errors import UserError

if TYPE_CHECKING:
    from PIL.Image import Image

PICTURE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp"})
FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF")
"""What files with those names are in practice; nothing else is handed to a decoder."""
_ORIENTATION_TAG = 0x0112
_TURNED_SIDEWAYS = (5, 6, 7, 8)
_DECODER_ERRORS = (OSError, SyntaxError, ValueError, EOFError, IndexError, struct.error, zlib.error)
"""All that PIL's decoders raise on damaged files."""


def decode_picture(path: Path) -> "Image":
    """Decode a picture fully: upright by its EXIF, colours in sRGB, alpha over white, 8 bits, the first frame; RGB.

    Raises `UserError` naming the file if it is missing, damaged, cut short or no picture.
    """
    return _over_white(_decoded(path))


def decode_mask(path: Path, *, is_alpha: bool) -> "Image":
    """Decode an upright mask; mode L, 255 where its picture counts: the file's transparency (opaque counts), or its red
    channel, as sd-scripts reads it (grey masks have the same in all three), where transparent doesn't count either.

    Raises `UserError` as `decode_picture` does.
    """
    from PIL import Image, ImageChops

    colours, alpha = _split_alpha(_in_8_bits(_decoded(path)))
    alpha = Image.new("L", colours.size, 255) if alpha is None else alpha
    return alpha if is_alpha else ImageChops.multiply(colours.convert("RGB").getchannel("R"), alpha)


def has_alpha(path: Path) -> bool:
    """Whether a picture has transparency, read from the file's header. Raises `UserError` as `decode_picture` does."""
    with opened(path) as image:
        return image.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in image.info


def read_size(path: Path) -> Size:
    """The size of the upright picture, read from the file's header. Raises `UserError` as `decode_picture` does."""
    with opened(path) as image:
        width, height = image.size
        if image.format == "PNG" and _has_late_metadata(path):
            try:
                image.load()
            except _DECODER_ERRORS as error:
                raise _damaged(path, error) from error
        return Size(height, width) if _orientation(image) in _TURNED_SIDEWAYS else Size(width, height)


def crop_and_resize(image: "Image", crop: Box | None, size: Size, extend: str | None = None) -> "Image":
    """The crop box of an upright picture (None: all of it), filled into `size`: centre-cut to its aspect, Lanczos.

    Where the box lies outside, it is filled as `extend` says (see `extension`).
    """
    from PIL import Image

    if crop and not crop.lies_within(Size(image.width, image.height)):
        image, crop = cut_out(image, crop, extend), None
    box = shown_box(Size(image.width, image.height), crop, size)
    return image.resize(size, Image.Resampling.LANCZOS, box=box)


def shown_box(whole: Size, crop: Box | None, size: Size) -> tuple[float, float, float, float]:
    """The part of a picture (left, top, right, bottom, in its pixels) that fills `size`: the crop box, or all of it,
    centre-cut. The cut is made in fractions of a pixel, so the aspect is never distorted by rounding. Of an extended
    box, parts may lie outside.
    """
    left, top, right, bottom = crop or Box(0, 0, *whole)
    least, most = (min(0, left), min(0, top)), (max(whole.width, right), max(whole.height, bottom))
    width, height = right - left, bottom - top
    scale = max(size.width / width, size.height / height)
    spare_x, spare_y = width - size.width / scale, height - size.height / scale
    # Rounding may push the box an ulp over the edge, which PIL refuses.
    return (
        max(float(least[0]), left + spare_x / 2),
        max(float(least[1]), top + spare_y / 2),
        min(float(most[0]), right - spare_x / 2),
        min(float(most[1]), bottom - spare_y / 2),
    )


@contextmanager
def opened(path: Path) -> Generator["Image"]:
    """Open a picture without decoding it; PIL's complaints become `UserError` or silence."""
    from PIL import Image, UnidentifiedImageError

    with warnings.catch_warnings():
        # Large scans and clumsy EXIF are the everyday of datasets, not something to warn of.
        warnings.simplefilter("ignore")
        try:
            image = Image.open(path, formats=FORMATS)
        except FileNotFoundError as error:
            raise UserError(f"The picture '{path}' doesn't exist.", f"图片“{path}”不存在。") from error
        except UnidentifiedImageError as error:
            raise UserError(
                f"'{path}' isn't a PNG, JPEG, WebP or BMP picture: remove it or save it again as one.",
                f"“{path}”不是 PNG、JPEG、WebP 或 BMP 图片：请删除或重新另存。",
            ) from error
        except Image.DecompressionBombError as error:
            raise UserError(
                f"The picture '{path}' has too many pixels to be opened safely: scale it down.",
                f"图片“{path}”的像素过多，无法安全打开：请先缩小。",
            ) from error
        except _DECODER_ERRORS as error:
            raise _damaged(path, error) from error
        with image:
            yield image


def _decoded(path: Path) -> "Image":
    """All pixels of a file, upright, in its own mode."""
    with opened(path) as image:
        try:
            image.load()
        except _DECODER_ERRORS as error:
            raise _damaged(path, error) from error
        return _turned_upright(image)


def _damaged(path: Path, error: Exception) -> UserError:
    return UserError(
        f"The picture '{path}' is damaged or cut short ({error}): replace or remove it.",
        f"图片“{path}”已损坏或不完整（{error}）：请替换或删除。",
    )


def _orientation(image: "Image") -> int:
    """The EXIF orientation, 1 (upright) to 8; 1 if there is none or it can't be read."""
    from PIL import Image

    try:
        # PNG's own `getexif` would decode all pixels when there's no EXIF in the header.
        return Image.Image.getexif(image).get(_ORIENTATION_TAG, 1)
    except (*_DECODER_ERRORS, KeyError, TypeError, AttributeError):
        return 1


def _has_late_metadata(path: Path) -> bool:
    """Whether a PNG carries EXIF or XMP behind its pixels, where a header read doesn't see it."""
    with path.open("rb") as file:
        file.seek(8)
        pixels_seen = False
        while len(head := file.read(8)) == 8:
            length, kind = struct.unpack(">I4s", head)
            pixels_seen = pixels_seen or kind == b"IDAT"
            if pixels_seen and kind == b"eXIf":
                return True
            if pixels_seen and kind in (b"tEXt", b"zTXt", b"iTXt"):
                keyword = file.read(min(length, 20))
                if keyword.startswith((b"Raw profile type", b"XML:com.adobe.xmp")):
                    return True
                length -= len(keyword)
            file.seek(length + 4, 1)
    return False


def _turned_upright(image: "Image") -> "Image":
    from PIL import Image

    turns = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }
    turn = turns.get(_orientation(image))
    return image.copy() if turn is None else image.transpose(turn)


def _over_white(image: "Image") -> "Image":
    """Mode RGB in sRGB, transparent parts over white."""
    from PIL import Image

    profile = image.info.get("icc_profile")
    colours, alpha = _split_alpha(_in_8_bits(image))
    colours = _in_srgb(colours, profile)
    if alpha is None:
        return colours
    ground = Image.new("RGB", colours.size, "white")
    ground.paste(colours, mask=alpha)
    return ground


def _in_8_bits(image: "Image") -> "Image":
    """16-bit grey scaled to 8 bits (PIL's own conversion clips it); everything else as it is."""
    if not image.mode.startswith("I"):
        return image
    import numpy as np
    from PIL import Image

    values = np.asarray(image).astype(np.float64).clip(0, 65535) / 257
    return Image.fromarray(np.rint(values).astype(np.uint8))


def _split_alpha(image: "Image") -> "tuple[Image, Image | None]":
    """Colours in mode L, RGB or CMYK, and the alpha channel if there is transparency."""
    if image.mode in ("LA", "La"):
        both = image.convert("LA")
        return both.getchannel("L"), both.getchannel("A")
    if image.mode in ("RGBA", "RGBa", "PA") or "transparency" in image.info:
        all_four = image.convert("RGBA")
        return all_four.convert("RGB"), all_four.getchannel("A")
    return (image, None) if image.mode in ("L", "RGB", "CMYK") else (image.convert("RGB"), None)


def _in_srgb(colours: "Image", profile: bytes | None) -> "Image":
    """Convert from the embedded profile; a damaged or unfitting profile is passed over, as browsers do."""
    from PIL import ImageCms

    if not profile:
        return colours.convert("RGB")
    try:
        source: Any = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        space = source.profile.xcolor_space.strip()
        fits = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}.get(space) == colours.mode
        # From sRGB to sRGB would only add rounding.
        if fits and "srgb" not in (source.profile.profile_description or "").lower():
            turned = ImageCms.profileToProfile(colours, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
            return turned if turned is not None else colours.convert("RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        pass
    return colours.convert("RGB")
