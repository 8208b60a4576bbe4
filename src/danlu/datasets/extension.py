"""Extension: a crop box may lie partly outside of its picture; what is outside is filled, never black by accident.

Three ways: "edge" repeats the picture's outermost pixels, "blur" mirrors the picture and blurs what is mirrored, and a
colour ("#rrggbb") is that colour. Figures that no bucket holds are kept whole this way.

This module needs numpy where it fills; import it freely.
"""

from typing import TYPE_CHECKING

from danlu.datasets.pictures import Box, Size
from danlu.kit.forms import form

if TYPE_CHECKING:
    from PIL.Image import Image

EXTEND_PATTERN = form(
    r"^(edge|blur|#[0-9a-fA-F]{6})$", "edge, blur or a colour as #ff8800", "是 edge、blur 或 #ff8800 形式的颜色"
)
LARGEST_GROWTH = 16
"""A box of more than this many times its picture's area is a slip of the pen."""


def may_lie(box: Box, size: Size, extend: str | None) -> bool:
    """Whether a crop box suits a picture of this size: inside of it, or across its edge where that is extended."""
    if box.lies_within(size):
        return True
    grown = box.size.width * box.size.height / (size.width * size.height)
    return extend is not None and box.meets(size) and grown <= LARGEST_GROWTH


def cut_out(image: "Image", crop: Box | None, extend: str | None) -> "Image":
    """The crop box of a picture (None: all of it) in its own pixels, extended where it lies outside."""
    if crop is None:
        return image
    size = Size(image.width, image.height)
    if crop.lies_within(size):
        return image.crop(crop)
    inside = Box(max(0, crop.left), max(0, crop.top), min(size.width, crop.right), min(size.height, crop.bottom))
    return _fill_around(image.crop(inside), crop, inside, extend or "edge")


def _fill_around(part: "Image", crop: Box, inside: Box, extend: str) -> "Image":
    """`part` shows `inside`; what `crop` has beyond it is filled."""
    import numpy as np
    from PIL import Image, ImageFilter

    corner = (inside.left - crop.left, inside.top - crop.top)
    if extend.startswith("#"):
        ground = Image.new("RGB", crop.size, extend)
    else:
        right, bottom = crop.right - inside.right, crop.bottom - inside.bottom
        pads = ((corner[1], bottom), (corner[0], right), (0, 0))
        mode = "edge" if extend == "edge" else "symmetric"
        ground = Image.fromarray(np.pad(np.asarray(part.convert("RGB")), pads, mode=mode))
        if extend == "blur":
            ground = ground.filter(ImageFilter.GaussianBlur(max(2, min(crop.size) / 20)))
    ground.paste(part, corner)
    return ground
