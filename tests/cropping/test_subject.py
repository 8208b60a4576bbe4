"""Finding the subject: figures on plain, sloping and noisy grounds; and pictures without one."""

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from danlu.cropping.boxes import share_inside
from danlu.cropping.subject import find_subject
from danlu.datasets.pictures import Box, Size

Draw = Callable[..., tuple[Image.Image, Box]]


def overlap(first: Box, second: Box) -> float:
    """Intersection over union."""
    both = share_inside(first, second) * first.size.width * first.size.height
    return both / sum([first.size.width * first.size.height, second.size.width * second.size.height, -both])


@pytest.mark.parametrize("ground", ["plain", "gradient", "noise"])
def test_figures_are_found_whole_and_tight(ground: str, draw_figure: Draw) -> None:
    rng = np.random.default_rng(11)
    kept: list[float] = []
    tight: list[float] = []
    for _ in range(40):
        size = Size(*(int(side) for side in rng.integers(200, 700, 2)))
        image, box = draw_figure(rng, ground, size)
        found = find_subject(image)
        assert found is not None
        assert found.is_plain
        kept.append(share_inside(box, found.box))
        tight.append(overlap(box, found.box))
    assert np.mean(np.array(kept) >= 0.98) >= 0.97
    assert np.median(tight) >= 0.8


@pytest.mark.parametrize("ground", ["plain", "gradient", "noise"])
def test_a_ground_alone_has_no_subject(ground: str, paint_ground: Callable[..., np.ndarray]) -> None:
    rng = np.random.default_rng(12)
    for _ in range(10):
        colour = rng.integers(30, 226, 3).astype(float)
        found = find_subject(Image.fromarray(paint_ground(rng, ground, Size(320, 240), colour)))
        assert found is None


def test_a_pale_figure_on_a_pale_ground_is_found_by_its_outline() -> None:
    image = Image.new("RGB", (400, 400), (250, 250, 250))
    ImageDraw.Draw(image).ellipse((120, 80, 260, 360), fill=(246, 246, 248), outline=(90, 90, 90), width=4)
    found = find_subject(image)
    assert found is not None
    assert share_inside(Box(120, 80, 261, 361), found.box) >= 0.98


def test_specks_are_no_part_of_a_figure() -> None:
    image = Image.new("RGB", (600, 600), (200, 210, 220))
    draw = ImageDraw.Draw(image)
    draw.rectangle((300, 200, 450, 500), fill=(120, 20, 30))
    for place in (20, 560):
        draw.ellipse((place, place, place + 6, place + 6), fill=(60, 60, 60))
    found = find_subject(image)
    assert found is not None
    assert found.box.left > 200
    assert found.box.bottom < 550


def test_on_a_busy_ground_most_of_the_figure_is_found_mostly(draw_figure: Draw) -> None:
    """No promise here, only that it is far better than chance: spots of half the figure's contrast all over."""
    rng = np.random.default_rng(13)
    kept: list[float] = []
    for _ in range(30):
        size = Size(480, 360)
        colour = rng.integers(30, 226, 3)
        image = Image.new("RGB", size, tuple(int(channel) for channel in colour))
        draw = ImageDraw.Draw(image)
        for _ in range(60):
            x, y, radius = rng.uniform(0, size.width), rng.uniform(0, size.height), rng.uniform(8, 40)
            spot = tuple(int(channel) for channel in (colour + rng.uniform(-40, 40, 3)).clip(0, 255))
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=spot)
        image = image.filter(ImageFilter.GaussianBlur(4))
        figure, box = draw_figure(rng, "plain", size, share=(0.4, 0.6))
        image.paste(figure.crop(box), box)
        found = find_subject(image)
        kept.append(share_inside(box, found.box) if found else 0.0)
    assert np.mean(np.array(kept) >= 0.9) >= 0.8


def test_the_same_picture_gives_the_same_subject() -> None:
    rng = np.random.default_rng(14)
    noise = Image.fromarray(rng.integers(0, 256, (200, 300, 3), dtype=np.uint8))
    assert find_subject(noise) == find_subject(noise)


@pytest.mark.parametrize("size", [(1, 1), (3, 900), (900, 3), (9, 9)])
def test_the_smallest_and_slimmest_pictures_are_looked_at(size: tuple[int, int]) -> None:
    image = Image.new("RGB", size, "white")
    ImageDraw.Draw(image).point((size[0] // 2, size[1] // 2), fill="black")
    found = find_subject(image)
    assert found is None or found.box.lies_within(Size(*size))
