"""The promise, on a small set (bench/crops.py has the large one): figures stay whole, heads too, on any ground."""

from collections.abc import Callable
from pathlib import Path

from danlu.cropping.base import find_detectors
from danlu.cropping.boxes import share_inside
from danlu.cropping.crop import CropOptions, choose_crops
from danlu.cropping.focus import find_focus
from danlu.cropping.sizes import standard_sizes
from danlu.datasets.buckets import bucket_sizes
from danlu.datasets.pictures import Picture, Size

SD15 = bucket_sizes(512, smallest=256, largest=1024, step=64)


def test_figures_of_styles_never_seen_stay_whole(figures: Callable[..., list]) -> None:
    drawings, detectors = figures("test", 42), find_detectors()
    pairs = []
    for number, drawn in enumerate(drawings):
        picture = Picture(Path(f"{number}.png"), f"{number}.png", 0, Size(*drawn.image.size), 1, None, None)
        pairs.append((picture, find_focus(drawn.image, detectors)))
    for options in (CropOptions("focus", SD15), CropOptions("focus", standard_sizes(512), "edge")):
        crops = choose_crops(pairs, options)
        kept = [drawn.kept(crop.box) >= 0.98 for drawn, crop in zip(drawings, crops, strict=True)]
        heads = [share_inside(drawn.head, crop.box) >= 0.99 for drawn, crop in zip(drawings, crops, strict=True)]
        assert sum(kept) >= 0.95 * len(kept)
        assert sum(heads) >= 0.95 * len(heads)
        assert all(crop.box.lies_within(crop.size) or crop.extend == "edge" for crop in crops)
