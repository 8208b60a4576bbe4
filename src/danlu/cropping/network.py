"""What detectors that are networks share: a session, a square picture to look at, and one box of several for one thing.

This module needs numpy; import it where it is used.
"""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from danlu.cropping.base import Detection
from danlu.datasets.pictures import Box, Size

Floats = npt.NDArray[np.float32]
MOST_IN_A_ROW = 12


@cache
def open_session(path: Path) -> Any:
    """A network that runs on the CPU: these are small, and a training may hold the GPU."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    # Threads that wait by spinning would take the cores from a training that runs beside.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def run_network(path: Path, pixels: Floats) -> list[Floats]:
    """The outputs of a network with one input, for pixels (N, 3, H, W)."""
    session = open_session(path)
    return session.run(None, {session.get_inputs()[0].name: pixels})


def squared(image: Image.Image, side_px: int, ground: int) -> tuple[Floats, float]:
    """A picture in the upper left of a grey square, (3, side, side) in 0 to 255, and the factor that it was scaled
    by.
    """
    scale = side_px / max(image.size)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    square = np.full((side_px, side_px, 3), ground, np.float32)
    square[: size[1], : size[0]] = np.asarray(image.resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0))
    return square.transpose(2, 0, 1), scale


def squares(size: Size, side: int) -> list[Box]:
    """Squares that cover a picture, each by half on the next; none for a picture that is itself such a square."""
    if size.width == size.height == side:
        return []
    lefts, tops = (_starts(length, side) for length in size)
    return [Box(left, top, left + side, top + side) for top in tops for left in lefts]


def _starts(length: int, side: int) -> list[int]:
    """Where squares begin along one side of a picture; of a ribbon, only so many as are worth the time."""
    step = max(1, side // 2, (length - side) // MOST_IN_A_ROW)
    return [*range(0, length - side, step), length - side]


def box_within(edges: Sequence[float], image: Image.Image) -> Box | None:
    """Edges (left, top, right, bottom) as whole pixels of the picture; None if nothing of it is inside."""
    left, top = max(0, round(edges[0])), max(0, round(edges[1]))
    right, bottom = min(image.width, round(edges[2])), min(image.height, round(edges[3]))
    return Box(left, top, right, bottom) if left < right and top < bottom else None


def strongest(found: Sequence[Detection], largest_overlap: float = 0.3) -> list[Detection]:
    """Of boxes that overlap (intersection over union), the one with the highest score."""
    kept: list[Detection] = []
    for one in sorted(found, key=lambda detection: -detection.score):
        if all(overlap(one.box, other.box) <= largest_overlap for other in kept):
            kept.append(one)
    return kept


def overlap(one: Box, two: Box) -> float:
    """Intersection over union."""
    across, down = (
        min(one.right, two.right) - max(one.left, two.left),
        min(one.bottom, two.bottom) - max(one.top, two.top),
    )
    both = max(0, across) * max(0, down)
    return both / (one.size.width * one.size.height + two.size.width * two.size.height - both)
