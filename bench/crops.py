"""How well do crops keep their subject whole? `python bench/crops.py [--count 420] [--sheet sheet.png]`

Pictures with one figure whose every pixel is known (`figures`), of styles and bodies that the detectors weren't
trained on, are cropped around the focus, at the centre, and by A1111's focal rule (`focal`), with and without being
told the true face.
"""

import argparse
import statistics
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from figures import BUSY, Drawn, draw_all
from focal import focal_box
from machine import save
from PIL import Image, ImageDraw

from danlu.cropping.base import find_detectors
from danlu.cropping.boxes import centre_box, outside_share, share_inside
from danlu.cropping.crop import CropOptions, choose_crops
from danlu.cropping.focus import find_focus
from danlu.cropping.sizes import standard_sizes
from danlu.datasets.buckets import BucketConfig, choose_bucket, sizes_for
from danlu.datasets.pictures import Box, Picture, Size

TOGETHER = 20
"""Pictures of one dataset, which agree on sizes."""
Way = Callable[[Sequence[Drawn]], list[tuple[Box, Size]]]


def by_focus(sizes: Sequence[Size], extend: str | None = None) -> Way:
    """Danlu's focus crop, in datasets of twenty pictures."""
    detectors = find_detectors()
    known: dict[int, Any] = {}

    def crop(pictures: Sequence[Drawn]) -> list[tuple[Box, Size]]:
        boxes: list[tuple[Box, Size]] = []
        for start in range(0, len(pictures), TOGETHER):
            pairs: list[Any] = []
            for number, drawn in enumerate(pictures[start : start + TOGETHER], start):
                focus = known.setdefault(number, find_focus(drawn.image, detectors))
                name = f"{number}.png"
                pairs.append((Picture(Path(name), name, 0, Size(*drawn.image.size), 1, None, None), focus))
            boxes += [(one.box, one.bucket) for one in choose_crops(pairs, CropOptions("focus", sizes, extend))]
        return boxes

    return crop


def by_centre(sizes: Sequence[Size]) -> Way:
    """The largest box of the nearest shape, in the middle."""

    def crop(pictures: Sequence[Drawn]) -> list[tuple[Box, Size]]:
        buckets = [choose_bucket(Size(*drawn.image.size), sizes) for drawn in pictures]
        return [
            (centre_box(Size(*one.image.size), bucket), bucket) for one, bucket in zip(pictures, buckets, strict=True)
        ]

    return crop


def by_focal_rule(sizes: Sequence[Size], *, is_told: bool) -> Way:
    """A1111's rule for the nearest of the sizes; told where the face is, or not."""

    def crop(pictures: Sequence[Drawn]) -> list[tuple[Box, Size]]:
        buckets = [choose_bucket(Size(*drawn.image.size), sizes) for drawn in pictures]
        return [
            (focal_box(drawn.image, bucket, drawn.head if is_told else None), bucket)
            for drawn, bucket in zip(pictures, buckets, strict=True)
        ]

    return crop


def judge(pictures: Sequence[Drawn], crops: Sequence[tuple[Box, Size]]) -> dict[str, Any]:
    """Figures over all pictures, and the share kept whole by kind of ground and of figure."""
    kept = [drawn.kept(box) for drawn, (box, _) in zip(pictures, crops, strict=True)]
    heads = [share_inside(drawn.head, box) for drawn, (box, _) in zip(pictures, crops, strict=True)]
    filled = [
        drawn.mask.sum() * share / (box.size.width * box.size.height)
        for drawn, share, (box, _) in zip(pictures, kept, crops, strict=True)
    ]
    outside = [outside_share(box, Size(*drawn.image.size)) for drawn, (box, _) in zip(pictures, crops, strict=True)]

    def whole(chosen: Callable[[Drawn], bool]) -> float:
        return round(
            statistics.mean(share >= 0.98 for drawn, share in zip(pictures, kept, strict=True) if chosen(drawn)), 4
        )

    return {
        "subject_kept_98": whole(lambda _: True),
        "plain_grounds": whole(lambda drawn: drawn.ground not in BUSY),
        "busy_grounds": whole(lambda drawn: drawn.ground in BUSY),
        **{kind: whole(lambda drawn, kind=kind: drawn.kind == kind) for kind in ("bust", "robe", "standing")},
        "head_kept_99": round(statistics.mean(share >= 0.99 for share in heads), 4),
        "mean_kept": round(statistics.mean(kept), 4),
        "worst_kept": round(min(kept), 4),
        "median_filled": round(float(statistics.median(filled)), 4),
        "pictures_with_made_up_border": round(statistics.mean(share > 0.001 for share in outside), 4),
    }


def draw_sheet(pictures: Sequence[Drawn], crops: Sequence[tuple[Box, Size]], out: Path) -> None:
    """The pictures in which least was kept come first."""
    order = sorted(range(len(pictures)), key=lambda index: pictures[index].kept(crops[index][0]))[:60]
    sheet = Image.new("RGB", (10 * 160, 6 * 160), "white")
    for place, index in enumerate(order):
        drawn, box = pictures[index], crops[index][0]
        image = drawn.image.copy()
        ImageDraw.Draw(image).rectangle(box, outline=(255, 0, 0), width=max(2, max(image.size) // 80))
        image.thumbnail((156, 156))
        sheet.paste(image, (place % 10 * 160, place // 10 * 160))
        ImageDraw.Draw(sheet).text((place % 10 * 160, place // 10 * 160), f"{drawn.kept(box):.2f}", (255, 0, 255))
    sheet.save(out)


def main() -> None:
    """Draw, crop, judge, save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=420)
    parser.add_argument("--seed", default="danlu crops")
    parser.add_argument("--sheet", type=Path, help="draw the worst of our crops here, and save no result")
    asked = parser.parse_args()
    pictures = list(draw_all(asked.seed, asked.count))
    buckets = sizes_for(BucketConfig(), native_px=512, step_px=64)
    standard = standard_sizes(512)
    ways = {
        "focus, all buckets": by_focus(buckets),
        "focus, 3 sizes": by_focus(standard),
        "focus, 3 sizes, extended": by_focus(standard, "edge"),
        "centre, all buckets": by_centre(buckets),
        "centre, 3 sizes": by_centre(standard),
        "A1111's rule, 3 sizes": by_focal_rule(standard, is_told=False),
        "A1111's rule, told the face, 3 sizes": by_focal_rule(standard, is_told=True),
        "A1111's rule, told the face, all buckets": by_focal_rule(buckets, is_told=True),
    }
    crops = {name: way(pictures) for name, way in ways.items()}
    found = {name: judge(pictures, made) for name, made in crops.items()}
    if asked.sheet:
        draw_sheet(pictures, crops["focus, all buckets"], asked.sheet)
        print(*(f"{name}: {figures}" for name, figures in found.items()), sep="\n")
    else:
        save("crops", {"pictures": asked.count, "seed": asked.seed, "ways": found})


if __name__ == "__main__":
    main()
