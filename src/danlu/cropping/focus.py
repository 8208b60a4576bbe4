"""The focus of a picture: one box around what must be kept whole, and the head that must never be cut.

What the detectors find is joined by what each is worth. On a plain background what differs from it *is* the subject,
and heads are added. On a busy one, whole figures and heads count, and a head without a figure gets the room that a
body below it would take. Where nobody is found, what stands out is taken. Faces and figures much smaller than the
main one are bystanders and don't count.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

from danlu.cropping.base import Detection, Detector
from danlu.cropping.boxes import around
from danlu.datasets.pictures import Box, Size

if TYPE_CHECKING:
    from PIL.Image import Image

LEAST_SCORE = 0.45
"""Faces, heads and persons below this aren't believed."""
PLAIN = 0.8
"""A subject at or above this score was told from a plain background."""
SURE = 0.7
"""On a busy background, below this what stands out is kept too: nobody may be there at all."""
BYSTANDER = 0.4
"""Heads worth less than this part of the main one (score times side) belong to bystanders."""
DOUBTFUL_HEAD = 0.75
"""Heads with less than this part of the main one's score may be no heads at all."""
TRUE_TO_FIGURE = (0.5, 2.5)
"""What differs from a plain background has between so many times the area of the figures (they may hold something)."""
FACE_TO_HEAD = (0.25, 0.55, 0.25, 0.15)
"""What a head has beyond its face: left, top, right, bottom, in widths and heights of the face."""
BODY = (1.0, 6.5)
"""A body below a head: as many head widths to either side, and head heights down, as a standing figure may take."""
UNSURE, DOUBT_AROUND, DOUBT_BELOW = 0.04, 0.2, 2.2
"""A figure on a busy background is taken wider: by this part of its longer side, by this more for all doubt in it, and
below by this part of its height for all doubt. Robes and legs fade into clutter; tuned on pictures that the benchmark
doesn't use.
"""


@dataclass(frozen=True)
class Focus:
    """What a crop is made around."""

    subject: Box
    head: Box | None
    """Around all heads that count."""
    score: float
    """How sure it is, 0 to 1."""
    found: tuple[Detection, ...]
    """All that the detectors said."""


def find_focus(image: "Image", detectors: Sequence[Detector]) -> Focus | None:
    """Look at an upright RGB picture with every detector; None if none finds anything."""
    found = [one for detector in detectors for one in detector.detect(image)]
    return unite(found, Size(image.width, image.height))


def unite(found: Sequence[Detection], size: Size) -> Focus | None:
    """One focus from what was found in a picture of this size: a pure function of its boxes and scores."""
    believed = [one for one in found if one.score >= LEAST_SCORE]
    heads = _main_heads([_as_head(one, size) for one in believed if one.label in ("face", "head")])
    persons = _of_heads([one for one in believed if one.label == "person"], heads)
    subjects = sorted((one for one in found if one.label == "subject"), key=lambda one: -one.score)
    plain = [one for one in subjects[:1] if one.score >= PLAIN]
    if plain and _agree(plain[0], persons):
        parts = [*plain, *persons, *heads]
    elif heads or persons:
        parts = [_widened(one, size) for one in persons] + heads
        parts += [_body_below(head, size) for head in heads if not any(_holds(one.box, head.box) for one in persons)]
        if max(one.score for one in parts) < SURE:
            parts += subjects[:1]
    else:
        parts = subjects[:1]
    if not parts:
        return None
    head = around([one.box for one in heads]) if heads else None
    score = max(one.score for one in parts)
    return Focus(around([one.box for one in parts]), head, score, tuple(found))


def _agree(plain: Detection, persons: Sequence[Detection]) -> bool:
    """Whether what differs from the background is about as large as the figures: if not, the background isn't plain."""
    least, most = TRUE_TO_FIGURE
    return not persons or least <= _area(plain.box) / _area(around([one.box for one in persons])) <= most


def _area(box: Box) -> int:
    return box.size.width * box.size.height


def _as_head(one: Detection, size: Size) -> Detection:
    if one.label == "head":
        return one
    width, height = one.box.size
    left, top, right, bottom = FACE_TO_HEAD
    box = Box(
        max(0, round(one.box.left - left * width)),
        max(0, round(one.box.top - top * height)),
        min(size.width, round(one.box.right + right * width)),
        min(size.height, round(one.box.bottom + bottom * height)),
    )
    return Detection(box, "head", one.score)


def _main_heads(heads: Sequence[Detection]) -> list[Detection]:
    """Heads that count beside the most worthy one (score times side)."""
    if not heads:
        return []
    main = max(heads, key=_worth)
    return [one for one in heads if _worth(one) >= BYSTANDER * _worth(main) and one.score >= DOUBTFUL_HEAD * main.score]


def _worth(one: Detection) -> float:
    return one.score * sqrt(_area(one.box))


def _of_heads(persons: Sequence[Detection], heads: Sequence[Detection]) -> list[Detection]:
    """Persons that have one of the heads; all, if no head was found."""
    return [one for one in persons if not heads or any(_holds(one.box, head.box) for head in heads)]


def _holds(outer: Box, inner: Box) -> bool:
    x, y = (inner.left + inner.right) / 2, (inner.top + inner.bottom) / 2
    return outer.left <= x <= outer.right and outer.top <= y <= outer.bottom


def _widened(one: Detection, size: Size) -> Detection:
    """A figure with room for what its box may have missed: the less sure it is, the more, and most of it below."""
    doubt = 1 - one.score
    more = round((UNSURE + DOUBT_AROUND * doubt) * max(one.box.size))
    left, top, right, bottom = one.box
    down = max(more, round(DOUBT_BELOW * doubt * one.box.size.height))
    box = Box(max(0, left - more), max(0, top - more), min(size.width, right + more), min(size.height, bottom + down))
    return one._replace(box=box)


def _body_below(head: Detection, size: Size) -> Detection:
    width, height = head.box.size
    aside, down = BODY
    box = Box(
        max(0, round(head.box.left - aside * width)),
        head.box.top,
        min(size.width, round(head.box.right + aside * width)),
        min(size.height, round(head.box.bottom + down * height)),
    )
    return Detection(box, "person", head.score)
