"""Does a tagger know what these pictures are? Scores and pixels go in, the pictures that it plainly doesn't know come
out.

A tagger has an answer to everything: of a temple, one that knows drawn portraits says "braids, glasses, beard". What
tells is how it says so. One of few tags, whose folder says what is strange to it (`about.Strangeness`), is looked at
four ways:

- entropy: its scores lie between no and yes;
- churn: they change when the picture is cut a little at the left and at the top;
- flat: drawings of its world have flat fills, also after JPEG and noise (a bilateral filter takes these away);
- palette: eight colours cover them, while photographs shade everything.

The sum is the picture's strangeness. One of thousands of tags that were made for drawings says it itself: no tag is
sure, or its tags for photographs are. How well this tells: `bench/unknown_pictures.py`.
"""

import hashlib
import statistics
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

from danlu.datasets.augmentation import shown_key
from danlu.datasets.pictures import Picture
from danlu.tagging.about import Strangeness
from danlu.tagging.base import Tagger
from danlu.tagging.scores import score_pictures
from danlu.tagging.stored import Reader, find_out

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

    from danlu.tagging.scores import Scores

VERSION = 1
"""Of the measure, for what is stored."""
CUT = 0.06
"""The part of a picture that is cut off at the left and at the top to see if scores churn."""
SIDE_PX = 128
COLOURS = 8
FLAT_STEP, COLOUR_STEP = 3, 10
"""Of 255: how much neighbours in a flat area, and pixels of one colour, may differ."""
ENOUGH, ROUGH = 12, 0.06
"""Pictures from which on the median is trusted as it is, and by how much it must lie higher for each that lacks."""
MOST_FOUND = 20_000
SURE = 0.5
"""No tag of a picture that a tagger of thousands of tags knows reaches less."""
OF_PHOTOGRAPHS = ("photo (medium)", "photorealistic", "realistic")
"""What those taggers say of photographs."""


_FOUND: dict[str, float] = {}


class Familiarity(NamedTuple):
    """What a tagger knows of some pictures."""

    unknown: tuple[str, ...]
    """Names of the pictures that it plainly doesn't know."""
    total: int
    """How many were looked at."""
    is_unsure: bool
    """Whether it is unsure of them on the whole."""

    @property
    def is_familiar(self) -> bool:
        """Whether there is nothing to be told."""
        return not self.unknown and not self.is_unsure


def look_for_unknown(tagger: Tagger, pictures: Sequence[Picture], *, most: int | None = None) -> Familiarity:
    """Which pictures the tagger doesn't know; `most` looks at so many, spread evenly. What was seen once is stored.

    Pictures that can't be decoded don't count.
    """
    chosen = spread(pictures, most)
    limits = tagger.about.strangeness
    if limits is None:
        return judge_scores(tagger, score_pictures(tagger, chosen).values)
    return judge_strangeness(limits, _strangeness_of(tagger, limits, chosen))


def _strangeness_of(tagger: Tagger, limits: Strangeness, pictures: Sequence[Picture]) -> dict[str, float]:
    """By name; what this process has found out once isn't read from the disk again, for plans are made at each key."""
    reader = _Stranger(tagger, limits)
    keys: dict[str, str] = {}
    for picture in pictures:
        with suppress(OSError):
            keys[picture.name] = f"{reader.place} {shown_key(picture)}"
    new = [one for one in pictures if one.name in keys and keys[one.name] not in _FOUND]
    for name, value in find_out(reader, new).values.items():
        _FOUND[keys[name]] = value
    found = {name: _FOUND[key] for name, key in keys.items() if key in _FOUND}
    if len(_FOUND) > MOST_FOUND:
        _FOUND.clear()
    return found


def judge_strangeness(limits: Strangeness, values: Mapping[str, float]) -> Familiarity:
    """What follows from each picture's strangeness."""
    unknown = tuple(name for name, value in values.items() if value >= limits.picture)
    # The median of few pictures is rough.
    limit = limits.dataset + ROUGH * max(0, ENOUGH - len(values))
    is_unsure = bool(values) and statistics.median(values.values()) >= limit
    return Familiarity(unknown, len(values), is_unsure)


def judge_scores(tagger: Tagger, scores: "Mapping[str, Scores]") -> Familiarity:
    """What a tagger of thousands of tags gives away by its scores."""
    import numpy as np

    tags = tagger.tags
    general = np.array([tag.category == "general" for tag in tags])
    photographic = np.array([tag.name in OF_PHOTOGRAPHS for tag in tags])

    def is_unknown(values: "Scores") -> bool:
        top = float(values[general].max(initial=0.0))
        return top < SURE or bool((values[photographic] >= tagger.usual.general).any())

    unknown = tuple(name for name, values in scores.items() if is_unknown(values))
    return Familiarity(unknown, len(scores), is_unsure=False)


