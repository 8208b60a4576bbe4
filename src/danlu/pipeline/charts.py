"""Line charts as SVG text: no script, no library, colours from the page's own variables (light and dark)."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 640, 220
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 14, 38
MOST_POINTS = 800


@dataclass(frozen=True)
class Line:
    """One line of a chart."""

    label: str
    points: Sequence[tuple[float, float]]
    style: str
    """CSS class: `a`, `b`, `c`, or `faint`."""


def smooth(values: Sequence[float], span: int) -> list[float]:
    """Exponential moving average with a span of `span` values, unbiased at the start (as in Adam)."""
    decay = 1 - 2 / (span + 1)
    mean, weight, smoothed = 0.0, 0.0, list[float]()
    for value in values:
        mean = decay * mean + (1 - decay) * value
        weight = decay * weight + (1 - decay)
        smoothed.append(mean / weight)
    return smoothed


def line_chart(lines: Sequence[Line], *, x_label: str, marks: Sequence[float] = ()) -> str:
    """An SVG of lines over a common x axis; `marks` are x positions with a faint vertical line (ends of epochs).

    The y axis spans what is shown but for outliers of faint lines: single losses must not flatten their mean.
    """
    drawn = [line for line in lines if line.points]
    if not drawn:
        return ""
    xs = [x for line in drawn for x, _ in line.points]
    ys = _shown_values(drawn)
    area = _Area(min(xs), max(xs), *_padded(min(ys), max(ys)))
    parts = [f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" class="chart">']
    parts += [_grid_line(area, y) for y in ticks(area.low, area.high, 4) if area.low <= y <= area.high]
    parts += [
        f'<line class="mark" x1="{area.x(x):.1f}" x2="{area.x(x):.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>'
        for x in marks
    ]
    for x in ticks(area.first, area.last, 6):
        if area.first <= x <= area.last:
            parts.append(f'<text class="tick" x="{area.x(x):.1f}" y="{HEIGHT - 21}" text-anchor="middle">{x:g}</text>')
    parts.append(f'<text class="tick" x="{WIDTH - RIGHT}" y="{HEIGHT - 4}" text-anchor="end">{escape(x_label)}</text>')
    for line in drawn:
        path = " ".join(f"{area.x(x):.1f},{area.y(y):.1f}" for x, y in thin_out(line.points))
        parts.append(
            f'<polyline class="line {line.style}" points="{path}"><title>{escape(line.label)}</title></polyline>'
        )
    return "".join([*parts, "</svg>"])


@dataclass(frozen=True)
class _Area:
    """From values to places in the drawing."""

    first: float
    last: float
    low: float
    high: float

    def x(self, value: float) -> float:
        return LEFT + (value - self.first) / ((self.last - self.first) or 1) * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        inside = min(self.high, max(self.low, value))
        return HEIGHT - BOTTOM - (inside - self.low) / (self.high - self.low) * (HEIGHT - TOP - BOTTOM)


def ticks(low: float, high: float, count: int) -> list[float]:
    """About `count` round values from `low` to `high` (steps of 1, 2 or 5 times a power of ten)."""
    span = (high - low) or 1.0
    raw = span / max(1, count)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw)
    start = math.ceil(low / step)
    return [round(number * step, 12) for number in range(start, math.floor(high / step) + 1)]


def thin_out(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """At most `MOST_POINTS` points: means of equal stretches, so that a long run stays a small file."""
    if len(points) <= MOST_POINTS:
        return list(points)
    size = math.ceil(len(points) / MOST_POINTS)
    stretches = [points[start : start + size] for start in range(0, len(points), size)]
    return [(sum(x for x, _ in one) / len(one), sum(y for _, y in one) / len(one)) for one in stretches]


def _shown_values(lines: Sequence[Line]) -> list[float]:
    values: list[float] = []
    for line in lines:
        ys = sorted(y for _, y in line.points)
        if line.style == "faint":
            ys = ys[int(len(ys) * 0.02) : math.ceil(len(ys) * 0.98)]
        values += ys
    return values or [0.0, 1.0]


def _padded(low: float, high: float) -> tuple[float, float]:
    space = (high - low) * 0.06 or abs(high) * 0.1 or 1.0
    # A quantity that is never negative has its axis end at zero, not below.
    return (max(0.0, low - space) if low >= 0 else low - space), high + space


def _grid_line(area: _Area, value: float) -> str:
    y = area.y(value)
    return (
        f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        f'<text class="tick" x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{value:.3g}</text>'
    )
