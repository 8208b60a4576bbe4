"""What taggers do alike before they look: a square around the picture, whose size is bounded."""

import pytest
from PIL import Image

from danlu.tagging import pixels


def test_the_square_around_a_strip_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pixels, "LARGEST_SIDE_PX", 100)
    strip = pixels.in_white_square(Image.new("RGB", (4, 400), "black"))
    assert strip.size == (100, 100)
    assert strip.getpixel((49, 50)) == (0, 0, 0) and strip.getpixel((40, 50)) == (255, 255, 255)
    assert pixels.in_white_square(Image.new("RGB", (3, 100))).size == (100, 100)
    assert pixels.in_white_square(Image.new("RGB", (1000, 1))).size == (100, 100)
