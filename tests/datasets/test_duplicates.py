"""Near-duplicates are found however they were made, and different pictures of one subject are kept apart."""

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from time import perf_counter

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageFilter

from danlu.datasets.duplicates import ALIKE, NEAR, Floats, group_duplicates, group_glances
from danlu.datasets.pictures import Box, Picture, Size
from danlu.kit.errors import UserError
from danlu.kit.places import data_folder

SAMPLES = sorted((data_folder() / "samples" / "character").glob("*.png"))[:6]


def recompressed(image: Image.Image) -> Image.Image:
    content = io.BytesIO()
    image.save(content, "JPEG", quality=40)
    return Image.open(content).convert("RGB")


def closer(image: Image.Image) -> Image.Image:
    """Without 3 % at each side."""
    x, y = image.width * 3 // 100, image.height * 3 // 100
    return image.crop((x, y, image.width - x, image.height - y))


CHANGES: list[Callable[[Image.Image], Image.Image]] = [
    recompressed,
    closer,
    lambda image: image.filter(ImageFilter.GaussianBlur(2)),
    lambda image: image.resize((image.width // 2, image.height // 2)),
    lambda image: image.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    lambda image: ImageEnhance.Brightness(image).enhance(1.05),
]


def picture_at(path: Path) -> Picture:
    with Image.open(path) as image:
        return Picture(path, path.name, 0, Size(*image.size), 1, None, None)


@pytest.mark.parametrize("change", CHANGES)
def test_changed_copies_stay_with_their_original(tmp_path: Path, change: Callable[[Image.Image], Image.Image]) -> None:
    paths = list(SAMPLES)
    for path in SAMPLES[:3]:
        with Image.open(path) as image:
            change(image.convert("RGB")).save(tmp_path / path.name)
        paths.append(tmp_path / path.name)
    assert group_duplicates([picture_at(path) for path in paths]) == [[0, 6], [1, 7], [2, 8], [3], [4], [5]]


def test_different_figures_before_the_same_wall_are_kept_apart() -> None:
    """Most of these pictures is one colour, so that they differ little on the whole."""
    style = sorted((data_folder() / "samples" / "style").glob("*.png"))
    assert group_duplicates([picture_at(path) for path in style]) == [[index] for index in range(len(style))]


def test_a_chain_of_neighbours_is_one_group(tmp_path: Path) -> None:
    pictures = []
    stripes = np.repeat(np.array([[0, 150], [150, 0]], np.uint8), 16, axis=0).repeat(16, axis=1)
    for number in range(4):
        Image.fromarray(stripes + np.uint8(33 * number)).convert("RGB").save(tmp_path / f"{number}.png")
        pictures.append(picture_at(tmp_path / f"{number}.png"))
    assert group_duplicates(pictures) == [[0, 1, 2, 3]]
    assert group_duplicates([pictures[0], pictures[3]]) == [[0], [1]]


def test_what_counts_is_the_crop(tmp_path: Path) -> None:
    """Also from the cache: the second time the file isn't decoded, and another crop isn't taken for it."""
    pixels = np.zeros((32, 64, 3), np.uint8)
    pixels[:, 32:] = 255
    Image.fromarray(pixels).save(tmp_path / "a.png")
    whole = picture_at(tmp_path / "a.png")
    left, right = replace(whole, crop=Box(0, 0, 32, 32)), replace(whole, crop=Box(32, 0, 64, 32))
    for _ in range(2):
        assert group_duplicates([whole, left, right]) == [[0], [1], [2]]
        assert group_duplicates([left, replace(left, crop=Box(1, 0, 31, 32))]) == [[0, 1]]


def test_a_picture_that_breaks_off_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(SAMPLES[0].read_bytes()[:-200])
    with pytest.raises(UserError, match=r"a\.png"):
        group_duplicates([picture_at(path)])


def brute(glances: list[Floats]) -> list[list[int]]:
    """All pairs, as the definition says it."""
    first = list(range(len(glances)))
    for index, glance in enumerate(glances):
        for other in range(index):
            for seen in (glances[other], glances[other][:, ::-1]):
                apart = seen - glance
                contrast = max(min(np.sqrt(one.var(axis=(0, 1)).mean()) for one in (glances[other], glance)), 2.0)
                if np.abs(apart).mean() < NEAR and np.sqrt(np.square(apart).mean()) < ALIKE * contrast:
                    one, two = sorted((first[other], first[index]))
                    first = [one if each == two else each for each in first]
    return [[i for i, each in enumerate(first) if each == group] for group in sorted(set(first))]


@pytest.mark.parametrize("seed", range(3))
def test_what_is_ruled_out_unseen_was_no_near_duplicate(seed: int) -> None:
    """Families of glances at all distances around the limits, mirrored ones among them."""
    rng = np.random.default_rng(seed)
    bases = [rng.normal(50, 12, (16, 16, 3)).astype(np.float32) for _ in range(4)]
    glances = list(bases)
    for _ in range(60):
        one = bases[rng.integers(4)] + rng.normal(0, rng.uniform(0, 9), (16, 16, 3)).astype(np.float32)
        one = one + np.float32(rng.uniform(-6, 6))
        glances.append(one[:, ::-1] if rng.random() < 0.5 else one)
    found = group_glances(glances)
    assert found == brute(glances) and 4 < len(found) < 60


def test_thousands_of_the_same_or_of_others_take_a_moment() -> None:
    rng = np.random.default_rng(0)
    same = [np.float32(50) + rng.normal(0, 5, (16, 16, 3)).astype(np.float32)] * 1000
    others = list(np.kron(rng.normal(50, 15, (800, 4, 4, 3)), np.ones((1, 4, 4, 1))).astype(np.float32))
    start = perf_counter()
    assert len(group_glances(same)) == 1 and len(group_glances(others)) == 800
    assert perf_counter() - start < 10
