"""What SDXL is told of a picture's framing agrees with how the picture is really cut."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from danlu.datasets.fitting import crop_and_resize
from danlu.datasets.framing import framing_of
from danlu.datasets.pictures import Box, Picture, Size
from danlu.families.base import Framing


def picture(size: Size, crop: Box | None = None) -> Picture:
    return Picture(path=None, name="a", concept=0, size=size, repeats=1, caption="", crop=crop)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("size", "crop", "bucket", "expected"),
    [
        (Size(1024, 1024), None, Size(1024, 1024), Framing(1024, 1024, 0, 0, 1024, 1024)),
        (Size(512, 512), None, Size(1024, 1024), Framing(512, 512, 0, 0, 1024, 1024)),
        (Size(2000, 1000), None, Size(1024, 1024), Framing(1000, 2000, 0, 512, 1024, 1024)),
        (Size(1000, 2000), Box(0, 500, 1000, 1500), Size(512, 512), Framing(2000, 1000, 256, 0, 512, 512)),
    ],
)
def test_known_framings(size: Size, crop: Box | None, bucket: Size, expected: Framing) -> None:
    assert framing_of(picture(size, crop), bucket) == expected


@given(st.integers(64, 400), st.integers(64, 400), st.sampled_from([Size(64, 64), Size(64, 128), Size(128, 64)]))
def test_offsets_are_where_the_pixels_come_from(width: int, height: int, bucket: Size) -> None:
    """A picture whose red tells the column and whose green the row: what the cut begins with is what was told."""
    rows, columns = np.mgrid[0:height, 0:width]
    ramp = np.stack([columns / width, rows / height], axis=-1) * 255
    pixels = np.concatenate([ramp, np.zeros((height, width, 1))], axis=-1).round().astype(np.uint8)
    seen = np.asarray(crop_and_resize(Image.fromarray(pixels), None, bucket), dtype=float)
    framing = framing_of(picture(Size(width, height)), bucket)
    scale = max(bucket.width / width, bucket.height / height)
    assert (framing.original_height, framing.original_width) == (height, width)
    assert (framing.target_height, framing.target_width) == (bucket.height, bucket.width)
    across, down = seen[bucket.height // 2, bucket.width // 2, :2] / 255 * np.array([width, height]) * scale
    assert framing.crop_left == pytest.approx(across - bucket.width / 2, abs=4 * max(1.0, scale))
    assert framing.crop_top == pytest.approx(down - bucket.height / 2, abs=4 * max(1.0, scale))
