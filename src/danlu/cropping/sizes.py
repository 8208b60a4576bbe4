"""Which sizes crops may take: the usual three of a base, and the few of all buckets that a dataset's pictures agree
on.
"""

from collections.abc import Sequence

from danlu.cropping.boxes import crop_cost
from danlu.cropping.focus import Focus
from danlu.datasets.pictures import Size

STANDARD = {512: ((512, 768), (512, 512), (768, 512)), 1024: ((768, 1024), (1024, 1024), (1024, 768))}
"""Upright, square and lying, by the native side of the base."""
_NEW_SIZE_COST = 0.15
"""A further bucket must save this much over all pictures: pictures in buckets of their own can't share a batch."""


def standard_sizes(native_px: int) -> list[Size]:
    """The usual three sizes for a base; for one that has none of its own, SD1.5's in proportion."""
    known = STANDARD.get(native_px)
    if known is None:
        known = [(width * native_px // 512, height * native_px // 512) for width, height in STANDARD[512]]
    return [Size(*size) for size in known]


def agree_on_sizes(pictures: Sequence[tuple[Size, Focus]], sizes: Sequence[Size], *, may_leave: bool) -> list[Size]:
    """The cheapest size for each picture, when every further size in use costs something too.

    Greedy: sizes are given up one by one, always the one whose pictures lose least by taking their next best, as long
    as that loss is smaller than the cost of a size.
    """
    costs = [
        {
            bucket: crop_cost(size, focus.subject, bucket, head=focus.head, may_leave=may_leave)
            for bucket in sorted(sizes)
        }
        for size, focus in pictures
    ]
    used = {min(each, key=each.__getitem__) for each in costs}
    while len(used) > 1:
        totals = {left_out: _total_cost(costs, used - {left_out}) for left_out in sorted(used)}
        cheapest = min(totals, key=totals.__getitem__)
        if totals[cheapest] - _total_cost(costs, used) >= _NEW_SIZE_COST:
            break
        used.discard(cheapest)
    return [min(sorted(used), key=each.__getitem__) for each in costs]


def _total_cost(costs: Sequence[dict[Size, float]], used: set[Size]) -> float:
    return sum(min(each[bucket] for bucket in used) for each in costs)
