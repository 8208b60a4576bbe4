"""Where the subject of a picture is: what differs from a smooth background, or else what stands out most.

An RGB picture goes in, a box around its subject comes out. Two ways, tried in this order:

*Plain background.* The colour of the background is fitted to the border as a quadratic in (x, y) per Lab channel, by
weighted least squares that give up on border pixels far from the fit (a figure that touches the edge). The subject is
what lies further from the fit than the background's own noise, plus edges that the background doesn't have.

*Busy background.* If the border has no such fit: spectral residual (Hou & Zhang, 2007) at two scales, times distance
from the border's colours, times a mild preference for the middle; the box holds most of what stands out.

This module needs numpy and OpenCV; import it where it is used.
"""

from dataclasses import dataclass
from math import ceil, floor
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from danlu.datasets.pictures import Box

Floats = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

_WORKING_PX = 224
"""Long side at which pictures are looked at; finer detail never moves a crop."""
_VISIBLE = 7.0
"""Distance in Lab that counts as another colour than the background's."""
_PLAIN_SHARE = 0.55
"""A background is plain if its fit explains this part of the border; a bust at the lower edge takes up to 0.4."""


@dataclass(frozen=True)
class Subject:
    """The box around a subject in pixels of the picture, and whether it was told from a plain background."""

    box: Box
    is_plain: bool


def find_subject(image: Image.Image) -> Subject | None:
    """Find the subject of an upright RGB picture; None if nothing stands out from the rest."""
    scale = min(1.0, _WORKING_PX / max(image.size))
    working = (max(8, round(image.width * scale)), max(8, round(image.height * scale)))
    small = image.resize(working, Image.Resampling.BOX)
    lab = _to_lab(small)
    residual, explained = _distance_from_background(lab)
    is_plain = float(explained.mean()) >= _PLAIN_SHARE
    if is_plain:
        mask, is_plain = _differing(lab, residual, explained)
    else:
        mask = _outstanding(lab)
    tight = _bounds(mask)
    if tight is None or (_is_cluttered(mask) and _covers_all(tight, small.size)):
        return None
    x, y = image.width / small.width, image.height / small.height
    right, bottom = min(image.width, ceil(tight.right * x)), min(image.height, ceil(tight.bottom * y))
    return Subject(Box(floor(tight.left * x), floor(tight.top * y), right, bottom), is_plain)


def _covers_all(box: Box, size: tuple[int, int]) -> bool:
    """Whether a box is about the whole picture: then all of it stands out, or nothing does."""
    return box.size.width * box.size.height > 0.95 * size[0] * size[1]


def _to_lab(image: Image.Image) -> Floats:
    """Lab colours (H, W, 3), L in 0 to 100, slightly blurred against noise and screen tones."""
    rgb = np.asarray(image, dtype=np.float32) / 255
    lab = cv2.cvtColor(cv2.GaussianBlur(rgb, (0, 0), 1.0), cv2.COLOR_RGB2LAB)
    return np.asarray(lab, dtype=np.float32)


def _border(shape: tuple[int, ...]) -> Mask:
    """A frame of about 3% of the short side, at least 2 px."""
    frame = max(2, round(0.03 * min(shape[:2])))
    border = np.ones(shape[:2], dtype=bool)
    border[frame:-frame, frame:-frame] = False
    return border


def _distance_from_background(lab: Floats) -> tuple[Floats, Mask]:
    """Lab distance (H, W) of each pixel from the fitted background, and which border pixels (n,) the fit explains."""
    height, width = lab.shape[:2]
    y, x = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    basis = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1)
    border = _border(lab.shape)
    places, colours = basis[border], lab[border].astype(np.float64)
    distance = np.linalg.norm(colours - np.median(colours, axis=0), axis=1)
    coefficients = np.zeros((6, 3))
    for _ in range(12):
        reach = max(_VISIBLE, 2.5 * float(np.median(distance)))
        weights = 1 / (1 + (distance / reach) ** 2) ** 2
        # The ridge keeps the curve flat where a figure hides the border that would hold it down.
        ridge = np.diag([0, 1, 1, 4, 4, 4]) * 0.01 * weights.sum()
        weighted = places * weights[:, None]
        coefficients = np.linalg.solve(weighted.T @ places + ridge, weighted.T @ colours)
        distance = np.linalg.norm(colours - places @ coefficients, axis=1)
    residual = np.linalg.norm(lab - basis @ coefficients, axis=-1).astype(np.float32)
    return residual, distance < _threshold(distance)


def _threshold(distances: npt.NDArray[np.floating[Any]]) -> float:
    """What is beyond the noise of most of these distances."""
    return max(_VISIBLE, 3.5 * float(np.median(distances)))


