"""Drawn figures whose box is known: a head on a body, anywhere, of any proportions, on several grounds."""

from collections.abc import Callable
from typing import Literal

import numpy as np
import pytest
from PIL import Image, ImageDraw

from danlu.datasets.pictures import Box, Size

Ground = Literal["plain", "gradient", "noise"]


@pytest.fixture
def draw_figure() -> Callable[..., tuple[Image.Image, Box]]:
    """`draw_figure(rng, ground, size, share=None)`: a picture of a figure, and the box around the figure."""
    return draw_one


@pytest.fixture
def paint_ground() -> Callable[..., np.ndarray]:
    """`paint_ground(rng, ground, size, colour)`: the background alone."""
    return paint


def draw_one(
    rng: np.random.Generator, ground: Ground, size: Size, share: tuple[float, float] | None = None
) -> tuple[Image.Image, Box]:
    """A figure of clearly another colour than the ground, and the box around it.

    `share` is its width and height as parts of the picture; without it, it is drawn too. Two figures of five stand on
    the lower edge, as busts do.
    """
    width, height = size
    colour = rng.integers(30, 226, 3).astype(float)
    picture = Image.fromarray(paint(rng, ground, size, colour))
    across, down = share or (rng.uniform(0.15, 0.8), rng.uniform(0.2, 0.85))
    w, h = round(across * width), round(down * height)
    left, top = int(rng.integers(0, width - w + 1)), int(rng.integers(0, height - h + 1))
    if rng.random() < 0.4:
        top = height - h
    draw = ImageDraw.Draw(picture)
    head, body = other_colour(rng, colour), other_colour(rng, colour)
    draw.ellipse((left + w * 0.25, top, left + w * 0.75, top + h * 0.45), fill=head)
    draw.rounded_rectangle((left, top + h * 0.4, left + w - 1, top + h - 1), radius=min(w, h) // 10, fill=body)
    return picture, Box(left, top, left + w, top + h)


def paint(rng: np.random.Generator, ground: Ground, size: Size, colour: np.ndarray) -> np.ndarray:
    """The background alone, (H, W, 3) in 0 to 255."""
    y, x = np.meshgrid(np.linspace(-1, 1, size.height), np.linspace(-1, 1, size.width), indexing="ij")
    ground_px = np.broadcast_to(colour, (size.height, size.width, 3)).copy()
    if ground != "plain":
        ground_px += x[..., None] * rng.uniform(-40, 40, 3) + y[..., None] * rng.uniform(-40, 40, 3)
    if ground == "noise":
        ground_px += rng.normal(0, 8, ground_px.shape)
    return ground_px.clip(0, 255).astype(np.uint8)


def other_colour(rng: np.random.Generator, colour: np.ndarray) -> tuple[int, ...]:
    """A colour that nobody takes for the given one."""
    while True:
        drawn = rng.integers(0, 256, 3)
        if np.linalg.norm(drawn - colour) > 110:
            return tuple(int(channel) for channel in drawn)


@pytest.fixture
def figures() -> Callable[..., list]:
    """`figures(seed, count)`: pictures with one figure each, of styles that no detector was trained on."""
    from bench.figures import draw_all

    return lambda seed, count: list(draw_all(seed, count))
