"""What taggers of different makes do alike before they look at a picture."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.Image import Image

LARGEST_SIDE_PX = 8192
"""Of a padded square, 200 MB of pixels: those around strips are far larger than the strips."""


def over_white(image: "Image") -> "Image":
    """The picture in RGB, white behind what is transparent."""
    from PIL import Image

    if image.has_transparency_data:
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image.convert("RGBA"))
    return image.convert("RGB")


def in_white_square(image: "Image") -> "Image":
    """An RGB picture padded with white to a square around its centre, the odd pixel right and below; scaled down first
    where the square would be larger than `LARGEST_SIDE_PX`.
    """
    from PIL import Image

    if (scale := LARGEST_SIDE_PX / max(image.size)) < 1:
        small = max(1, round(image.width * scale)), max(1, round(image.height * scale))
        image = image.resize(small, Image.Resampling.BOX)
    side = max(image.size)
    if image.size == (side, side):
        return image
    square = Image.new("RGB", (side, side), "white")
    square.paste(image, ((side - image.width) // 2, (side - image.height) // 2))
    return square
