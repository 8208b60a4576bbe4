"""Pictures with one figure whose every pixel is known, for measuring crops: drawings of two styles that no network of
ours has seen, as heads, busts, and on bodies of another make than those of the training; anywhere, of any size and
shape, on plain and busy grounds. Everything follows from a seed. Needs no renderer: figures are cut out of committed
pictures.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import exp, pi, sin
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from danlu.datasets.pictures import Box, Size

ROOT = Path(__file__).parents[1]
STYLES = {"dylan": ROOT / "src/danlu/data/samples/style", "miniavs": ROOT / "tests/data/heldout/style"}
CHIN = {"dylan": 1.0, "miniavs": 0.83}
"""Where a style's head ends, as a part of the figure's height."""
GROUNDS = ("plain", "slope", "bokeh", "bricks", "leaves", "waves", "town")
BUSY = GROUNDS[2:]
KINDS = ("bust", "robe", "standing")
Mask = NDArray[np.bool_]
Colour = tuple[int, ...]
Near = Callable[[int], Colour]
"""A colour at most so far from the ground's own."""


@dataclass(frozen=True)
class Drawn:
    """One picture and where its figure is."""

    image: Image.Image
    mask: Mask
    """(H, W): the figure's pixels."""
    head: Box
    ground: str
    kind: str

    def kept(self, box: Box) -> float:
        """The part (0 to 1) of the figure's pixels inside a box, which may leave the picture."""
        left, top, right, bottom = (max(0, edge) for edge in box)
        return float(self.mask[top:bottom, left:right].sum() / self.mask.sum())