def _differing(lab: Floats, residual: Floats, explained: Mask) -> tuple[Mask, bool]:
    """What differs from a plain background in colour, or has edges that the background doesn't have; and whether the
    background is plain inside too, not only along the border.
    """
    border = _border(lab.shape)
    differs = residual > _threshold(residual[border][explained])
    if _is_cluttered(differs):
        # Spots and patterns differ too, but less than the subject does: look for the gap between the two.
        level, _ = cv2.threshold((_stretch(residual) * 255).astype(np.uint8), 0, 255, cv2.THRESH_OTSU)
        return _main_parts(_stretch(residual) * 255 > 0.6 * level, residual), False
    edges = _edge_strength(lab)
    quiet = float(np.percentile(edges[border][explained], 90))
    return _main_parts(differs | (edges > max(4.0, 4.0 * quiet)), residual), True


def _is_cluttered(mask: Mask) -> bool:
    """Whether a mask falls into many parts, or reaches all round the picture."""
    count, _ = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)
    return count > 12 or bool(mask[0].any() and mask[:, 0].any() and mask[:, -1].any() and mask[-1].any())


def _edge_strength(lab: Floats) -> Floats:
    """Change of Lab colour per pixel, (H, W)."""
    across = cv2.Sobel(lab, cv2.CV_32F, 1, 0, ksize=3, scale=1 / 8)
    down = cv2.Sobel(lab, cv2.CV_32F, 0, 1, ksize=3, scale=1 / 8)
    return np.sqrt((np.square(across) + np.square(down)).sum(axis=-1)).astype(np.float32)


def _main_parts(mask: Mask, strength: Floats) -> Mask:
    """Close small gaps, then keep the connected parts that are neither tiny nor faint beside the strongest."""
    closed = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    count, labels = cv2.connectedComponents(closed, connectivity=8)
    areas = np.bincount(labels.ravel(), minlength=count)
    masses = np.bincount(labels.ravel(), weights=strength.ravel(), minlength=count)
    areas[0], masses[0] = 0, 0
    if count < 2:
        return np.zeros_like(mask)
    main = int(masses.argmax())
    means = masses / np.maximum(areas, 1)
    kept = (areas >= 0.001 * mask.size) & (masses >= 0.02 * masses[main]) & (means >= 0.4 * means[main])
    return np.isin(labels, np.flatnonzero(kept))


def _outstanding(lab: Floats) -> Mask:
    """What stands out from a busy background."""
    height, width = lab.shape[:2]
    grey = lab[..., 0]
    strange = _stretch(_spectral_residual(grey, 48)) + _stretch(_spectral_residual(grey, 96))
    colours = _border_colours(lab)
    away = np.min(np.linalg.norm(lab[:, :, None, :] - colours, axis=-1), axis=-1)
    y, x = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    middle = np.exp(-(x * x + y * y) / 2)
    score = (_stretch(strange) + _stretch(away.astype(np.float32))) * middle.astype(np.float32)
    smooth = _stretch(np.asarray(cv2.GaussianBlur(score, (0, 0), 0.02 * max(height, width)), dtype=np.float32))
    level, _ = cv2.threshold((smooth * 255).astype(np.uint8), 0, 255, cv2.THRESH_OTSU)
    return _main_parts(smooth * 255 > 0.8 * level, smooth)


def _border_colours(lab: Floats, count: int = 6) -> Floats:
    """The main colours of the border, (count, 3)."""
    pixels = lab[_border(lab.shape)]
    criteria = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 20, 0.5)
    cv2.setRNGSeed(0)
    start = np.zeros((len(pixels), 1), dtype=np.int32)
    _, _, centres = cv2.kmeans(pixels, count, start, criteria, 2, cv2.KMEANS_PP_CENTERS)
    return np.asarray(centres, dtype=np.float32)


def _spectral_residual(grey: Floats, side: int) -> Floats:
    """Hou & Zhang's saliency: what the amplitude spectrum has beyond its own local average; (H, W)."""
    small = cv2.resize(grey, (side, side), interpolation=cv2.INTER_AREA)
    spectrum = np.fft.fft2(small)
    amplitude = np.log(np.abs(spectrum) + 1e-6).astype(np.float32)
    residual = amplitude - cv2.blur(amplitude, (3, 3))
    saliency = np.abs(np.fft.ifft2(np.exp(residual + 1j * np.angle(spectrum)))) ** 2
    blurred = cv2.GaussianBlur(saliency.astype(np.float32), (0, 0), side / 24)
    return np.asarray(cv2.resize(blurred, (grey.shape[1], grey.shape[0])), dtype=np.float32)


def _stretch(values: Floats) -> Floats:
    """Scale to 0 to 1; a constant gives 0."""
    low, high = float(values.min()), float(np.percentile(values, 99.5))
    return ((values - low) / max(high - low, 1e-6)).clip(0, 1).astype(np.float32)


def _bounds(mask: Mask) -> Box | None:
    """The tight box around a mask; None if it is empty or next to it."""
    if mask.mean() < 0.002:
        return None
    columns, rows = np.flatnonzero(mask.any(axis=0)), np.flatnonzero(mask.any(axis=1))
    return Box(int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
