"""Charts: honest axes, bounded size, valid XML."""

import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from danlu.pipeline.charts import MOST_POINTS, Line, line_chart, smooth, thin_out, ticks

numbers = st.floats(-1e6, 1e6, allow_nan=False)


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6), st.integers(3, 8))
def test_ticks_are_round_and_inside(low: float, span: float, count: int) -> None:
    found = ticks(low, low + span, count)
    assert 1 <= len(found) <= count + 1
    slack = span * 1e-6 + abs(low) * 1e-9
    assert all(low - slack <= tick <= low + span + slack for tick in found)


def test_ticks_of_a_common_axis() -> None:
    assert ticks(0, 1, 4) == [0, 0.5, 1.0]
    assert ticks(0, 100, 6) == [0, 20, 40, 60, 80, 100]


def test_a_moving_mean_of_a_constant_is_the_constant_from_the_start() -> None:
    assert smooth([3.0] * 5, 10) == pytest.approx([3.0] * 5)
    assert smooth([], 10) == []


@given(st.lists(numbers, min_size=1, max_size=2000))
def test_thinning_keeps_the_mean_and_bounds_the_count(values: list[float]) -> None:
    thin = thin_out([(float(place), value) for place, value in enumerate(values)])
    assert len(thin) <= MOST_POINTS
    assert min(values) - 1e-6 <= min(y for _, y in thin) and max(y for _, y in thin) <= max(values) + 1e-6


@given(st.lists(numbers, min_size=1, max_size=30))
def test_a_chart_is_xml_with_every_point_inside(values: list[float]) -> None:
    line = Line("<loss & 损失>", list(enumerate(values)), "a")
    root = ET.fromstring(line_chart([line, Line("none", [], "b")], x_label="step", marks=[0]))
    drawn = next(one for one in root.iter() if one.tag.endswith("polyline"))
    places = [tuple(map(float, place.split(","))) for place in drawn.attrib["points"].split()]
    assert len(places) == len(values)
    assert all(0 <= x <= 640 and 0 <= y <= 220 for x, y in places)


def test_nothing_to_draw_is_nothing() -> None:
    assert line_chart([Line("none", [], "a")], x_label="step") == ""
