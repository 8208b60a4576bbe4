"""Bars: strips of one colour along the edges of a picture, as letterboxed films, scans and screenshots have them.

What tells a bar from a plain background is its end: a straight line along which all of the picture begins at once. So
rows of one colour are counted from each edge inwards, and a side is believed if most of the line behind them, both its
ends too, is something else. A drawn head before a plain wall has a plain strip above it, but no such line.

This module needs numpy and PIL; import it where it is used.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from danlu.datasets.pictures import Box

Pixels = NDArray[np.uint8]

DEEPEST = 0.45
"""A bar takes at most this part of a picture's height or width."""
THINNEST = 0.01
_TOLERANCE = 14
"""Of 255: what JPEG leaves of a single colour lies within."""
_UNIFORM = 0.995
"""The part of a row that must be of the bar's colour."""
_LINE = 0.6
"""The part of the line behind a bar that must be of other colours."""
_LINE_END = 0.3
"""The same for the outer eighths of that line."""
_RINGING_PX = 20
"""So many pixels of a bar's end may be smeared by JPEG, whose blocks of colour are 16 wide, or by scaling."""
_SMEAR_PX = 4
_CHUNK = 64
_SAMPLES = 1000
"""So many pixels of a row are looked at, to see if it is plain."""


def content_box(pixels: Pixels) -> Box | None:
    """The part of a picture (H, W, 3) within its bars; None if it has none."""
    height, width = pixels.shape[:2]
    # Each side as if it were the top, so that one function serves all.
    views = (pixels, pixels[::-1], pixels.transpose(1, 0, 2), pixels[:, ::-1].transpose(1, 0, 2))
    depths = [_uniform_depth(view) for view in views]
    for _ in range(len(views)):
        ends = [_end_of_bar(view, depths, side) for side, view in enumerate(views)]
        believed = [end if end is not None else 0 for end in ends]
        if believed == depths:
            break
        depths = believed
    top, bottom, left, right = (
        depth if depth >= max(2, THINNEST * len(view)) else 0 for depth, view in zip(depths, views, strict=True)
    )
    box = Box(left, top, width - right, height - bottom)
    return box if box != Box(0, 0, width, height) and min(box.size) >= 2 else None


def has_plain_edge(image: Image.Image) -> bool:
    """Whether a picture can have bars at all: most haven't, which is told without looking at every pixel."""
    width, height = image.size
    edges = ((0, 0, width, 1), (0, height - 1, width, height), (0, 0, 1, height), (width - 1, 0, width, height))
    lines = (np.asarray(image.crop(edge)).reshape(1, -1, 3) for edge in edges)
    return any(_is_plain(line, _colour(line)).all() for line in lines)


def _uniform_depth(view: Pixels) -> int:
    """How many rows from the top are of the first row's colour; 0 if that goes on too deep to be a bar."""
    colour = _colour(view)
    deepest = int(DEEPEST * len(view))
    sampled = view[:, :: max(1, view.shape[1] // _SAMPLES)]
    for start in range(0, deepest, _CHUNK):
        plain = _is_plain(sampled[start : start + _CHUNK], colour)
        if not plain.all():
            return min(start + int(plain.argmin()), deepest)
    return 0


def _end_of_bar(view: Pixels, depths: list[int], side: int) -> int | None:
    """Where the picture begins, seen from a side: the first row near the end of the plain ones which, between the bars
    beside, is of other colours nearly all along. None if there is no such row.
    """
    depth = depths[side]
    if not depth:
        return None
    before, after = (depths[2], depths[3]) if side < 2 else (depths[0], depths[1])
    line = view[depth - 1 : depth + _RINGING_PX, before : view.shape[1] - after]
    if line.size == 0:
        return None
    distance = _distance(line, _colour(view))
    differs = distance > _TOLERANCE
    eighth = max(1, differs.shape[1] // 8)
    ends = np.minimum(differs[:, :eighth].mean(axis=1), differs[:, -eighth:].mean(axis=1))
    begins = (differs.mean(axis=1) >= _LINE) & (ends >= _LINE_END)
    if not begins.any():
        return None
    # Smeared colours begin before the picture does: the largest step is its edge.
    first = max(1, int(begins.argmax()))
    steps = np.diff(distance.mean(axis=1))[first - 1 : first + _SMEAR_PX]
    return depth - 1 + first + int(steps.argmax())


def _is_plain(rows: Pixels, colour: NDArray[np.int16]) -> NDArray[np.bool_]:
    """Which rows are of one colour."""
    return (_distance(rows, colour) <= _TOLERANCE).mean(axis=1) >= _UNIFORM


def _colour(view: Pixels) -> NDArray[np.int16]:
    return np.median(view[0], axis=0).astype(np.int16)


def _distance(rows: Pixels, colour: NDArray[np.int16]) -> NDArray[np.int16]:
    """How far pixels (rows, columns) are from a colour, in the channel that differs most."""
    return np.abs(rows.astype(np.int16) - colour).max(axis=2)
