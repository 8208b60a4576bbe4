"""From the pixels of a picture to those of a bucket: the crop box, extended where it lies outside, cut to aspect."""

from typing import TYPE_CHECKING

from danlu.datasets.extension import cut_out
from danlu.datasets.pictures import Box, Size

if TYPE_CHECKING:
    from PIL.Image import Image


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
