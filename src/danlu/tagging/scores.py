"""Scores of a dataset's pictures, each computed once: kept in the user's cache under what they depend on.

Key: the picture file's bytes, its crop box, the tagger's files. A threshold is not part of it, so moving one is free.
"""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from danlu.datasets.extension import cut_out
from danlu.datasets.pictures import Picture, Problem
from danlu.kit.errors import UserError
from danlu.kit.files import atomic_path, file_sha256
from danlu.kit.places import cache_folder
from danlu.tagging.base import Tagger

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BATCH = 8
OnPicture = Callable[[int, int], None]
"""Told how many of how many pictures have their scores."""


class Scored(NamedTuple):
    """Scores by picture name, and what came in the way."""

    scores: "dict[str, NDArray[np.float32]]"
    """(tags,) for each picture."""
    computed: int
    """How many of them were not in the cache."""
    problems: tuple[Problem, ...]
    """Pictures that can't be decoded."""


def score_pictures(tagger: Tagger, pictures: Sequence[Picture], on_picture: OnPicture | None = None) -> Scored:
    """Scores of each picture as it is cropped, from the cache or by running the tagger; stored as it goes."""
    import numpy as np

    scores: dict[str, NDArray[np.float32]] = {}
    problems: list[Problem] = []
    missing: list[tuple[Picture, Path]] = []
    for picture in pictures:
        path = _stored_at(tagger, picture)
        if path.exists():
            scores[picture.name] = np.load(path)
        else:
            missing.append((picture, path))
    for start in range(0, len(missing), BATCH):
        if on_picture:
            on_picture(len(scores) + len(problems), len(pictures))
        batch = missing[start : start + BATCH]
        new, bad = _run(tagger, batch)
        scores |= new
        problems += bad
    if on_picture:
        on_picture(len(pictures), len(pictures))
    return Scored(scores, len(missing) - len(problems), tuple(problems))


def _run(
    tagger: Tagger, batch: Sequence[tuple[Picture, Path]]
) -> "tuple[dict[str, NDArray[np.float32]], list[Problem]]":
    import numpy as np

    from danlu.datasets.decode import decode_picture

    images, kept, problems = [], [], []
    for picture, path in batch:
        try:
            image = decode_picture(picture.path)
        except UserError as error:
            problems.append(Problem(picture.name, error.text))
            continue
        images.append(cut_out(image, picture.crop, picture.extend))
        kept.append((picture.name, path))
    found = tagger.scores(images)
    for (_, path), scores in zip(kept, found, strict=True):
        with atomic_path(path) as temporary, temporary.open("wb") as file:
            np.save(file, scores)
    return {name: scores for (name, _), scores in zip(kept, found, strict=True)}, problems


def _stored_at(tagger: Tagger, picture: Picture) -> Path:
    content = f"{file_sha256(picture.path)} {picture.frame_key}"
    name = hashlib.sha256(content.encode()).hexdigest()
    return cache_folder() / "tags" / tagger.key[:16] / name[:2] / f"{name}.npy"
