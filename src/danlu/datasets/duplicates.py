"""Near-duplicates: pictures that show nearly the same, also mirrored, recompressed, brightened or cut a little closer.

Two pictures are near-duplicates if their glances, the mean L*a*b* colours of 16×16 areas, differ by less than `NEAR`
(mean over areas and channels) and by less than `ALIKE` of what there is to see in them (root mean squares): two small
figures before the same large wall differ little, but by all that they show. A face cut out of a larger picture isn't
found. On the samples all pictures that were blurred, halved, recompressed, mirrored or cut by 3% at each side are
found (they differ by up to 0.43 of their contrast), and no two of the samples are near-duplicates (0.8 and more).

This module needs numpy and OpenCV; import it where it is used.
"""

import hashlib
from collections.abc import Iterator, Sequence
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
_CHUNK = 256
"""So many are compared at once; of those after them, many may be of one group by then."""
_WAVES = 4

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
    """Indexes of glances (16, 16, 3), near-duplicates together as in `group_duplicates`.

    Few pairs are compared pixel by pixel: only those that `_possible_pairs` leaves, and that aren't of one group yet.
    """
    if not glances:
        return []
    stacked = np.stack(glances)
    contrast = np.maximum(np.sqrt(stacked.var(axis=(1, 2)).mean(axis=1)), _LEAST_CONTRAST)
    group = np.arange(len(glances))
    for index, others in _possible_pairs(stacked, contrast):
        others, size = others[group[others] != group[index]], 1
        while others.size:
            # A few first: one that is near mostly brings its whole group.
            chunk, others, size = others[:size], others[size:], min(4 * size, _CHUNK)
            near = chunk[_is_near(stacked[chunk], stacked[index], np.minimum(contrast[chunk], contrast[index]))]
            for other in np.unique(group[near]):
                one, two = sorted((int(other), int(group[index])))
                group[group == two] = one
            others = others[group[others] != group[index]] if near.size else others
    groups: dict[int, list[int]] = {}
    for index, first in enumerate(group.tolist()):
        groups.setdefault(first, []).append(index)
    return list(groups.values())


def _is_near(others: Floats, glance: Floats, contrast: Floats) -> NDArray[np.bool_]:
    """Which of the glances (n, 16, 16, 3) show nearly the same as one (16, 16, 3), as it is or mirrored; `contrast`
    (n,) is the lower one of each pair.
    """
    found = np.zeros(len(others), np.bool_)
    for seen in (glance, glance[:, ::-1]):
        apart = others - seen
        is_near = np.abs(apart).mean(axis=(1, 2, 3)) < NEAR
        found |= is_near & (np.sqrt(np.square(apart).mean(axis=(1, 2, 3))) < ALIKE * contrast)
    return found


def _possible_pairs(glances: Floats, contrast: Floats) -> Iterator[tuple[int, NDArray[np.intp]]]:
    """Each glance by index, and those before it that may be as near as `ALIKE` says, as they are or mirrored.

    An orthonormal projection never lengthens a distance: what is too far in the lowest frequencies (a cosine transform
    of 4 by 4, each channel) is too far as a whole. Distances in these few figures are matrix products. Mirroring turns
    the sign of the odd frequencies across.
    """
    places = (np.arange(GLANCE_PX) + 0.5) * np.pi / GLANCE_PX
    waves = np.stack([np.cos(places * frequency) for frequency in range(_WAVES)])
    waves /= np.linalg.norm(waves, axis=1, keepdims=True)
    centred = glances - glances.mean(axis=(0, 2), keepdims=True)  # the same for all, also mirrored
    figures = np.einsum("vr,hc,nrcl->nvhl", waves, waves, centred, optimize=True).astype(np.float32)
    odd = np.where(np.arange(_WAVES) % 2, -1, 1).astype(np.float32)[:, None]
    seen = [one.reshape(len(glances), -1) for one in (figures, figures * odd)]
    squares = np.square(seen[0]).sum(axis=1)
    limit = ALIKE**2 * glances[0].size * 1.01  # with room for rounding
    for start in range(0, len(glances), _CHUNK):
        end = min(start + _CHUNK, len(glances))
        allowed = limit * np.square(np.minimum(contrast[start:end, None], contrast[None, :end])) + 1
        between = (squares[start:end, None] + squares[None, :end] - allowed) / 2
        possible = (seen[0][start:end] @ seen[0][:end].T > between) | (seen[0][start:end] @ seen[1][:end].T > between)
        for index in range(start, end):
            yield index, np.flatnonzero(possible[index - start, :index])


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
