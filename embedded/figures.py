"""Pictures of figures at random places, whose boxes are known: what the face finder is trained on.

In: portraits drawn without a background (RGBA), one array a style. Out: pictures of 192 × 192 (of any shape, padded
grey) with the boxes of heads and of whole figures. Busts stand on the lower edge or float; some get a body and legs.
Grounds are plain, sloping, noisy, patterned or cluttered. Everything follows from a seed.
"""

import math
import random
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

SIDE = 192
CHIN = {"micah": 0.76, "personas": 0.74, "toon-head": 0.76, "big-smile": 1.0, "open-peeps": 0.8}
"""Where a style's head ends, as a part of the drawing's height; seen on sheets of each style."""
Pixels = NDArray[np.uint8]
Bounds = tuple[float, float, float, float]


@dataclass(frozen=True)
class Figure:
    """A figure cut out: RGBA, tight around what is seen, and the box of its head in it."""

    image: Image.Image
    head: Bounds


@dataclass(frozen=True)
class Scene:
    """One picture: (192, 192, 3), and for each figure the boxes of head and whole, in its pixels."""

    pixels: Pixels
    heads: list[Bounds]
    wholes: list[Bounds]


def cut_out(drawing: Pixels, style: str) -> Figure:
    """A drawing (H, W, 4) without the empty space around it."""
    seen = drawing[..., 3] > 100
    left, top, right, bottom = bounds(seen)
    chin = round(CHIN[style] * len(drawing))
    head_left, head_top, head_right, head_bottom = bounds(seen[:chin])
    head = (head_left - left, head_top - top, head_right - left, head_bottom - top)
    return Figure(Image.fromarray(drawing).crop((left, top, right, bottom)), head)


def bounds(seen: NDArray[np.bool_]) -> tuple[int, int, int, int]:
    """The tight box around what is true."""
    columns, rows = np.flatnonzero(seen.any(axis=0)), np.flatnonzero(seen.any(axis=1))
    return int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1


