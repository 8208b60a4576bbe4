"""What each kind of tagger shows its model, against the description of its format, by models that echo their input."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from danlu.kit.errors import UserError
from danlu.tagging.base import Tagger, find_tagger
from tiny_tagger import make_echo

SIDE = 8
VALUES = SIDE * SIDE * 3
Floats = "np.ndarray[Any, np.dtype[np.float32]]"


def csv_of(count: int) -> dict[str, str]:
    categories = {0: 9, 1: 4, 2: 3}
    rows = "".join(f"{number},tag_{number},{categories.get(number, 0)},1\n" for number in range(count))
    return {"selected_tags.csv": "tag_id,name,category,count\n" + rows}


def mapping_of(count: int) -> dict[str, str]:
    words = {0: "Rating", 1: "Character", 2: "Copyright", 3: "Quality"}
    entries = {
        str(number): {"tag": f"tag_{number}", "category": words.get(number, "General")} for number in range(count)
    }
    return {"tag_mapping.json": json.dumps(entries)}


def classes_of(count: int) -> dict[str, str]:
    return {"classes.json": json.dumps([f"tag_{number}" for number in range(count)])}


KINDS: dict[str, Callable[[int], dict[str, str]]] = {
    "wd14": csv_of,
    "cl_tagger": mapping_of,
    "ml_danbooru": classes_of,
}
NHWC, NCHW = ("batch", SIDE, SIDE, 3), ("batch", 3, SIDE, SIDE)


def make(folder: Path, kind: str, shape: Any = NCHW, **changes: Any) -> Tagger:
    tagger = find_tagger(str(make_echo(folder, KINDS[kind](VALUES), shape=shape, **changes)))
    assert tagger.kind == kind
    return tagger


def noise(width: int, height: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (height, width, 3), np.uint8))


def sigmoid(values: Any) -> Any:
    return 1 / (1 + np.exp(-values))


def padded(image: Image.Image) -> Any:
    """In RGB, 0 to 255, white around; one row more below than above where it doesn't come out even."""
    pixels = np.asarray(image)
    side = max(image.size)
    top, left = (side - image.height) // 2, (side - image.width) // 2
    around = ((top, side - image.height - top), (left, side - image.width - left), (0, 0))
    return np.pad(pixels, around, constant_values=255).astype(np.float32)


@pytest.mark.parametrize("size", [(8, 5), (5, 8), (8, 8)])
@pytest.mark.parametrize("shape", [NHWC, NCHW])
def test_wd14_is_shown_bgr_from_0_to_255(tmp_path: Path, size: tuple[int, int], shape: Any) -> None:
    image = noise(*size)
    bgr = padded(image)[:, :, ::-1]
    expected = bgr if shape is NHWC else bgr.transpose(2, 0, 1)
    assert np.array_equal(make(tmp_path, "wd14", shape).scores([image])[0], expected.reshape(-1))


