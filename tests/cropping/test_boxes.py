"""Boxes: heads are never cut, and a box leaves its picture only where nothing else keeps the subject whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from danlu.cropping.boxes import centre_box, crop_cost, focus_box, outside_share, point_box, share_inside
from danlu.cropping.sizes import standard_sizes
from danlu.datasets.buckets import bucket_sizes
from danlu.datasets.extension import may_lie
from danlu.datasets.pictures import Box, Size

SD15 = bucket_sizes(512, smallest=256, largest=1024, step=64)


@st.composite
def heads_on_subjects(draw: st.DrawFn) -> tuple[Size, Box, Box]:
    """A picture, a subject, and a head anywhere in it."""
    size = Size(draw(st.integers(64, 2000)), draw(st.integers(64, 2000)))
    left, top = draw(st.integers(0, size.width - 32)), draw(st.integers(0, size.height - 32))
    subject = Box(left, top, draw(st.integers(left + 32, size.width)), draw(st.integers(top + 32, size.height)))
    x, y = draw(st.integers(left, subject.right - 16)), draw(st.integers(top, subject.bottom - 16))
    return size, subject, Box(x, y, draw(st.integers(x + 16, subject.right)), draw(st.integers(y + 16, subject.bottom)))


@given(heads_on_subjects(), st.sampled_from(SD15))
def test_a_head_is_never_cut_where_the_shape_can_hold_it(found: tuple[Size, Box, Box], bucket: Size) -> None:
    size, subject, head = found
    box = focus_box(size, subject, bucket, head=head)
    assert box.lies_within(size)
    largest = centre_box(size, bucket).size
    if head.size.width < largest.width and head.size.height < largest.height:
        assert box.left - 1 <= head.left and head.right <= box.right + 1
        assert box.top - 1 <= head.top and head.bottom <= box.bottom + 1


@given(heads_on_subjects(), st.sampled_from(SD15))
def test_a_box_that_may_leave_holds_all_of_the_subject(found: tuple[Size, Box, Box], bucket: Size) -> None:
    size, subject, head = found
    inside = focus_box(size, subject, bucket, head=head)
    box = focus_box(size, subject, bucket, head=head, may_leave=True)
    assert share_inside(subject, box) >= 0.995
    if share_inside(subject, inside) >= 0.995:
        assert box == inside, "nothing is made up without need"
    else:
        assert not box.lies_within(size)
        # Not on both axes: one of them fits.
        assert box.size.width <= size.width + 1 or box.size.height <= size.height + 1
        assert abs(box.size.width / box.size.height / (bucket.width / bucket.height) - 1) < 0.05
        assert share_inside(Box(0, 0, *size), box) > 0


@given(st.integers(16, 3000), st.integers(16, 3000), st.floats(0, 1), st.floats(0, 1), st.sampled_from(SD15))
def test_a_box_around_a_point_is_as_large_as_the_centre_box(
    width: int, height: int, x: float, y: float, bucket: Size
) -> None:
    size = Size(width, height)
    box = point_box(size, (x * width, y * height), bucket)
    assert box.lies_within(size) and box.size == centre_box(size, bucket).size


def test_a_tall_figure_takes_a_taller_bucket_before_its_border_is_extended() -> None:
    size, figure = Size(900, 900), Box(400, 20, 520, 880)
    costs = {bucket: crop_cost(size, figure, bucket, may_leave=True) for bucket in SD15}
    best = min(costs, key=costs.__getitem__)
    assert best.height >= 2 * best.width
    assert focus_box(size, figure, best, may_leave=True).lies_within(size)


def test_the_border_of_a_figure_that_no_size_holds_is_extended() -> None:
    size, figure = Size(300, 900), Box(60, 10, 240, 890)
    square = Size(512, 512)
    assert share_inside(figure, focus_box(size, figure, square)) < 0.5
    box = focus_box(size, figure, square, may_leave=True)
    assert share_inside(figure, box) == 1 and 0.5 < outside_share(box, size) < 0.75
    assert may_lie(box, size, "edge") and not may_lie(box, size, None)


@pytest.mark.parametrize(
    ("native", "sizes"),
    [
        (512, [(512, 768), (512, 512), (768, 512)]),
        (1024, [(768, 1024), (1024, 1024), (1024, 768)]),
        (128, [(128, 192), (128, 128), (192, 128)]),
    ],
)
def test_the_usual_sizes_of_a_base(native: int, sizes: list[tuple[int, int]]) -> None:
    assert standard_sizes(native) == sizes
