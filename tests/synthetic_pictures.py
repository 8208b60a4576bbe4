"""Pictures made by tests: what photographs are like to a check, without a photograph."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image, ImageFilter

from danlu.kit.places import data_folder

SAMPLES = sorted((data_folder() / "samples").rglob("*.png"))


def photo(seed: int, size: tuple[int, int] = (512, 384)) -> Image.Image:
    """Dead leaves (Lee, Mumford & Huang, 2001): discs of all sizes that hide each other have the statistics of natural
    pictures. Drawn twice as large and halved, as lenses do; with a little noise, as sensors do.
    """
    rng = np.random.default_rng(seed)
    width, height = 2 * size[0], 2 * size[1]
    canvas = np.full((height, width, 3), rng.integers(0, 255, 3), np.uint8)
    # Sizes by a power law; the largest lie below.
    radii = np.sort(8 / rng.uniform(0.02, 1, 700))[::-1]
    for radius in radii:
        centre = (int(rng.integers(0, width)), int(rng.integers(0, height)))
        colour = [int(value) for value in rng.integers(0, 255, 3)]
        cv2.circle(canvas, centre, int(radius), colour, -1, cv2.LINE_AA)
    small = cv2.resize(canvas, size, interpolation=cv2.INTER_AREA).astype(np.float64)
    return Image.fromarray((small + rng.normal(0, 2, small.shape)).clip(0, 255).astype(np.uint8))


def blurred(image: Image.Image, sigma_px: float) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(sigma_px))


def with_bars(image: Image.Image, colour: tuple[int, int, int], sides: tuple[int, int, int, int]) -> Image.Image:
    """A picture with bars (left, top, right, bottom, in pixels)."""
    left, top, right, bottom = sides
    larger = Image.new("RGB", (image.width + left + right, image.height + top + bottom), colour)
    larger.paste(image, (left, top))
    return larger


def save_truncated(image: Image.Image, path: Path) -> None:
    image.save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def save_16_bit(image: Image.Image, path: Path) -> None:
    """A PNG with 16 bits for each of three channels, which PIL can't write."""
    values = np.asarray(image.convert("RGB"))[:, :, ::-1].astype(np.uint16) * 257
    path.write_bytes(cv2.imencode(".png", values)[1].tobytes())


def save_turned(image: Image.Image, path: Path, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    image.save(path, exif=exif, quality=95)


def saved(save: Callable[..., Any], image: Image.Image, path: Path, *details: Any) -> Path:
    save(image, path, *details)
    return path