@pytest.mark.parametrize("size", [(8, 5), (5, 8), (8, 8)])
def test_cl_tagger_is_shown_bgr_from_minus_1_to_1_channels_first_and_gives_logits(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    image = noise(*size)
    expected = (padded(image)[:, :, ::-1] / 255 - 0.5) / 0.5
    scores = make(tmp_path, "cl_tagger").scores([image])[0]
    assert scores == pytest.approx(sigmoid(expected.transpose(2, 0, 1)).reshape(-1), abs=1e-6)


def test_ml_danbooru_is_shown_rgb_from_0_to_1_stretched_and_gives_logits(tmp_path: Path) -> None:
    image = noise(20, 12)
    stretched = np.asarray(image.resize((SIDE, SIDE), Image.Resampling.BILINEAR), np.float32) / 255
    scores = make(tmp_path, "ml_danbooru").scores([image])[0]
    assert scores == pytest.approx(sigmoid(stretched.transpose(2, 0, 1)).reshape(-1), abs=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_white_lies_behind_what_is_transparent(tmp_path: Path, kind: str) -> None:
    tagger = make(tmp_path, kind)
    seen = tagger.scores([Image.new("RGBA", (SIDE, SIDE), (9, 9, 9, 0)), Image.new("RGB", (SIDE, SIDE), "white")])
    assert np.array_equal(seen[0], seen[1])


def test_cl_tagger_shrinks_by_cubic_curves(tmp_path: Path) -> None:
    image = noise(16, 16)
    small = np.asarray(image.resize((SIDE, SIDE), Image.Resampling.BICUBIC), np.float32)[:, :, ::-1] / 127.5 - 1
    scores = make(tmp_path, "cl_tagger").scores([image])[0]
    assert scores == pytest.approx(sigmoid(small.transpose(2, 0, 1)).reshape(-1), abs=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_categories_come_from_the_list(tmp_path: Path, kind: str) -> None:
    tags = make(tmp_path, kind).tags
    known = [tag.category for tag in tags[:4]]
    expected = {
        "wd14": ["rating", "character", "copyright", "general"],
        "cl_tagger": ["rating", "character", "copyright", "quality"],
        "ml_danbooru": ["general"] * 4,
    }
    assert known == expected[kind]
    assert (tags[5].name, tags[5].spelled) == ("tag 5", "tag_5")


def test_cl_taggers_other_form_and_ml_danboorus_other_form(tmp_path: Path) -> None:
    tags = {str(number): f"t_{number}" for number in range(VALUES)}
    words = {"t_0": "Character", "t_1": "Nonsense"}
    for name, content in (
        ("tag_mapping.json", {"idx_to_tag": tags, "tag_to_category": words}),
        ("classes.json", tags),
    ):
        folder = make_echo(tmp_path / name, {name: json.dumps(content)}, shape=NCHW)
        found = find_tagger(str(folder)).tags
        assert [tag.name for tag in found[:2]] == ["t 0", "t 1"]
        assert found[1].category == "general"


@pytest.mark.parametrize("kind", KINDS)
def test_models_with_a_fixed_batch_or_of_half_precision(tmp_path: Path, kind: str) -> None:
    images = [noise(8, height) for height in (3, 8, 5, 6, 7)]
    plain = make(tmp_path / "plain", kind).scores(images)
    fixed = make(tmp_path / "fixed", kind, (2, *NCHW[1:])).scores(images)
    half = make(tmp_path / "half", kind, half=True).scores(images)
    assert np.array_equal(fixed, plain)
    assert half == pytest.approx(plain, rel=2e-3)


def test_a_model_that_takes_any_side_gets_448(tmp_path: Path) -> None:
    folder = make_echo(tmp_path, csv_of(448 * 448 * 3), shape=("batch", "height", "width", 3))
    assert find_tagger(str(folder)).prepare(noise(8, 8)).shape == (448, 448, 3)


def test_a_model_may_have_any_name_but_must_be_the_only_one(tmp_path: Path) -> None:
    tagger = make(tmp_path, "ml_danbooru", name="ml_caformer_m36.onnx")
    assert tagger.scores([noise(8, 8)]).shape == (1, VALUES)
    make_echo(tmp_path, {}, shape=NCHW, name="TResnet-D.onnx")
    with pytest.raises(UserError, match="several models"):
        _ = tagger.key
    make_echo(tmp_path, {}, shape=NCHW)
    assert tagger.key


def test_a_tag_list_of_another_make_is_not_taken_for_wd14s(tmp_path: Path) -> None:
    make_echo(tmp_path, csv_of(VALUES) | {"preprocess.json": "{}"}, shape=NCHW)
    with pytest.raises(UserError, match="no tagger that Danlu knows"):
        find_tagger(str(tmp_path))


@pytest.mark.parametrize(
    ("kind", "text"),
    [("cl_tagger", "[]"), ("cl_tagger", '{"1": {"tag": "a", "category": "General"}}'), ("ml_danbooru", '{"a": 1}')],
)
def test_broken_lists_are_told(tmp_path: Path, kind: str, text: str) -> None:
    tagger = make(tmp_path, kind)
    (tmp_path / next(iter(KINDS[kind](1)))).write_text(text)
    with pytest.raises(UserError, match="isn't"):
        _ = tagger.tags


def test_models_that_show_no_pictures_are_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="has the shape"):
        make(tmp_path, "wd14", ("batch", SIDE, SIDE, 4)).scores([noise(8, 8)])