def draw_all(seed: str, count: int) -> Iterator[Drawn]:
    """Pictures of every kind of figure and ground in turn."""
    figures = {style: _cut_all(folder) for style, folder in STYLES.items()}
    for number in range(count):
        rng = random.Random(f"{seed} {number}")
        yield _draw(rng, figures, GROUNDS[number % len(GROUNDS)], KINDS[number // len(GROUNDS) % len(KINDS)])


def _cut_all(folder: Path) -> list[Image.Image]:
    """The figures of a folder of pictures with one flat background each, RGBA, tight."""
    return [_cut_out(Image.open(path).convert("RGB")) for path in sorted(folder.glob("*.png"))]


def _cut_out(image: Image.Image) -> Image.Image:
    pixels = np.asarray(image).astype(int)
    border = np.concatenate([pixels[0], pixels[:, 0], pixels[:, -1]])
    colours, counts = np.unique(border, axis=0, return_counts=True)
    like_ground = (np.abs(pixels - colours[counts.argmax()]).sum(axis=-1) < 24).astype(np.uint8)
    _, labels = cv2.connectedComponents(like_ground, connectivity=4)
    outer = np.unique(np.concatenate([labels[0], labels[:, 0], labels[:, -1]]))
    figure = ~np.isin(labels, outer[outer > 0])
    figure = cv2.erode(figure.astype(np.uint8), np.ones((3, 3), np.uint8))
    cut = image.convert("RGBA")
    cut.putalpha(Image.fromarray(figure * 255))
    return cut.crop(cut.getchannel("A").getbbox())


def _draw(rng: random.Random, figures: dict[str, list[Image.Image]], ground: str, kind: str) -> Drawn:
    style = rng.choice(list(figures))
    figure = _recoloured(rng.choice(figures[style]), rng)
    if rng.random() < 0.5:
        figure = figure.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    head_px = CHIN[style] * figure.height
    if kind != "bust":
        figure = _with_body(figure, rng, kind)
    long, aspect = rng.randint(400, 1200), exp(rng.uniform(-0.95, 0.95))
    width, height = (long, round(long / aspect)) if aspect >= 1 else (round(long * aspect), long)
    scale = min(width / figure.width, height / figure.height) * rng.uniform(0.35, 0.98)
    figure = figure.resize((max(8, round(figure.width * scale)), max(8, round(figure.height * scale))))
    left, top = rng.randint(0, width - figure.width), rng.randint(0, height - figure.height)
    if rng.random() < 0.3:
        top = height - figure.height
    picture = _paint(rng, ground, width, height)
    picture.paste(figure, (left, top), figure)
    mask = np.zeros((height, width), bool)
    alpha = np.asarray(figure.getchannel("A")) > 127
    mask[top : top + figure.height, left : left + figure.width] = alpha
    head_bottom = min(alpha.shape[0], round(head_px * scale))
    columns = np.flatnonzero(alpha[:head_bottom].any(axis=0))
    head = Box(left + int(columns[0]), top, left + int(columns[-1]) + 1, top + head_bottom)
    return Drawn(picture, mask, head, ground, kind)


def _recoloured(figure: Image.Image, rng: random.Random) -> Image.Image:
    """The figure in slightly other colours, so that a few drawings make many."""
    gains = [rng.uniform(0.75, 1.15) for _ in range(3)]
    channels = figure.split()
    return Image.merge("RGBA", [*(c.point([min(255, round(v * g)) for v in range(256)])
                                  for c, g in zip(channels, gains, strict=False)), channels[3]])  # fmt: skip


def _with_body(figure: Image.Image, rng: random.Random, kind: str) -> Image.Image:
    """The figure on a robe that widens like a bell, or standing on two bent legs with its hands in the air or at its
    sides; two and a half to seven heads tall.
    """
    tall = round(figure.height * rng.uniform(2.5, 7.0))
    spare = figure.width
    canvas = Image.new("RGBA", (figure.width + 2 * spare, tall))
    draw = ImageDraw.Draw(canvas)
    middle, top = canvas.width / 2, figure.height * 0.93
    cloth, trim, dark = (tuple(rng.randrange(256) for _ in range(3)) for _ in range(3))
    half = figure.width * rng.uniform(0.22, 0.4)
    if kind == "robe":
        hem = half * rng.uniform(1.2, 2.2)
        steps = [(t / 20, half + (hem - half) * (t / 20) ** 1.5) for t in range(21)]
        outline = [(middle + wide, top + (tall - top) * t) for t, wide in steps]
        draw.polygon([*outline, *((2 * middle - x, y) for x, y in reversed(outline))], fill=cloth)
        draw.rectangle((middle - half * 0.15, top, middle + half * 0.15, tall), fill=trim)
        draw.rectangle((middle - hem, tall - max(2, tall // 40), middle + hem, tall), fill=trim)
    else:
        hip = top + (tall - top) * rng.uniform(0.4, 0.55)
        draw.rounded_rectangle((middle - half, top, middle + half, hip), radius=half * 0.4, fill=cloth)
        raised = rng.random() < 0.3
        for side in (-1, 1):
            elbow = (middle + side * half * 1.9, top + (hip - top) * 0.5)
            hand = (middle + side * half * 2.2, top + (hip - top) * (0.0 if raised else 1.0))
            draw.line(
                [(middle + side * half * 0.8, top + half * 0.3), elbow, hand],
                fill=trim,
                width=round(half * 0.45),
                joint="curve",
            )
            knee = (middle + side * half * rng.uniform(0.5, 1.1), (hip + tall) / 2)
            foot = (middle + side * half * rng.uniform(0.4, 1.2), tall - half * 0.3)
            draw.line(
                [(middle + side * half * 0.5, hip - 4), knee, foot], fill=dark, width=round(half * 0.6), joint="curve"
            )
            draw.rounded_rectangle(
                (foot[0] - half * 0.5, tall - half * 0.45, foot[0] + half * 0.5, tall - 1), half * 0.2, fill=trim
            )
    canvas.alpha_composite(figure, (spare, 0))
    return canvas.crop(canvas.getchannel("A").getbbox())


def _paint(rng: random.Random, ground: str, width: int, height: int) -> Image.Image:
    """A background of one kind."""
    base = tuple(rng.randrange(256) for _ in range(3))
    picture = Image.new("RGB", (width, height), base)

    def near(reach: int) -> Colour:
        return tuple(max(0, min(255, channel + rng.randint(-reach, reach))) for channel in base)

    painters = {"bokeh": _bokeh, "bricks": _bricks, "leaves": _leaves, "waves": _waves, "town": _town}
    if ground == "slope":
        corners = np.array([[near(60), near(60)], [near(60), near(60)]], np.uint8)
        return Image.fromarray(corners).resize((width, height), Image.Resampling.BICUBIC)
    if ground in painters:
        painters[ground](ImageDraw.Draw(picture), rng, near, Size(width, height))
    return picture.filter(ImageFilter.GaussianBlur(min(width, height) / 90)) if ground == "bokeh" else picture


def _bokeh(draw: ImageDraw.ImageDraw, rng: random.Random, near: Near, size: Size) -> None:
    for _ in range(50):
        x, y, r = rng.uniform(0, size.width), rng.uniform(0, size.height), rng.uniform(0.02, 0.14) * min(size)
        draw.ellipse((x - r, y - r, x + r, y + r), fill=near(90))


def _bricks(draw: ImageDraw.ImageDraw, rng: random.Random, near: Near, size: Size) -> None:
    brick = max(6, round(min(size) * rng.uniform(0.04, 0.1)))
    for row, y in enumerate(range(0, size.height, brick)):
        for x in range(-(row % 2) * brick, size.width, 2 * brick):
            draw.rectangle((x + 1, y + 1, x + 2 * brick - 2, y + brick - 2), fill=near(45))


def _leaves(draw: ImageDraw.ImageDraw, rng: random.Random, near: Near, size: Size) -> None:
    for _ in range(400):
        x, y = rng.uniform(0, size.width), rng.uniform(0, size.height)
        a, b = rng.uniform(4, min(size) / 12), rng.uniform(3, min(size) / 25)
        draw.ellipse((x - a, y - b, x + a, y + b), fill=near(70))


def _waves(draw: ImageDraw.ImageDraw, rng: random.Random, near: Near, size: Size) -> None:
    step = max(5, min(size) // rng.randint(12, 30))
    for y in range(-step, size.height + step, step):
        colour, swing, length = near(80), rng.uniform(0.2, 1.2) * step, rng.uniform(0.1, 0.5) * min(size)
        line = [(x, y + swing * sin(2 * pi * x / length)) for x in range(0, size.width + 8, 8)]
        draw.line(line, fill=colour, width=step // 2)


def _town(draw: ImageDraw.ImageDraw, rng: random.Random, near: Near, size: Size) -> None:
    x = 0
    while x < size.width:
        wide, roof = rng.randint(min(size) // 12, min(size) // 5), rng.uniform(0.05, 0.6) * size.height
        draw.rectangle((x, roof, x + wide, size.height), fill=near(90))
        pane, lit = max(3, wide // 6), near(120)
        for y in range(round(roof) + pane, size.height, 2 * pane):
            for left in range(x + pane, x + wide - pane, 2 * pane):
                draw.rectangle((left, y, left + pane - 1, y + pane - 1), fill=lit)
        x += wide + 2
