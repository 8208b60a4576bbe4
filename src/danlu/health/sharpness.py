"""How soft the edges of a picture are, in pixels: the standard deviation of the Gaussian blur that an ideal step edge
would need to look like them.

Where a step edge was blurred by σ, blurring it again by σ₁ lowers its gradient by R = √(σ² + σ₁²) / σ, so that
σ = σ₁ / √(R² - 1) (Zhuo & Sim, "Defocus map estimation from a single image", 2011). Only the strongest edges are asked
and the sharper quarter of those is believed: a flat drawing has few edges but sharp ones, a blurred background takes
nothing from a sharp subject. The variance of the Laplacian can't tell these apart.

It doesn't see blur in one direction only (camera shake along an edge), and noise that was added after the blur hides
some of it. This module needs numpy and OpenCV; import it where it is used.
"""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

SMALLEST_PX = 96
"""Short side down to which a picture is halved and looked at again."""
_AGAIN = 1.0
_FAINT = 3.0
"""Gradients, in grey levels per pixel, below which an edge says nothing."""
_STRONG = 0.3
"""An edge counts from this part of the strongest edges' gradient on."""
_FEWEST = 40


class Softness(NamedTuple):
    """How soft edges are when a picture is scaled by `scale`."""

    scale: float
    """1 is full size."""
    sigma_px: float | None
    """None if the picture has too few edges to tell."""


def softness_by_scale(grey: NDArray[np.uint8], scale: float) -> list[Softness]:
    """The softness of a picture (H, W), which is shown at `scale`, and of each half of it."""
    found = [Softness(scale, edge_softness(grey))]
    while min(grey.shape) >= 2 * SMALLEST_PX:
        half = (grey.shape[1] // 2, grey.shape[0] // 2)
        grey = np.asarray(cv2.resize(grey, half, interpolation=cv2.INTER_AREA), np.uint8)
        found.append(Softness(found[-1].scale / 2, edge_softness(grey)))
    return found


def softness_at(levels: list[Softness], scale: float) -> float | None:
    """The softness in pixels when the picture is scaled by `scale`; enlarging is not held against it."""
    scale = min(1.0, scale)
    level = min((one for one in levels if one.scale >= scale), key=lambda one: one.scale, default=levels[0])
    return None if level.sigma_px is None else level.sigma_px * min(1.0, scale / level.scale)


def edge_softness(grey: NDArray[np.uint8]) -> float | None:
    """σ in pixels of a picture (H, W); None if there are too few edges."""
    values = grey.astype(np.float32)
    gradient = _gradient(values)
    is_peak = (gradient >= cv2.dilate(gradient, np.ones((3, 3), np.uint8)) * 0.999) & (gradient > _FAINT)
    if is_peak.sum() < _FEWEST:
        return None
    is_peak &= gradient >= _STRONG * np.percentile(gradient[is_peak], 98)
    if is_peak.sum() < _FEWEST:
        return None
    again = _gradient(cv2.GaussianBlur(values, (0, 0), _AGAIN))
    ratio = np.maximum(gradient[is_peak] / np.maximum(again[is_peak], 1e-3), 1.0001)
    return round(float(np.percentile(_AGAIN / np.sqrt(ratio**2 - 1), 25)), 3)


def _gradient(values: "cv2.typing.MatLike") -> NDArray[np.float32]:
    across = cv2.Sobel(values, cv2.CV_32F, 1, 0, ksize=3, scale=1 / 8)
    down = cv2.Sobel(values, cv2.CV_32F, 0, 1, ksize=3, scale=1 / 8)
    return np.asarray(cv2.magnitude(across, down), np.float32)
