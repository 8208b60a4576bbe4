"""Does the adapter draw new pictures, or the training pictures again?

A picture is a copy if it lies closer to a training picture than that picture's own nearest neighbour in the set.

The distance compares small views (64 px, L*a*b*) place by place: 1 - (1 - colour)(1 - structure), where colour is a
saturating difference of local means and structure is that of SSIM (Wang et al., 2004). Places are joined by a power
mean with a high exponent, because two pictures are different as soon as *some* place is (another mouth on the same
face), and the best of small shifts counts. `SAME` is where "the same picture again" ends: the distance is given in
units of it and never exceeds 1. Without that limit most fair samples would be called copies: a new picture of the same
kind is as near to the set as its members are to each other, so by exchangeability alone about every second one comes
nearer to some member than that member's neighbour does.

The constants were set on six characters of the embedded world and checked on six others, 12 training pictures each. On
the others, of 216 training pictures that were shifted by up to 2 of 128 px, blurred, given noise and JPEG artefacts,
92% are called copies; of 288 fresh pictures of the same characters 4% (14% of those whose expression and background
occur together in training). Without the limit it would be 96% and 70%.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image

from danlu.datasets.duplicates import VIEW_PX, Floats, glance_of, lab_view

WINDOW_PX, SHIFT_PX = 7, 1
RIM_PX = WINDOW_PX // 2
COLOUR_SPREAD = 25.0
"""Difference in L*a*b* at which colours are clearly different."""
STRUCTURE_FLOOR = 150.0
"""Variance of L* below which an area counts as flat, so that noise in it is no structure."""
EXPONENT = 6
SAME = 0.27
CANDIDATES = 8
"""The full distance is taken to the training pictures that are nearest at a glance."""


class View(NamedTuple):
    """A picture as the distance sees it: arrays of shape (64, 64, …)."""

    light: Floats
    means: Floats
    """Local means of L*, a*, b*."""
    variance: Floats
    """Local variance of L*."""
    coarse: Floats


def view(picture: Image.Image) -> View:
    """Prepare a picture; its aspect is given up."""
    lab = lab_view(picture)
    light = np.ascontiguousarray(lab[..., 0])
    means = _local_mean(lab)
    variance = _local_mean(light * light) - means[..., 0] ** 2
    return View(light, means, variance, glance_of(lab))


def distance(one: View, other: View) -> float:
    """Perceptual distance between 0 (the same) and 1 (another picture); symmetric."""
    return min(1.0, min(_shifted_distances(one, other)) / SAME)


class TrainingSet(NamedTuple):
    """The training pictures, and how far from each its nearest neighbour lies."""

    views: list[View]
    reach: list[float]


def view_training(pictures: Sequence[Image.Image], files: Sequence[object] | None = None) -> TrainingSet:
    """Prepare the training pictures, framed as they are trained on. Those of one file, if `files` tells, aren't each
    other's neighbours: two views of a picture may be nearly the same.
    """
    views = [view(picture) for picture in pictures]
    owners = range(len(views)) if files is None else files
    reach = [
        min(
            (
                away
                for _, away in _candidates(one, [it for it, owner in zip(views, owners, strict=True) if owner != own])
            ),
            default=1.0,
        )
        for one, own in zip(views, owners, strict=True)
    ]
    return TrainingSet(views, reach)


def copied(pictures: Sequence[Image.Image], training: TrainingSet) -> list[bool]:
    """For each picture whether it is a copy of a training picture."""
    views, reach = training
    return [any(away < reach[index] for index, away in _candidates(view(picture), views)) for picture in pictures]


def _candidates(one: View, others: Sequence[View]) -> Iterator[tuple[int, float]]:
    """Distances to the others that are nearest at a glance, by index."""
    glances = [float(np.abs(one.coarse - other.coarse).mean()) for other in others]
    for index in np.argsort(glances, kind="stable")[:CANDIDATES]:
        yield int(index), distance(one, others[index])


def _shifted_distances(one: View, other: View) -> Iterator[float]:
    inner = slice(SHIFT_PX, VIEW_PX - SHIFT_PX)
    for down in range(-SHIFT_PX, SHIFT_PX + 1):
        for right in range(-SHIFT_PX, SHIFT_PX + 1):
            moved = (
                slice(SHIFT_PX + down, VIEW_PX - SHIFT_PX + down),
                slice(SHIFT_PX + right, VIEW_PX - SHIFT_PX + right),
            )
            yield _join(_cut(one, moved), _cut(other, (inner, inner)))


def _join(one: View, other: View) -> float:
    apart = ((one.means - other.means) ** 2).sum(axis=-1)
    colour = 1 - np.exp(-apart / (2 * COLOUR_SPREAD**2))
    covariance = _local_mean(one.light * other.light) - one.means[..., 0] * other.means[..., 0]
    likeness = (2 * covariance + STRUCTURE_FLOOR) / (one.variance + other.variance + STRUCTURE_FLOOR)
    structure = np.clip(1 - likeness, 0, 1)
    # At the rim the windows of the two pictures reach over different edges.
    differing = (1 - (1 - colour) * (1 - structure))[RIM_PX:-RIM_PX, RIM_PX:-RIM_PX]
    return float((differing**EXPONENT).mean() ** (1 / EXPONENT))


def _cut(one: View, area: tuple[slice, slice]) -> View:
    return View(one.light[area], one.means[area], one.variance[area], one.coarse)


def _local_mean(values: Floats) -> Floats:
    return np.asarray(cv2.blur(values, (WINDOW_PX, WINDOW_PX), borderType=cv2.BORDER_REFLECT), np.float32)
