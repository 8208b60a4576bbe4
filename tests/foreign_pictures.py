"""Pictures that the embedded world doesn't hold, made by arithmetic: scenes as cameras see them, and flat drawings in
another manner.
"""

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

SIDE_PX = 256
PASTEL = ("#f7d6e0", "#d6e4f7", "#e3f7d6", "#f7efd6")


def make_photographs(folder: Path, count: int = 9) -> list[Path]:
    """Write scenes: light that falls off, things of many shades before it, lens blur, a sensor's noise."""
    folder.mkdir(parents=True, exist_ok=True)
    return [_save(_photograph(seed), folder / f"IMG_{seed + 1:04}.jpg") for seed in range(count)]


def make_flat_drawings(folder: Path, count: int = 12) -> list[Path]:
    """Write figures with white skin on pastel grounds, in flat colours: drawn, but in no style of the world."""
    folder.mkdir(parents=True, exist_ok=True)
    return [_save(_drawing(seed), folder / f"{seed + 1:02}.png") for seed in range(count)]


def _photograph(seed: int) -> Image.Image:
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:SIDE_PX, 0:SIDE_PX] / SIDE_PX
    light = 0.35 + 0.5 * (1 - y) + 0.2 * np.sin(3 * x + seed)
    scene = light[..., None] * rng.uniform(0.4, 1, 3)
    for _ in range(12):
        cx, cy, size = [*rng.uniform(0, 1, 2).tolist(), rng.uniform(0.05, 0.3)]
        ball = np.clip(1 - ((x - cx) ** 2 + (y - cy) ** 2) / size**2, 0, 1)
        scene = np.where(ball[..., None] > 0, np.sqrt(ball)[..., None] * rng.uniform(0.1, 1, 3), scene)
    grain = rng.normal(0, 1, (SIDE_PX // 4, SIDE_PX // 4, 3))
    scene = scene + 0.08 * np.kron(grain, np.ones((4, 4, 1))) + rng.normal(0, 0.02, scene.shape)
    image = Image.fromarray((scene.clip(0, 1) * 255).astype(np.uint8))
    return image.filter(ImageFilter.GaussianBlur(0.7))


def _drawing(seed: int) -> Image.Image:
    rng = np.random.default_rng(seed)
    image = Image.new("RGB", (SIDE_PX, SIDE_PX), PASTEL[seed % len(PASTEL)])
    pen = ImageDraw.Draw(image)
    dx = int(rng.integers(-16, 16))
    hair = ("#33415c", "#9b2226", "#606c38", "#5a189a")[seed % 4]
    pen.rectangle((70 + dx, 190, 186 + dx, 256), fill="#264653")
    pen.polygon([(60 + dx, 60), (196 + dx, 60), (210 + dx, 220), (46 + dx, 220)], fill=hair)
    pen.rounded_rectangle((84 + dx, 70, 172 + dx, 190), 40, fill="#ffffff")
    for eye in (100, 140):
        pen.ellipse((eye + dx, 110, eye + 18 + dx, 144), fill="#111111")
        pen.ellipse((eye + 9 + dx, 116, eye + 15 + dx, 124), fill="#ffffff")
    pen.arc((116 + dx, 150, 140 + dx, 168), 20, 160, fill="#111111", width=3)
    pen.polygon([(84 + dx, 60), (128 + dx, 100), (172 + dx, 60)], fill=hair)
    return image


def _save(image: Image.Image, path: Path) -> Path:
    image.save(path, quality=88)
    return path
