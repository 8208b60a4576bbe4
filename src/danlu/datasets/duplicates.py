"""Near-duplicates: pictures that show nearly the same, also mirrored, recompressed, brightened or cut a little closer.

Two pictures are near-duplicates if their glances, the mean L*a*b* colours of 16×16 areas, differ by less than `NEAR`
(mean over areas and channels). A face cut out of a larger picture isn't found. On the sample character all pictures
that were blurred, halved, recompressed, mirrored or cut by 3 % at each side are found, and no two of its pictures are
near-duplicates.

This module needs numpy and OpenCV; import it where it is used.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from danlu.datasets.decode import decode_picture
from danlu.datasets.extension import cut_out
from danlu.datasets.pictures import Picture
from danlu.kit.files import atomic_path, file_sha256
from danlu.kit.places import cache_folder

VIEW_PX, GLANCE_PX = 64, 16
NEAR = 5.0
"""Of 100 for lightness: about 15 there alone."""

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
    glances = np.stack([_cached_glance(picture) for picture in pictures])
    mirrored = glances[:, :, ::-1]
    first = list(range(len(pictures)))

    def root(index: int) -> int:
        while first[index] != index:
            index = first[index]
        return index

    for index, glance in enumerate(glances):
        for others in (glances[:index], mirrored[:index]):
            for other in np.flatnonzero(np.abs(others - glance).mean(axis=(1, 2, 3)) < NEAR):
                one, two = sorted((root(int(other)), root(index)))
                first[two] = one
    groups: dict[int, list[int]] = {}
    for index in range(len(pictures)):
        groups.setdefault(root(index), []).append(index)
    return list(groups.values())


def _cached_glance(picture: Picture) -> Floats:
    """The glance of a picture as it is cropped: decoding it is the slow part, and every survey of a run needs it."""
    path = _stored_at(picture)
    if path.exists():
        return np.load(path)
    image = decode_picture(picture.path)
    glance = glance_of(lab_view(cut_out(image, picture.crop, picture.extend)))
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        np.save(file, glance)
    return glance


def _stored_at(picture: Picture) -> Path:
    name = hashlib.sha256(f"{file_sha256(picture.path)} {picture.frame_key}".encode()).hexdigest()
    return cache_folder() / "glances" / name[:2] / f"{name}.npy"
