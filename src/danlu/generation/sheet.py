"""Contact sheets: pictures in a grid, a caption under each, for eyes that want to see many at once."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from danlu.kit.files import atomic_path

PAPER, INK = (250, 249, 246), (40, 40, 44)
GAP_PX, FONT_PX = 8, 12
CHINESE_FONTS = (
    "NotoSansCJK-Regular.ttc",
    "NotoSansSC-Regular.otf",
    "msyh.ttc",
    "PingFang.ttc",
    "wqy-microhei.ttc",
    "DroidSansFallbackFull.ttf",
)
"""Tried in order for texts beyond Latin; Pillow's own font has no Chinese."""


@dataclass(frozen=True)
class Tile:
    """One picture of a sheet and the text under it."""

    picture: Image.Image
    caption: str = ""


def contact_sheet(tiles: Sequence[Tile], *, columns: int, title: str = "", tile_px: int = 160) -> Image.Image:
    """Pictures scaled to fit `tile_px` squares, row by row, captions wrapped under them, a title on top."""
    width = GAP_PX + columns * (tile_px + GAP_PX)
    rows = [tiles[start : start + columns] for start in range(0, len(tiles), columns)]
    captions = [[wrap(tile.caption, tile_px) for tile in row] for row in rows]
    heights = [tile_px + text_height(max((len(lines) for lines in row), default=0)) for row in captions]
    heading = wrap(title, width - 2 * GAP_PX)
    top = GAP_PX + text_height(len(heading))
    sheet = Image.new("RGB", (width, top + sum(height + GAP_PX for height in heights)), PAPER)
    pen = ImageDraw.Draw(sheet)
    write(pen, (GAP_PX, GAP_PX), heading)
    for row, texts, height in zip(rows, captions, heights, strict=True):
        for column, (tile, lines) in enumerate(zip(row, texts, strict=True)):
            left = GAP_PX + column * (tile_px + GAP_PX)
            small = _fitted(tile.picture, tile_px)
            sheet.paste(small, (left + (tile_px - small.width) // 2, top + (tile_px - small.height) // 2))
            write(pen, (left, top + tile_px), lines)
        top += height + GAP_PX
    return sheet


def save_sheet(sheet: Image.Image, path: Path) -> None:
    """Write a sheet as PNG, whole or not at all."""
    with atomic_path(path) as temporary:
        sheet.save(temporary, format="PNG", optimize=True)


def _fitted(picture: Image.Image, tile_px: int) -> Image.Image:
    scale = tile_px / max(picture.size)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    return picture.convert("RGB").resize(size, Image.Resampling.LANCZOS)


def wrap(text: str, width_px: int) -> list[str]:
    """Lines that fit, broken at spaces where there are any (Chinese has none)."""
    lines: list[str] = []
    for paragraph in text.split("\n") if text else []:
        line = ""
        for character in paragraph:
            if line and _font(line + character).getlength(line + character) > width_px:
                head, space, tail = line.rpartition(" ")
                lines.append(head if space else line)
                line = tail if space else ""
            line += character
        lines.append(line)
    return lines


def text_height(lines: int) -> int:
    """Pixels that so many lines take."""
    return lines * (FONT_PX + 4) + (4 if lines else 0)


def text_width(line: str) -> int:
    """Pixels that a line takes."""
    return math.ceil(_font(line).getlength(line))


def write(pen: ImageDraw.ImageDraw, corner: tuple[int, int], lines: Sequence[str]) -> None:
    """Write lines below each other."""
    for number, line in enumerate(lines):
        pen.text((corner[0], corner[1] + 2 + number * (FONT_PX + 4)), line, fill=INK, font=_font(line))


def _font(text: str) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return _fonts(text.isascii())


@cache
def _fonts(latin: bool) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    for name in () if latin else CHINESE_FONTS:
        try:
            return ImageFont.truetype(name, FONT_PX)
        except OSError:
            continue
    return ImageFont.load_default(FONT_PX)
