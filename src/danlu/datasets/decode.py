"""From an image file to upright 8-bit sRGB pixels, whatever the file is; and from those to the pixels of a bucket.

Files that go in: those of `formats.PICTURE_SUFFIXES`, under any of these names, in any colour mode, with any
orientation, profile or transparency. Out comes a PIL image of mode RGB, or a `UserError` naming the file.
"""

import struct
import warnings
import zlib
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from danlu.datasets.formats import readable_formats
from danlu.datasets.pictures import Size
from danlu.datasets.profiles import in_srgb, is_srgb
from danlu.kit.errors import UserError

if TYPE_CHECKING:
    from PIL.Image import Image

_ORIENTATION_TAG = 0x0112
_TURNED_SIDEWAYS = (5, 6, 7, 8)
_DECODER_ERRORS = (OSError, SyntaxError, ValueError, EOFError, IndexError, RuntimeError, struct.error, zlib.error)
"""All that PIL's decoders raise on damaged files."""
_NARROWEST = 100
"""No picture is more times as long as it is narrow; squares around longer ones take gigabytes."""
_SHRINKABLE = ("L", "RGB", "RGBA", "CMYK")
"""Modes that may be scaled down before their colours are looked at."""


class Small(NamedTuple):
    """A picture scaled down, after all of its file was decoded."""

    image: "Image"
    """Upright, sRGB, mode RGB."""
    size: Size
    """Of the whole picture, upright."""
    is_animated: bool


def decode_picture(path: Path) -> "Image":
    """Decode a picture fully: upright by its EXIF, colours in sRGB, alpha over white, 8 bits, the first frame; RGB.

    Raises `UserError` naming the file if it is missing, damaged, cut short or no picture.
    """
    return _over_white(_decoded(path))


def decode_small(path: Path, longest_px: int) -> Small:
    """Decode a picture as `decode_picture` does, to at most `longest_px` on its longer side: several times as fast for
    large JPEGs, whose decoder can leave out detail that won't be seen.

    Raises `UserError` as `decode_picture` does.
    """
    from PIL import Image

    with opened(path) as image:
        whole, is_animated = Size(*image.size), _is_animated(path, image)
        image.draft(None, (longest_px, longest_px))
        _load(path, image)
        turns_sideways = _orientation(image) in _TURNED_SIDEWAYS
        if image.mode in _SHRINKABLE and "transparency" not in image.info:
            image.thumbnail((longest_px, longest_px), Image.Resampling.LANCZOS, reducing_gap=None)
        small = _over_white(_turned_upright(image))
    small.thumbnail((longest_px, longest_px), Image.Resampling.LANCZOS)
    return Small(small, Size(whole.height, whole.width) if turns_sideways else whole, is_animated)


def decode_mask(path: Path, *, is_alpha: bool) -> "Image":
    """Decode an upright mask; mode L, 255 where its picture counts: the file's transparency (opaque counts), or its red
    channel, as sd-scripts reads it (grey masks have the same in all three), where transparent doesn't count either.

    Raises `UserError` as `decode_picture` does.
    """
    from PIL import Image, ImageChops

    colours, alpha = _split_alpha(_in_8_bits(_decoded(path)))
    alpha = Image.new("L", colours.size, 255) if alpha is None else alpha
    return alpha if is_alpha else ImageChops.multiply(colours.convert("RGB").getchannel("R"), alpha)


def decode_with_alpha(path: Path) -> "tuple[Image, Image | None]":
    """What `decode_picture` gives, and the picture's transparency (mode L, opaque is 255) if its file has any."""
    decoded = _decoded(path)
    return _over_white(decoded), _split_alpha(_in_8_bits(decoded))[1]


def has_alpha(path: Path) -> bool:
    """Whether a picture has transparency, read from the file's header. Raises `UserError` as `decode_picture` does."""
    with opened(path) as image:
        return image.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in image.info


def read_orientation(path: Path) -> int:
    """EXIF's orientation, 1 (upright) to 8, from the file's header. Raises `UserError` as `decode_picture` does."""
    with opened(path) as image:
        return _orientation(image)


