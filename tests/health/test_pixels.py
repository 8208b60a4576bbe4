"""What is told from pixels alone: how soft edges are, and where bars end."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from PIL import Image

from danlu.health.base import Check
from danlu.health.borders import content_box
from danlu.health.examine import Report
from danlu.health.kinds.blurred import BLURRED_PX, SOFT_PX
from danlu.health.sharpness import edge_softness, softness_at, softness_by_scale
from danlu.kit.places import data_folder
from danlu.kit.variants import kinds_of
from synthetic_pictures import SAMPLES, blurred, photo, with_bars

PICTURES = [photo(seed, (320, 240)) for seed in range(3)] + [Image.open(path).convert("RGB") for path in SAMPLES[::6]]


def softness(image: Image.Image) -> float | None:
    return edge_softness(np.asarray(image.convert("L")))


def recompressed(image: Image.Image, quality: int) -> Image.Image:
    content = io.BytesIO()
    image.save(content, "JPEG", quality=quality)
    return Image.open(content)


@pytest.mark.parametrize("image", PICTURES)
def test_sharp_pictures_are_sharp_and_their_blurred_copies_blurred(image: Image.Image) -> None:
    for sharp in (image, recompressed(image, 40), image.resize((image.width // 2, image.height // 2))):
        assert (softness(sharp) or 0) < SOFT_PX - 0.2
    for sigma_px in (2, 3):
        soft = softness(blurred(image, sigma_px))
        # The measure is a width in pixels, so it can be held against the blur that was made.
        assert soft is not None and soft >= SOFT_PX and sigma_px - 1 < soft < sigma_px + 1
    assert (softness(blurred(image, 4)) or 9) > BLURRED_PX


def test_a_sharp_subject_before_a_blurred_background_is_sharp() -> None:
    image = photo(3)
    background = blurred(image, 6)
    background.paste(image.crop((150, 100, 350, 300)), (150, 100))
    assert (softness(background) or 9) < SOFT_PX


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_picture_without_edges_is_not_judged(level: int) -> None:
    assert edge_softness(np.full((200, 200), level, np.uint8)) is None
    ramp = np.tile(np.linspace(0, 255, 400).astype(np.uint8), (300, 1))
    assert edge_softness(ramp) is None


def test_blur_vanishes_when_a_picture_is_scaled_down() -> None:
    levels = softness_by_scale(np.asarray(blurred(photo(4, (1024, 768)), 4).convert("L")), 1.0)
    whole, quarter = softness_at(levels, 1.0), softness_at(levels, 0.25)
    assert whole and whole > BLURRED_PX and quarter and quarter < SOFT_PX
    assert softness_at(levels, 2.0) == whole


def test_samples_and_photographs_have_no_problems(check: Callable[..., Report]) -> None:
    """For the base that they are made for: nothing but the note that captions are missing."""
    for name in ("character", "style"):
        report = check(data_folder() / "samples" / name, side_px=128)
        assert [(one.check, one.severity) for one in report.findings] == [("caption_missing", "note")]


@pytest.mark.parametrize("image", PICTURES)
def test_no_bars_where_none_are(image: Image.Image) -> None:
    assert content_box(np.asarray(image)) is None


sides = st.tuples(*[st.sampled_from([0.0]) | st.floats(0.03, 0.25) for _ in range(4)])


@settings(max_examples=60)
@given(shares=sides, colour=st.tuples(*[st.integers(0, 255)] * 3), seed=st.integers(0, 2), jpeg=st.booleans())
def test_bars_of_any_colour_and_width_are_found(
    shares: tuple[float, float, float, float], colour: tuple[int, int, int], seed: int, jpeg: bool
) -> None:
    image = PICTURES[seed]
    widths = [round(share * side) for share, side in zip(shares, (image.width, image.height) * 2, strict=True)]
    # JPEG smears colours over 16 px: of a bar thinner than that nothing plain is left.
    assume(not jpeg or all(width == 0 or width > 16 for width in widths))
    left, top, right, bottom = widths
    barred = with_bars(image, colour, (left, top, right, bottom))
    found = content_box(np.asarray(recompressed(barred, 90) if jpeg else barred))
    if not any(widths):
        assert found is None
        return
    assert found is not None
    wanted = (left, top, left + image.width, top + image.height)
    assert max(abs(one - other) for one, other in zip(found, wanted, strict=True)) <= (2 if jpeg else 0)


def test_a_picture_of_one_colour_has_no_bars() -> None:
    assert content_box(np.full((300, 200, 3), 7, np.uint8)) is None


def test_a_head_before_a_plain_wall_has_no_bars() -> None:
    """Plain above and at both sides, as drawn portraits are; the figure reaches the lower edge."""
    pixels = np.full((300, 300, 3), (90, 160, 210), np.uint8)
    y, x = np.mgrid[:300, :300]
    pixels[(x - 150) ** 2 + (y - 130) ** 2 < 70**2] = (240, 200, 170)
    pixels[(np.abs(x - 150) < 110) & (y > 210)] = (60, 30, 30)
    assert content_box(pixels) is None


def test_every_check_can_be_given_alone(tmp_path: Path, check: Callable[..., Report]) -> None:
    photo(5).save(tmp_path / "a.png")
    for kind in kinds_of(Check).values():
        check(tmp_path, kind())
