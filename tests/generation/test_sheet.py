"""Contact sheets: every picture is on it, unstretched, and captions stay within their tiles."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from danlu.generation.sheet import GAP_PX, Tile, contact_sheet, save_sheet

COLOURS = [(200, 30, 30), (30, 200, 30), (30, 30, 200), (200, 200, 30), (30, 200, 200)]


@pytest.mark.parametrize("columns", [1, 2, 5])
def test_every_picture_is_shown_unstretched(columns: int) -> None:
    tiles = [Tile(Image.new("RGB", (40, 20), colour), "a long caption, 微笑, smile") for colour in COLOURS]
    sheet = contact_sheet(tiles, columns=columns, title="epochs", tile_px=60)
    assert sheet.width == GAP_PX + columns * (60 + GAP_PX)
    pixels = np.asarray(sheet)
    for colour in COLOURS:
        ys, xs = np.nonzero((pixels == colour).all(axis=2))
        assert (np.ptp(xs) + 1, np.ptp(ys) + 1) == (60, 30)


def test_captions_take_their_room() -> None:
    picture = Image.new("RGB", (20, 20))
    bare = contact_sheet([Tile(picture)], columns=1, tile_px=60)
    short = contact_sheet([Tile(picture, "smile")], columns=1, tile_px=60)
    long = contact_sheet([Tile(picture, "smile, red background, glasses")], columns=1, tile_px=60)
    chinese = contact_sheet([Tile(picture, "微笑红色背景圆眼镜短发")], columns=1, tile_px=60)
    assert bare.height < short.height < long.height
    assert chinese.height > short.height


def test_saved_whole(tmp_path: Path) -> None:
    sheet = contact_sheet([Tile(Image.new("RGB", (20, 20), "red"))], columns=1)
    save_sheet(sheet, tmp_path / "纸 张" / "sheet.png")
    with Image.open(tmp_path / "纸 张" / "sheet.png") as saved:
        assert saved.size == sheet.size
