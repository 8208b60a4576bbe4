"""Renditions: mirrored pixels of the same part, colours that move a little, warnings where a side matters."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from danlu.datasets.asymmetry import tell_asymmetry
from danlu.datasets.augmentation import (
    AS_IT_IS,
    AugmentationConfig,
    Rendition,
    render_picture,
    renditions,
    vary_colours,
)
from danlu.datasets.framing import framing_of
from danlu.datasets.pictures import Box, Concept, Dataset, Picture, Size
from danlu.kit.language import Text
from danlu.training.randomness import draw_rendition


def save(path: Path, pixels: np.ndarray) -> Picture:
    Image.fromarray(pixels).save(path)
    return Picture(path, path.name, 0, Size(pixels.shape[1], pixels.shape[0]), 1, None, None)


def noise(width: int, height: int) -> np.ndarray:
    return np.random.default_rng(width).integers(0, 256, (height, width, 3), dtype=np.uint8)


def test_the_renditions_of_each_setting() -> None:
    assert renditions(AugmentationConfig()) == [AS_IT_IS]
    assert renditions(AugmentationConfig(flip=True)) == [AS_IT_IS, Rendition(flipped=True)]
    both = renditions(AugmentationConfig(flip=True, colours=2))
    assert both[0] == AS_IT_IS and len(set(both)) == 6


@given(st.integers(20, 70), st.integers(20, 70), st.data())
def test_a_flipped_rendition_is_that_of_the_flipped_picture(
    tmp_path_factory: pytest.TempPathFactory, width: int, height: int, data: st.DataObject
) -> None:
    """Whatever its crop box: what is shown is the same part, the other way round; SDXL is told the same of both."""
    folder = tmp_path_factory.mktemp("f")
    left, right = sorted(data.draw(st.lists(st.integers(0, width), min_size=2, max_size=2, unique=True)))
    top, bottom = sorted(data.draw(st.lists(st.integers(0, height), min_size=2, max_size=2, unique=True)))
    bucket = Size(data.draw(st.sampled_from([16, 24])), data.draw(st.sampled_from([16, 24])))
    pixels = noise(width, height)
    there = save(folder / "a.png", pixels)
    there = Picture(there.path, "a.png", 0, there.size, 1, None, Box(left, top, right, bottom))
    mirrored = save(folder / "b.png", pixels[:, ::-1])
    mirrored = Picture(mirrored.path, "b.png", 0, there.size, 1, None, Box(width - right, top, width - left, bottom))
    one = np.asarray(render_picture(there, bucket, Rendition(flipped=True)), int)
    other = np.asarray(render_picture(mirrored, bucket), int)
    assert np.abs(one - other).max() <= 1  # Lanczos' weights are rounded the other way round
    assert framing_of(there, bucket, flipped=True) == framing_of(mirrored, bucket)


@given(st.text(max_size=5))
def test_colourings_move_colours_a_little_and_leave_grey_grey(key: str) -> None:
    picture = Image.fromarray(noise(24, 24))
    varied = np.asarray(vary_colours(picture, key), int)
    assert np.array_equal(varied, np.asarray(vary_colours(picture, key)))
    change = np.abs(varied - np.asarray(picture, int))
    assert change.mean() < 40
    assert np.abs(varied.max(axis=2) - np.asarray(picture, int).max(axis=2)).max() <= 8  # brightness stays about
    grey = np.asarray(vary_colours(Image.new("RGB", (4, 4), (100, 100, 100)), key), int)
    assert (grey == grey[..., :1]).all() and 90 < grey[0, 0, 0] < 110


def test_colourings_of_a_picture_differ_and_depend_on_its_content_alone(tmp_path: Path) -> None:
    one, other = save(tmp_path / "a.png", noise(16, 16)), save(tmp_path / "b.png", noise(16, 16))
    shown = [render_picture(one, Size(16, 16), Rendition(colours=number)).tobytes() for number in range(6)]
    assert len(set(shown)) == 6
    assert shown == [render_picture(other, Size(16, 16), Rendition(colours=number)).tobytes() for number in range(6)]


def test_each_showing_draws_by_its_place_alone() -> None:
    config = AugmentationConfig(flip=True, colours=3)
    drawn = [draw_rendition(config, seed=1, epoch=epoch, place=place) for epoch in range(20) for place in range(150)]
    counts = Counter(drawn)
    assert counts.keys() == set(renditions(config))
    assert sum(count for one, count in counts.items() if one.flipped) == pytest.approx(1500, abs=110)
    assert sum(count for one, count in counts.items() if one.colours) == pytest.approx(1000, abs=110)
    assert drawn[321] == draw_rendition(config, seed=1, epoch=2, place=21)
    plain = [draw_rendition(AugmentationConfig(flip=True), seed=1, epoch=0, place=place) for place in range(150)]
    assert plain == [Rendition(one.flipped) for one in drawn[:150]]  # colours change nothing else


def warnings_of(caption: str, traits: tuple[str, ...] = (), *, flip: bool = True) -> list[Text]:
    concept = Concept("hero", 1, "zq", False, traits)
    picture = Picture(Path("a.png"), "a.png", 0, Size(8, 8), 1, caption, None)
    return tell_asymmetry(Dataset(Path(), (concept,), (picture,), ()), AugmentationConfig(flip=flip))


@pytest.mark.parametrize(
    ("caption", "word"),
    [("zq, looking to the Left", "Left"), ("zq, one eye closed", "one eye"), ("zq, 左手拿剑", "左"), ("text", "text")],
)
def test_captions_with_sides_are_told(caption: str, word: str) -> None:
    (warning,) = warnings_of(caption)
    assert f"'a.png' of \"{word}\"" in warning.en and word in warning.zh
    assert warnings_of(caption, flip=False) == []


def test_traits_with_sides_are_told_and_other_words_are_not() -> None:
    (warning,) = warnings_of("zq", ("red hair", "heterochromia"))
    assert "'hero' of \"heterochromia\"" in warning.en
    assert warnings_of("zq, bright, copyright, texture, someone eyes it") == []
