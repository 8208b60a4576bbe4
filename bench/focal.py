"""A1111's focal crop, after its description (docs of the feature, not its code): what our crops are compared with.

The picture is scaled so that one side fits the target, then a window of the target's size is centred on a weighted
mean of points and moved inside: corners (Shi & Tomasi, 1994; weight 0.5), the window of the highest "entropy" (0.15;
its formula lacks a factor and so prefers flat windows) and faces (0.9). Nothing keeps the scaled picture from being
smaller than the window: then the rest is black.
"""

from math import log2

import cv2
import numpy as np
from PIL import Image

from danlu.datasets.pictures import Box, Size

FACE, ENTROPY, EDGES = 0.9, 0.15, 0.5
Point = tuple[float, float]


def focal_box(image: Image.Image, target: Size, face: Box | None) -> Box:
    """The window in the picture's own pixels; it leaves the picture where A1111 would leave black."""
    scale = _scale(Size(*image.size), target)
    scaled = image.resize((max(1, int(image.width * scale)), max(1, int(image.height * scale))))
    points: list[tuple[float, Point]] = []
    if corners := _corners(scaled):
        points.append((EDGES, corners))
    if flat := _entropy(scaled, target):
        points.append((ENTROPY, flat))
    if face:
        x = (face.left + 0.5 * face.size.width) * scale
        points.append((FACE, (x, (face.top + 0.33 * face.size.height) * scale)))
    total = sum(weight for weight, _ in points)
    focus = [sum(weight * point[axis] for weight, point in points) / total if points else 0.0 for axis in (0, 1)]
    left = max(0, min(int(focus[0] - target.width / 2), scaled.width - target.width))
    top = max(0, min(int(focus[1] - target.height / 2), scaled.height - target.height))
    return Box(*(round(edge / scale) for edge in (left, top, left + target.width, top + target.height)))


def _scale(size: Size, target: Size) -> float:
    """Fits the height of a lying picture, the width of an upright one."""
    if size.width > size.height:
        return target.height / size.height
    if size.height > size.width or target.width >= target.height:
        return target.width / size.width
    return target.height / size.height


def _corners(image: Image.Image) -> Point | None:
    """The mean of up to 100 corners; the lowest tenth of the picture doesn't count."""
    grey = np.array(image.convert("L"))
    grey[int(image.height * 0.9) :] = 0
    found = cv2.goodFeaturesToTrack(grey, 100, 0.04, min(image.size) * 0.06, useHarrisDetector=False)
    if found is None:
        return None
    x, y = found[:, 0].mean(axis=0)
    return float(x), float(y)


def _entropy(image: Image.Image, target: Size) -> Point | None:
    """The middle of the best window along the longer side, in steps of 4 pixels; none for a square picture."""
    lying = image.width > image.height
    if image.width == image.height:
        return None
    spare = image.width - target.width if lying else image.height - target.height
    best, place = 0.0, (image.width / 2, image.height / 2)
    dithered = np.asarray(image.convert("1"))
    for start in range(0, max(spare, 0) + 1, 4):
        left, top = (start, 0) if lying else (0, start)
        window = dithered[top : top + target.height, left : left + target.width]
        score = -sum(log2(share) for share in (window.mean(), 1 - window.mean()) if share > 0)
        if score > best:
            best, place = score, (left + target.width / 2, top + target.height / 2)
    return place
