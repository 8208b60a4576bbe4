"""Near-duplicates: pictures that show nearly the same, also mirrored, recompressed, brightened or cut a little closer.

Two pictures are near-duplicates if their glances, the mean L*a*b* colours of 16×16 areas, differ by less than `NEAR`
(mean over areas and channels) and by less than `ALIKE` of what there is to see in them (root mean squares): two small
figures before the same large wall differ little, but by all that they show. A face cut out of a larger picture isn't
found. On the samples all pictures that were blurred, halved, recompressed, mirrored or cut by 3% at each side are
found (they differ by up to 0.43 of their contrast), and no two of the samples are near-duplicates (0.8 and more).

This module needs numpy and OpenCV; import it where it is used.
"""

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from danlu.datasets.augmentation import shown_key, shown_part
from danlu.datasets.pictures import Picture
from danlu.kit.cache_files import keep, read_kept
from danlu.kit.places import cache_folder

VIEW_PX, GLANCE_PX = 64, 16
NEAR = 5.0
"""Of 100 for lightness: about 15 there alone."""
ALIKE = 0.55
_LEAST_CONTRAST = 2.0

Floats = NDArray[np.float32]


def lab_view(picture: Image.Image) -> Floats:
    """A picture in L*a*b* at 64×64, its aspect given up: (64, 64, 3)."""
    pixels = np.asarray(picture.convert("RGB"), np.float32) / 255
    small = cv2.resize(pixels, (VIEW_PX, VIEW_PX), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_RGB2LAB), np.float32)


def glance_of(view: Floats) -> Floats:
    """A view (64, 64, 3) at a glance: (16, 16, 3)."""
    return np.asarray(cv2.resize(view, (GLANCE_PX, GLANCE_PX), interpolation=cv2.INTER_AREA), np.float32)


def group_duplicates(pictures: Sequence[Picture]) -> list[list[int]]:
    """The pictures by index, near-duplicates (and those of the same neighbour) together; in order of their first.

    Raises `UserError` for a picture that can't be decoded.
    """
    return group_glances([_cached_glance(picture) for picture in pictures])


def group_glances(glances: Sequence[Floats]) -> list[list[int]]:
    """Indexes of glances (16, 16, 3), near-duplicates together as in `group_duplicates`."""
    if not glances:
        return []
    stacked = np.stack(glances)
    mirrored = stacked[:, :, ::-1]
    contrast = np.maximum(np.sqrt(stacked.var(axis=(1, 2)).mean(axis=1)), _LEAST_CONTRAST)
    first = list(range(len(glances)))

    def root(index: int) -> int:
        while first[index] != index:
            index = first[index]
        return index

    for index, glance in enumerate(glances):
        for others in (stacked[:index], mirrored[:index]):
            apart = others - glance
            is_near = np.abs(apart).mean(axis=(1, 2, 3)) < NEAR
            lower = np.minimum(contrast[:index], contrast[index])
            is_alike = np.sqrt(np.square(apart).mean(axis=(1, 2, 3))) < ALIKE * lower
            for other in np.flatnonzero(is_near & is_alike):
                one, two = sorted((root(int(other)), root(index)))
                first[two] = one
    groups: dict[int, list[int]] = {}
    for index in range(len(glances)):
        groups.setdefault(root(index), []).append(index)
    return list(groups.values())


def _cached_glance(picture: Picture) -> Floats:
    """The glance of a picture as it is cropped: decoding it is the slow part, and every survey of a run needs it."""
    path = _stored_at(picture)
    if content := read_kept(path):
        with suppress(ValueError, EOFError):  # a damaged file counts as missing
            return np.load(BytesIO(content))
    glance = glance_of(lab_view(shown_part(picture)))
    content = BytesIO()
    np.save(content, glance)
    keep(path, content.getvalue())
    return glance


def _stored_at(picture: Picture) -> Path:
    name = hashlib.sha256(shown_key(picture).encode()).hexdigest()
    return cache_folder() / "glances" / name[:2] / f"{name}.npy"
