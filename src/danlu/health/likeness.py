"""How alike pictures are, by their small views in L*a*b* (64×64, see `danlu.datasets.duplicates`).

This module needs numpy and OpenCV; import it where it is used.
"""

import base64
from collections.abc import Sequence

import cv2
import numpy as np

from danlu.datasets.duplicates import VIEW_PX, Floats, glance_of, group_glances

_SPOT_PX = 2.0
"""Views are softened by this before they are compared, so that resampling and recompression don't count."""


def pack(view: Floats) -> str:
    """A view (64, 64, 3) as text, in whole units of L*a*b*."""
    return base64.b64encode(np.rint(view).clip(-128, 127).astype(np.int8).tobytes()).decode()


def unpack(text: str) -> Floats:
    """What was packed."""
    values = np.frombuffer(base64.b64decode(text), np.int8)
    return values.reshape(VIEW_PX, VIEW_PX, 3).astype(np.float32)


def group_views(views: Sequence[Floats]) -> list[list[int]]:
    """Indexes of views, near-duplicates together."""
    return group_glances([glance_of(view) for view in views])


def difference(one: Floats, other: Floats) -> float:
    """How far two views differ in L*a*b* where they differ most."""
    spots = cv2.GaussianBlur(one - other, (0, 0), _SPOT_PX)
    return float(np.linalg.norm(spots, axis=2).max())