def with_body(figure: Figure, rng: random.Random) -> Figure:
    """The bust on a body with arms and legs, three to seven heads tall in all."""
    bust = figure.image
    head_height = figure.head[3] - figure.head[1]
    total = max(bust.height + 10, round(head_height * rng.uniform(2.6, 7.0)))
    lowest = np.asarray(bust)[-3:, :, 3].max(axis=0) > 100
    edge = np.flatnonzero(lowest) if lowest.any() else np.array([bust.width // 3, 2 * bust.width // 3])
    wide = max(14, int(edge[-1] - edge[0])) if figure.head[3] < bust.height - 2 else round(bust.width * 0.8)
    middle = (int(edge[0]) + int(edge[-1])) / 2
    spare = round(0.9 * wide)
    canvas = Image.new("RGBA", (bust.width + 2 * spare, total), (0, 0, 0, 0))
    draw = ImageDraw.Draw(canvas)
    _draw_body(draw, rng, (middle + spare, bust.height - 6, wide, total))
    canvas.alpha_composite(bust, (spare, 0))
    left, top, right, bottom = bounds(np.asarray(canvas)[..., 3] > 100)
    head = figure.head
    moved = (head[0] + spare - left, head[1] - top, head[2] + spare - left, head[3] - top)
    return Figure(canvas.crop((left, top, right, bottom)), moved)


def _draw_body(draw: ImageDraw.ImageDraw, rng: random.Random, place: tuple[float, float, float, float]) -> None:
    """Torso, arms, then legs or a skirt, from the bust's lower edge down to the end; `place`: middle, top, width,
    end.
    """
    middle, top, wide, end = place
    shirt, trousers, skin, shoes = (_colour(rng) for _ in range(4))
    outline = (20, 20, 24, 255) if rng.random() < 0.4 else None
    hip = top + (end - top) * rng.uniform(0.35, 0.6)
    waist = wide * rng.uniform(0.55, 1.0)
    spread = wide * rng.uniform(0.0, 0.55)
    arm = wide * rng.uniform(0.16, 0.26)
    for side in (-1, 1):
        shoulder = middle + side * (wide / 2 - arm / 2)
        hand = (shoulder + side * spread, hip + (end - hip) * rng.uniform(-0.2, 0.2))
        draw.line([(shoulder, top + arm / 2), hand], fill=shirt, width=max(2, round(arm)))
        draw.ellipse((hand[0] - arm / 2, hand[1] - arm / 2, hand[0] + arm / 2, hand[1] + arm / 2), fill=skin)
    corners = [(-wide / 2, top), (wide / 2, top), (waist / 2, hip), (-waist / 2, hip)]
    draw.polygon([(middle + x, y) for x, y in corners], fill=shirt, outline=outline)
    if rng.random() < 0.35:
        hem = hip + (end - hip) * rng.uniform(0.3, 0.95)
        flare = waist * rng.uniform(0.5, 1.0)
        skirt = [(middle - waist / 2, hip), (middle + waist / 2, hip), (middle + flare, hem), (middle - flare, hem)]
    else:
        hem, skirt = hip, []
    leg = waist * rng.uniform(0.25, 0.45)
    stance = rng.uniform(0.0, 0.35) * waist
    for side in (-1, 1):
        foot = middle + side * (waist / 2 - leg / 2 + stance)
        draw.line([(middle + side * (waist / 2 - leg / 2), hip), (foot, end - 5)], fill=trousers, width=round(leg))
        draw.ellipse((foot - leg * 0.7, end - leg * 0.5, foot + leg * 0.7, end), fill=shoes)
    if skirt:
        draw.polygon(skirt, fill=shirt, outline=outline)


def _colour(rng: random.Random) -> tuple[int, int, int, int]:
    return (rng.randrange(256), rng.randrange(256), rng.randrange(256), 255)


# ---------------------------------------------------------------- grounds


def draw_ground(rng: random.Random, width: int, height: int) -> Image.Image:
    """A background of a random kind."""
    noise = np.random.default_rng(rng.randrange(2**32))
    kind = rng.choices(("plain", "slope", "noise", "pattern", "clutter"), (3, 2, 2, 3, 5))[0]
    ground = Image.new("RGB", (width, height), _colour(rng)[:3])
    if kind == "slope":
        corners = noise.integers(0, 256, (2, 2, 3), dtype=np.uint8)
        ground = Image.fromarray(corners).resize((width, height), Image.Resampling.BICUBIC)
    elif kind == "noise":
        cells = rng.choice((3, 6, 12, 40))
        blobs = noise.integers(0, 256, (cells, cells, 3), dtype=np.uint8)
        ground = Image.blend(ground, Image.fromarray(blobs).resize((width, height), Image.Resampling.BICUBIC),
                             rng.uniform(0.2, 1.0))  # fmt: skip
    elif kind == "pattern":
        _draw_pattern(ImageDraw.Draw(ground), rng, width, height)
    elif kind == "clutter":
        _draw_clutter(ImageDraw.Draw(ground), rng, width, height)
        if rng.random() < 0.4:
            ground = ground.filter(ImageFilter.GaussianBlur(rng.uniform(0.5, 6)))
    return ground


def _draw_pattern(draw: ImageDraw.ImageDraw, rng: random.Random, width: int, height: int) -> None:
    step, colour = rng.randint(6, 48), _colour(rng)
    kind = rng.choice(("stripes", "slanted", "checks", "dots"))
    if kind in ("stripes", "slanted"):
        lean = rng.choice((-1, 1)) * height if kind == "slanted" else 0
        for x in range(-height, width + height, step):
            draw.line([(x, 0), (x + lean, height)], fill=colour, width=max(1, step // 2))
        return
    for row, y in enumerate(range(0, height, step)):
        for column, x in enumerate(range(0, width, step)):
            if kind == "dots":
                draw.ellipse((x, y, x + step * 0.6, y + step * 0.6), fill=colour)
            elif (row + column) % 2:
                draw.rectangle((x, y, x + step, y + step), fill=colour)


def _draw_clutter(draw: ImageDraw.ImageDraw, rng: random.Random, width: int, height: int) -> None:
    """Shapes of all sizes, also round ones with marks in them: what a careless finder takes for a face."""
    for _ in range(rng.randint(4, 60)):
        x, y = rng.uniform(-20, width), rng.uniform(-20, height)
        w, h = (rng.uniform(0.03, 0.5) ** 1.3 * width + 3 for _ in range(2))
        colour = _colour(rng)
        kind = rng.choice(("ellipse", "rectangle", "line", "polygon", "marked"))
        if kind == "line":
            draw.line([(x, y), (x + w * rng.choice((-1, 1)), y + h)], fill=colour, width=rng.randint(1, 8))
        elif kind == "polygon":
            points = [(x + rng.uniform(0, w), y + rng.uniform(0, h)) for _ in range(rng.randint(3, 7))]
            draw.polygon(points, fill=colour)
        elif kind == "rectangle":
            draw.rectangle((x, y, x + w, y + h), fill=colour)
        else:
            draw.ellipse((x, y, x + w, y + h), fill=colour)
        if kind == "marked":
            for _ in range(rng.randint(1, 3)):
                u, v = x + rng.uniform(0.1, 0.8) * w, y + rng.uniform(0.1, 0.8) * h
                draw.ellipse((u, v, u + w / 8, v + h / 8), fill=_colour(rng))


# ---------------------------------------------------------------- pictures


def draw_scene(figures: list[Figure], rng: random.Random) -> Scene:
    """A picture of none, one or some figures; `figures` are what there is to choose from."""
    aspect = math.exp(rng.uniform(-1.1, 1.1))
    width, height = (SIDE, round(SIDE / aspect)) if aspect >= 1 else (round(SIDE * aspect), SIDE)
    picture = draw_ground(rng, width, height)
    count = rng.choices((0, 1, 2, 3), (1, 8, 1.2, 0.4))[0]
    heads: list[Bounds] = []
    wholes: list[Bounds] = []
    for _ in range(count):
        figure = rng.choice(figures)
        if rng.random() < 0.5:
            figure = with_body(figure, rng)
        _place(picture, figure, rng, (heads, wholes))
    pixels = np.full((SIDE, SIDE, 3), 128, np.uint8)
    pixels[:height, :width] = np.asarray(picture)
    return Scene(pixels, heads, wholes)


def _place(picture: Image.Image, figure: Figure, rng: random.Random, boxes: tuple[list[Bounds], list[Bounds]]) -> None:
    """Put a figure into a picture, mirrored or not, in its own or other colours; sometimes its feet are outside."""
    width, height = picture.size
    image, head = figure.image, figure.head
    fit = min(width / image.width, height / image.height)
    scale = fit * rng.uniform(0.35, 1.0) if rng.random() < 0.8 else fit * rng.uniform(1.0, 1.8)
    scale = max(scale, 14 / (head[3] - head[1]))
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    image = image.resize(size, Image.Resampling.BOX if scale < 1 else Image.Resampling.BICUBIC)
    head = tuple(edge * scale for edge in head)
    if rng.random() < 0.5:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        head = (image.width - head[2], head[1], image.width - head[0], head[3])
    if rng.random() < 0.7:
        image = recolour(image, rng)
    x = round(rng.uniform(min(0, width - image.width), max(0, width - image.width)))
    y = round(rng.uniform(0, max(0, height - image.height)))
    if image.height < height and rng.random() < 0.4:
        y = height - image.height
    whole = _clip((x, y, x + image.width, y + image.height), picture.size)
    moved = _clip((head[0] + x, head[1] + y, head[2] + x, head[3] + y), picture.size)
    if any(overlap(whole, other) > 0.35 for other in boxes[1]):
        return
    picture.paste(image, (x, y), image)
    if rng.random() < 0.08:
        picture.paste(picture.convert("L").convert("RGB"))
    boxes[0].append(moved)
    boxes[1].append(whole)


def _clip(box: tuple[float, ...], size: tuple[int, int]) -> Bounds:
    return (max(0.0, box[0]), max(0.0, box[1]), min(float(size[0]), box[2]), min(float(size[1]), box[3]))


def overlap(one: Bounds, two: Bounds) -> float:
    """The part of the smaller box that the two share."""
    width, height = min(one[2], two[2]) - max(one[0], two[0]), min(one[3], two[3]) - max(one[1], two[1])
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, two)]
    return max(0.0, width) * max(0.0, height) / max(1.0, min(areas))


def recolour(image: Image.Image, rng: random.Random) -> Image.Image:
    """Other hues and contrasts, so that no skin or hair colour is what tells a head."""
    rgb = np.asarray(image).astype(np.float32)
    turned = rgb[..., rng.sample(range(3), 3)] if rng.random() < 0.5 else rgb[..., :3]
    gain = np.array([rng.uniform(0.6, 1.3) for _ in range(3)], np.float32)
    rgb[..., :3] = (turned * gain + rng.uniform(-30, 30)).clip(0, 255)
    return Image.fromarray(rgb.astype(np.uint8))