def read_size(path: Path) -> Size:
    """The size of the upright picture, read from the file's header. Raises `UserError` as `decode_picture` does."""
    with opened(path) as image:
        width, height = image.size
        if image.format == "PNG" and _has_late_metadata(path):
            _load(path, image)
        # PIL tells the size of a TIFF as it will be when it has been turned.
        turns_sideways = image.format != "TIFF" and _orientation(image) in _TURNED_SIDEWAYS
        return Size(height, width) if turns_sideways else Size(width, height)


def is_plain(path: Path) -> bool:
    """Whether a program that knows of no orientation, profile, transparency or deep colours reads the same pixels as
    `decode_picture` does. Raises `UserError` as that does.
    """
    with opened(path) as image:
        if (
            image.mode not in ("RGB", "L", "P", "1", "CMYK")
            or "transparency" in image.info
            or _is_animated(path, image)
        ):
            return False
        if image.format == "PNG" and _has_late_metadata(path):
            return False
        profile = image.info.get("icc_profile")
        return _orientation(image) == 1 and (not profile or is_srgb(profile))


@contextmanager
def opened(path: Path) -> Generator["Image"]:
    """Open a picture without decoding it; PIL's complaints become `UserError` or silence."""
    from PIL import Image, UnidentifiedImageError

    with warnings.catch_warnings():
        # Large scans and clumsy EXIF are the everyday of datasets, not something to warn of.
        warnings.simplefilter("ignore")
        try:
            image = Image.open(path, formats=readable_formats())
        except FileNotFoundError as error:
            raise UserError(f"The picture '{path}' doesn't exist.", f"图片“{path}”不存在。") from error
        except UnidentifiedImageError as error:
            raise UserError(
                f"'{path}' isn't a picture of a kind that is read: remove it or save it again as PNG or JPEG.",
                f"“{path}”不是支持的图片格式：请删除，或重新另存为 PNG 或 JPEG。",
            ) from error
        except Image.DecompressionBombError as error:
            raise UserError(
                f"The picture '{path}' has too many pixels to be opened safely: scale it down.",
                f"图片“{path}”的像素过多，无法安全打开：请先缩小。",
            ) from error
        except _DECODER_ERRORS as error:
            raise _damaged(path, error) from error
        with image:
            _require_picture_shape(path, image.size)
            yield image


def _require_picture_shape(path: Path, size: tuple[int, int]) -> None:
    if max(size) > _NARROWEST * min(size):
        raise UserError(
            f"'{path}' is {size[0]}x{size[1]} px, more than {_NARROWEST} times as long as it is narrow: crop "
            "or remove it.",
            f"“{path}”为 {size[0]}x{size[1]} 像素，长边超过短边的 {_NARROWEST} 倍：请裁剪或删除。",
        )


def _is_animated(path: Path, image: "Image") -> bool:
    """Whether a file holds several frames: some decoders look for the others only now."""
    try:
        return int(getattr(image, "n_frames", 1)) > 1
    except (*_DECODER_ERRORS, TypeError, KeyError, AttributeError) as error:
        raise _damaged(path, error) from error


def _decoded(path: Path) -> "Image":
    """All pixels of a file, upright, in its own mode."""
    with opened(path) as image:
        _load(path, image)
        return _turned_upright(image)


def _load(path: Path, image: "Image") -> None:
    told = image.size
    try:
        image.load()
    except _DECODER_ERRORS as error:
        raise _damaged(path, error) from error
    if image.size != told:
        raise _damaged(path, ValueError(f"its header tells another size, {told[0]}x{told[1]}"))


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
    colours = in_srgb(colours, profile)
    if alpha is None:
        return colours
    ground = Image.new("RGB", colours.size, "white")
    ground.paste(colours, mask=alpha)
    return ground


def _in_8_bits(image: "Image") -> "Image":
    """16-bit grey and floating point scaled to 8 bits (PIL's own conversion clips them); everything else as it is."""
    if image.mode != "F" and not image.mode.startswith("I"):
        return image
    import numpy as np
    from PIL import Image

    values = np.nan_to_num(np.asarray(image).astype(np.float64))
    # Floating point goes to 1 in most programs, to 255 in some.
    white = 65535.0 if image.mode != "F" else 1.0 if values.max() <= 1 else 255.0
    values = values.clip(0, white) * (255 / white)
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
