"""The contact sheet of a dataset's crops: one PNG with all pictures, the part that is trained on bright in each."""

from collections.abc import Sequence
from math import ceil, sqrt
from pathlib import Path
from typing import TYPE_CHECKING

from danlu.cropping.crop import Crop
from danlu.datasets.decode import decode_picture
from danlu.datasets.extension import cut_out
from danlu.datasets.pictures import Box
from danlu.kit.files import atomic_path

if TYPE_CHECKING:
    from PIL.Image import Image


def crop_sheet(crops: Sequence[Crop], out: Path) -> None:
    """Draw a contact sheet (PNG): each picture with its box bright and the rest dimmed, the subject and its head in
    thin frames.

    Below each: its number in the order of `crops`, the bucket, and in red by how much it is enlarged.
    """
    from PIL import Image, ImageDraw, ImageFont

    columns = max(1, min(10, ceil(sqrt(len(crops)))))
    side, label, gap = (120 if len(crops) > 200 else 200), 16, 6
    cell = (side + gap, side + label + gap)
    rows = ceil(len(crops) / columns)
    sheet = Image.new("RGB", (columns * cell[0] + gap, rows * cell[1] + gap), "white")
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(11)
    for number, crop in enumerate(crops):
        left, top = gap + number % columns * cell[0], gap + number // columns * cell[1]
        drawn = _draw_crop(crop, side)
        sheet.paste(drawn, (left + (side - drawn.width) // 2, top + (side - drawn.height) // 2))
        text = f"{number + 1}  {crop.bucket}"
        draw.text((left + 2, top + side + 2), text, "black", font)
        if crop.upscale > 1.005:
            draw.text((left + 6 + draw.textlength(text, font), top + side + 2), f"x{crop.upscale:.2f}", "red", font)
    with atomic_path(out) as temporary:
        sheet.save(temporary, "PNG")


def _draw_crop(crop: Crop, side: int) -> "Image":
    """One picture within `side` pixels: dimmed but for the box, frames around box and subject."""
    from PIL import Image, ImageDraw

    all_of_it = all_shown(crop)
    picture = cut_out(decode_picture(crop.path), all_of_it, crop.extend)
    scale = side / max(picture.size)
    thumbnail = picture.resize((max(1, round(picture.width * scale)), max(1, round(picture.height * scale))))
    dimmed = Image.blend(thumbnail, Image.new("RGB", thumbnail.size, (128, 128, 128)), 0.7)
    left, top, right, bottom = _scaled(crop.box, all_of_it, scale)
    dimmed.paste(thumbnail.crop((left, top, right, bottom)), (left, top))
    draw = ImageDraw.Draw(dimmed)
    draw.rectangle((left, top, right - 1, bottom - 1), outline=(220, 30, 30), width=2)
    for box, colour in ((crop.subject, (30, 120, 255)), (crop.head, (20, 160, 60))):
        if box:
            x0, y0, x1, y1 = _scaled(box, all_of_it, scale)
            draw.rectangle((x0, y0, x1 - 1, y1 - 1), outline=colour, width=1)
    return dimmed


def all_shown(crop: Crop) -> Box:
    """The picture, and what the box has beyond it."""
    left, top, right, bottom = crop.box
    return Box(min(0, left), min(0, top), max(crop.size.width, right), max(crop.size.height, bottom))


def _scaled(box: Box, within: Box, scale: float) -> tuple[int, int, int, int]:
    """A box in the drawing's pixels, at least one wide and high."""
    left, top = round((box.left - within.left) * scale), round((box.top - within.top) * scale)
    right, bottom = round((box.right - within.left) * scale), round((box.bottom - within.top) * scale)
    return left, top, max(right, left + 1), max(bottom, top + 1)
