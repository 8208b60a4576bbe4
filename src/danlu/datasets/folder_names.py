"""What the folders above a picture say of its concept: kohya's `REPEATS_NAME`, and folders for regularization."""

import re
from pathlib import Path, PurePosixPath
from typing import NamedTuple

REGULARIZATION_NAMES = frozenset({"reg", "reg_images", "regularization", "regularisation", "正则", "正则化"})
REPEATS_NAME = re.compile(r"([1-9]\d{0,2})_(.+)")
"""kohya's name for a concept's folder: how often its pictures are shown, and what they are called."""


class Place(NamedTuple):
    """What the folders above a picture say of its concept."""

    regularization: bool
    name: str
    folder_repeats: int
    """0 if no folder's name gives a number."""


def place_of(root: Path, below: PurePosixPath, *, regularization: bool = False) -> Place:
    """The concept of the pictures in a folder `below` the root: the nearest folder, up to the root, that names one."""
    parts = below.parts
    regularization = regularization or any(part.lower() in REGULARIZATION_NAMES for part in parts)
    root_name = root.resolve().name
    for part in (*reversed(parts), root_name):
        if match := REPEATS_NAME.fullmatch(part):
            return Place(regularization, match[2], int(match[1]))
        if regularization and part.lower() in REGULARIZATION_NAMES:
            return Place(True, part, 0)
    return Place(regularization, root_name or "dataset", 0)