def strangeness(tagger: Tagger, limits: Strangeness, images: "Sequence[Image]") -> list[float]:
    """How strange each picture is to the tagger."""
    reader = _Stranger(tagger, limits)
    return reader.run([reader.prepare(image) for image in images])


def spread(pictures: Sequence[Picture], most: int | None) -> Sequence[Picture]:
    """At most so many of the pictures, evenly spread."""
    if most is None or len(pictures) <= most:
        return pictures
    return [pictures[index * len(pictures) // most] for index in range(most)]


class _Prepared(NamedTuple):
    whole: Any
    cut: Any
    flat: float
    palette: float


class _Stranger(Reader[float]):
    """Strangeness of pictures, as it is kept on disk."""

    batch, suffix = 8, ".txt"

    def __init__(self, tagger: Tagger, limits: Strangeness) -> None:
        self.tagger, self.limits = tagger, limits
        weights = limits.model_copy(update={"picture": 0.0, "dataset": 0.0})
        self.place = f"strange/{VERSION}-{tagger.key[:16]}-{_digest(weights)}"

    def prepare(self, image: "Image") -> _Prepared:
        width, height = image.size
        cut = image.crop((round(CUT * width), round(CUT * height), width, height))
        small = _small(image)
        return _Prepared(self.tagger.prepare(image), self.tagger.prepare(cut), flat_share(small), palette_share(small))

    def run(self, prepared: Sequence[_Prepared]) -> list[float]:
        import numpy as np

        scores = self.tagger.run([one.whole for one in prepared])
        moved = self.tagger.run([one.cut for one in prepared])
        p = scores.clip(1e-6, 1 - 1e-6)
        entropy = -(p * np.log(p) + (1 - p) * np.log(1 - p)).mean(axis=1)
        churn = np.abs(scores - moved).sum(axis=1)
        doubts = entropy / self.limits.entropy + churn / self.limits.churn
        return [
            round(float(doubt) + _lack(one.flat, self.limits.flat) + _lack(one.palette, self.limits.palette), 4)
            for doubt, one in zip(doubts, prepared, strict=True)
        ]

    def from_bytes(self, content: bytes) -> float:
        return float(content)

    def to_bytes(self, value: float) -> bytes:
        return f"{value}".encode()


def _digest(limits: Strangeness) -> str:
    return hashlib.sha256(limits.model_dump_json().encode()).hexdigest()[:8]


def _lack(share: float, rule: tuple[float, float]) -> float:
    enough, weight = rule
    return weight * max(0.0, enough - share)


def _small(image: "Image") -> "NDArray[np.uint8]":
    """(h, w, 3) in RGB, the longer side `SIDE_PX`, each pixel the mean of those that it covers."""
    import cv2
    import numpy as np

    from danlu.tagging.pixels import over_white

    pixels = np.asarray(over_white(image))
    scale = SIDE_PX / max(pixels.shape[:2])
    size = (max(8, round(scale * pixels.shape[1])), max(8, round(scale * pixels.shape[0])))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def flat_share(small: "NDArray[np.uint8]") -> float:
    """The share of a small picture (h, w, 3) that is of one colour with its neighbours, noise taken away."""
    import cv2
    import numpy as np

    smooth = cv2.bilateralFilter(small, 5, 24, 3).astype(np.int16)
    across = np.abs(np.diff(smooth, axis=1)).max(axis=2)[:-1]
    down = np.abs(np.diff(smooth, axis=0)).max(axis=2)[:, :-1]
    return float((np.maximum(across, down) <= FLAT_STEP).mean())


def palette_share(small: "NDArray[np.uint8]") -> float:
    """The share of a small picture (h, w, 3) that its eight main colours cover."""
    import cv2
    import numpy as np

    pixels = small.reshape(-1, 3).astype(np.float32)
    cv2.setRNGSeed(0)
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 10, 1.0)
    _, labels, centres = cv2.kmeans(pixels, COLOURS, np.empty(0, np.int32), stop, 1, cv2.KMEANS_PP_CENTERS)
    nearest = np.asarray(centres, np.float32)[np.asarray(labels, np.intp).ravel()]
    return float((np.abs(pixels - nearest).max(axis=1) <= COLOUR_STEP).mean())
