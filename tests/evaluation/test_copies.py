"""Copies are told from new pictures of the same subject."""

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw

from danlu.evaluation.copies import copied, distance, view, view_training

MOUTHS = ("smile", "open", "flat")
BACKGROUNDS = ((82, 163, 234), (102, 194, 108), (249, 169, 205), (255, 222, 89), (160, 112, 214))


def portrait(mouth: str, background: tuple[int, int, int], *, at: tuple[int, int] = (0, 0)) -> Image.Image:
    """A flat drawn face, 128 px, drawn larger and shrunk for smooth edges."""
    image = Image.new("RGB", (512, 512), background)
    pen = ImageDraw.Draw(image)
    x, y = at[0] * 4, at[1] * 4
    pen.rectangle((120 + x, 380 + y, 400 + x, 512), fill=(214, 40, 40))
    pen.ellipse((150 + x, 120 + y, 370 + x, 420 + y), fill=(247, 207, 182))
    pen.pieslice((130 + x, 80 + y, 390 + x, 330 + y), 180, 360, fill=(29, 26, 31))
    for eye in (210, 290):
        pen.ellipse((eye + x, 240 + y, eye + 24 + x, 264 + y), fill=(20, 20, 20))
    box = (215 + x, 310 + y, 305 + x, 370 + y)
    if mouth == "smile":
        pen.chord(box, 0, 180, fill=(255, 255, 255), outline=(120, 20, 20), width=8)
    elif mouth == "open":
        pen.ellipse(box, fill=(120, 20, 20))
    else:
        pen.line((220 + x, 345 + y, 300 + x, 345 + y), fill=(120, 20, 20), width=10)
    return image.resize((128, 128), Image.Resampling.LANCZOS)


def again(image: Image.Image, seed: int) -> Image.Image:
    """The same picture shifted by up to 2 px, softened, with noise, and through JPEG."""
    rng = np.random.default_rng(seed)
    pixels = np.asarray(image.resize((124, 124)).resize((128, 128)), float) + rng.normal(0, 5, (128, 128, 3))
    down, right = rng.integers(-2, 3, 2)
    pixels = np.pad(pixels, ((4, 4), (4, 4), (0, 0)), "edge")[4 + down : 132 + down, 4 + right : 132 + right]
    stream = io.BytesIO()
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(stream, "JPEG", quality=60)
    with Image.open(stream) as read:
        return read.convert("RGB")


TRAINING = [
    portrait(MOUTHS[number % 3], background, at=(number * 2 - 4, number % 2 * 3))
    for number, background in enumerate(BACKGROUNDS)
]
KNOWN = view_training(TRAINING)


def test_near_copies_are_flagged() -> None:
    assert copied([again(picture, seed) for seed in range(4) for picture in TRAINING], KNOWN) == [True] * 20


def test_new_pictures_of_the_same_subject_are_not() -> None:
    new = [
        portrait(MOUTHS[(number + 1) % 3], background, at=at)
        for number, background in enumerate(BACKGROUNDS)
        for at in [(4, 0), (-3, 4)]
    ]
    assert sum(copied(new, KNOWN)) <= 1


def test_the_same_background_with_another_face_is_no_copy() -> None:
    new = [
        portrait(MOUTHS[(number + 1) % 3], background, at=(number * 2 - 4, number % 2 * 3))
        for number, background in enumerate(BACKGROUNDS)
    ]
    assert sum(copied(new, KNOWN)) <= 1


def test_a_picture_that_has_a_twin_in_the_set_is_copied_only_by_something_nearer() -> None:
    twins = view_training([TRAINING[0], again(TRAINING[0], 1)])
    assert copied([TRAINING[0]], twins) == [True]
    assert copied([TRAINING[1]], twins) == [False]


def test_distance_is_a_bounded_symmetric_measure() -> None:
    views = [view(picture) for picture in TRAINING]
    for one in views:
        assert distance(one, one) == pytest.approx(0, abs=1e-3)
        for other in views:
            assert 0 <= distance(one, other) <= 1
            assert distance(one, other) == pytest.approx(distance(other, one), abs=1e-5)


def test_few_training_pictures() -> None:
    assert copied(TRAINING, view_training([])) == [False] * 5
    assert copied([again(TRAINING[0], 3), TRAINING[1]], view_training(TRAINING[:1])) == [True, False]


def test_views_of_a_picture_dont_hide_its_copies() -> None:
    """A second view that is nearly the picture would be its nearest neighbour, nearer than any copy."""
    twice = [*TRAINING, *TRAINING]
    files = [*range(len(TRAINING))] * 2
    copies = [again(picture, 1) for picture in TRAINING]
    assert copied(copies, view_training(twice, files)) == [True] * 5
    assert copied(copies, view_training(twice)) == [False] * 5
