"""Where a crop's box lies: pure geometry of pictures, subjects and buckets.

A box has its bucket's shape. It stays within the picture, unless the subject fits into no box inside and the user lets
the border be extended; then it lies as little outside as it can.
"""

from collections.abc import Sequence
from math import log

from danlu.datasets.pictures import Box, Size

MARGIN = 0.06
"""Room left around a subject, as a part of its longer side."""
WHOLE = 0.995
"""A subject of which this part is inside counts as whole: the rest is rounding."""
_CUT_COST = 20.0
_HEAD_COST = 40.0
_OUTSIDE_COST = 3.0
_UPSCALE_COST = 0.3
_SHAPE_COST = 0.1


def share_inside(inner: Box, outer: Box) -> float:
    """The part of `inner`'s area that lies inside `outer`."""
    width = min(inner.right, outer.right) - max(inner.left, outer.left)
    height = min(inner.bottom, outer.bottom) - max(inner.top, outer.top)
    return max(0, width) * max(0, height) / max(1, inner.size.width * inner.size.height)


def around(boxes: Sequence[Box]) -> Box:
    """The smallest box that holds all of some."""
    return Box(
        min(box.left for box in boxes),
        min(box.top for box in boxes),
        max(box.right for box in boxes),
        max(box.bottom for box in boxes),
    )


def centre_box(size: Size, bucket: Size) -> Box:
    """The largest centred box of a bucket's shape in a picture of this size."""
    return point_box(size, (size.width / 2, size.height / 2), bucket)


def point_box(size: Size, point: tuple[float, float], bucket: Size) -> Box:
    """The largest box of a bucket's shape in a picture, as near to being centred on a point as the edges allow."""
    return _place(size, bucket, float("inf"), point)


def focus_box(size: Size, subject: Box, bucket: Size, *, head: Box | None = None, may_leave: bool = False) -> Box:
    """The box of a bucket's shape around a subject: room around it, not enlarged if the picture has the pixels.

    If the shape can't hold the subject, the box is the largest there is and holds the head; a figure too tall keeps its
    upper end. With `may_leave` it grows beyond the picture instead, and holds all of the subject.
    """
    roomy = _with_margin(subject, size)
    aspect = bucket.width / bucket.height
    wanted = max(roomy.size.width, roomy.size.height * aspect, bucket.width)
    box = _place(size, bucket, wanted, _centre(size, subject, bucket, head))
    if may_leave and share_inside(subject, box) < WHOLE:
        return _box_beyond(size, subject, bucket)
    return box


def _centre(size: Size, subject: Box, bucket: Size, head: Box | None) -> tuple[float, float]:
    """Where a box is to be centred: on the subject, or where it keeps the head of one that it can't hold."""
    aspect = bucket.width / bucket.height
    width = min(size.width, size.height * aspect)
    height = width / aspect
    x, y = (subject.left + subject.right) / 2, (subject.top + subject.bottom) / 2
    if height < subject.size.height:
        y = subject.top + height / 2
        if head:
            y = _nearest(y, (head.bottom - height / 2, head.top + height / 2))
    if width < subject.size.width and head:
        x = _nearest(x, (head.right - width / 2, head.left + width / 2))
    return x, y


def _nearest(wanted: float, span: tuple[float, float]) -> float:
    low, high = min(span), max(span)
    return min(max(wanted, low), high)


def _box_beyond(size: Size, subject: Box, bucket: Size) -> Box:
    """The smallest box of a bucket's shape that holds a subject, moved inside the picture as far as it goes."""
    roomy = _with_margin(subject, size)
    aspect = bucket.width / bucket.height
    width = max(roomy.size.width, round(roomy.size.height * aspect))
    height = max(roomy.size.height, round(width / aspect))
    left = round((subject.left + subject.right - width) / 2)
    top = round((subject.top + subject.bottom - height) / 2)
    left = round(_nearest(left, (0, size.width - width)))
    top = round(_nearest(top, (0, size.height - height)))
    return Box(left, top, left + width, top + height)


def outside_share(box: Box, size: Size) -> float:
    """The part of a box that lies outside of its picture."""
    return 1 - share_inside(box, Box(0, 0, *size))


def crop_cost(size: Size, subject: Box, bucket: Size, *, head: Box | None = None, may_leave: bool = False) -> float:
    """How ill a bucket suits a subject: what is cut of it, what is made up or background beside it, enlargement, an
    unusual shape.
    """
    box = focus_box(size, subject, bucket, head=head, may_leave=may_leave)
    kept = share_inside(subject, box)
    subject_area, box_area = (part.size.width * part.size.height for part in (subject, box))
    waste = 1 - kept * subject_area / box_area
    enlarged = max(0.0, log(bucket.width / box.size.width))
    unusual = abs(log(bucket.width / bucket.height))
    beheaded = 1 - share_inside(head, box) if head else 0.0
    return (
        _CUT_COST * (1 - kept)
        + _HEAD_COST * beheaded
        + _OUTSIDE_COST * outside_share(box, size)
        + waste
        + _UPSCALE_COST * enlarged
        + _SHAPE_COST * unusual
    )


def _with_margin(subject: Box, size: Size) -> Box:
    margin = round(MARGIN * max(subject.size))
    return Box(
        max(0, subject.left - margin),
        max(0, subject.top - margin),
        min(size.width, subject.right + margin),
        min(size.height, subject.bottom + margin),
    )


def _place(size: Size, bucket: Size, wanted_width: float, centre: tuple[float, float]) -> Box:
    """A box of a bucket's shape, at most `wanted_width` wide, as near to `centre` as the picture's edges allow."""
    aspect = bucket.width / bucket.height
    exact = min(wanted_width, size.width, size.height * aspect)
    width = max(1, min(size.width, round(exact)))
    height = max(1, min(size.height, round(exact / aspect)))
    left = min(max(0, round(centre[0] - width / 2)), size.width - width)
    top = min(max(0, round(centre[1] - height / 2)), size.height - height)
    return Box(left, top, left + width, top + height)
