"""WD14's preprocessing, against a few lines that follow its description literally; and broken tagger folders."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from danlu.kit.errors import UserError
from danlu.tagging.base import find_tagger
from danlu.tagging.kinds.wd14 import WD14, prepare


def noise(width: int, height: int, mode: str = "RGB") -> Image.Image:
    bands = len(mode)
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (height, width, bands), np.uint8), mode=None)


def test_bgr_and_white_padding_with_the_odd_pixel_right_and_below() -> None:
    wide = prepare(noise(8, 5), 8)
    assert wide.shape == (8, 8, 3)
    assert wide.dtype == np.float32
    expected = np.asarray(noise(8, 5))[:, :, ::-1]
    assert np.array_equal(wide[1:6], expected)  # 3 rows to add: 1 above, 2 below
    assert (wide[[0, 6, 7]] == 255).all()
    tall = prepare(noise(5, 8), 8)
    assert np.array_equal(tall[:, 1:6], np.asarray(noise(5, 8))[:, :, ::-1])
    assert (tall[:, [0, 6, 7]] == 255).all()


def test_transparency_lies_on_white() -> None:
    image = Image.new("RGBA", (8, 8), (255, 0, 0, 0))
    assert (prepare(image, 8) == 255).all()
    image = Image.new("RGBA", (8, 8), (255, 0, 0, 51))
    assert np.array_equal(np.unique(prepare(image, 8).reshape(-1, 3), axis=0), [[204, 204, 255]])
    palette = Image.new("P", (8, 8), 0)
    palette.putpalette([10, 20, 30])
    palette.info["transparency"] = 0
    assert (prepare(palette, 8) == 255).all()


def test_shrinks_by_area_and_grows_by_cubic_curves() -> None:
    blocks = np.asarray(noise(16, 16)).astype(float)[:, :, ::-1].reshape(8, 2, 8, 2, 3).mean(axis=(1, 3))
    assert np.abs(prepare(noise(16, 16), 8) - blocks).max() <= 0.5
    edge = Image.fromarray(np.repeat(np.array([[0, 0, 200, 200]], np.uint8), 4, axis=0)).convert("RGB")
    grown = prepare(edge, 8)
    assert grown.max() > 200  # a cubic curve overshoots an edge, area and linear don't


def test_scores_of_a_known_model(tagger_folder: Path) -> None:
    tagger = find_tagger(str(tagger_folder))
    scores = tagger.scores([Image.new("RGB", (20, 20), (255, 0, 51)), Image.new("RGB", (4, 8), (0, 0, 0))])
    by_tag = dict(zip([tag.name for tag in tagger.tags], scores[0].tolist(), strict=True))
    assert by_tag == pytest.approx(
        {"general": 1, "sensitive": 0, "questionable": 0, "explicit": 0}
        | {"red hair": 1, "green hair": 0, "blue hair": 0.2, "solo": 0.9, "^_^": 0.6, "miku (vocaloid)": 0.1},
        abs=1e-5,
    )
    assert scores[1][4] == pytest.approx(0.5)  # half of the padded square is white
    assert [tag.category for tag in tagger.tags] == ["rating"] * 4 + ["general"] * 5 + ["character"]
    assert tagger.scores([]).shape == (0, 10)


def test_many_pictures_in_batches(tagger_folder: Path) -> None:
    tagger = find_tagger(str(tagger_folder))
    images = [Image.new("RGB", (8, 8), (level * 6, 0, 0)) for level in range(40)]
    assert tagger.scores(images)[:, 4] == pytest.approx(np.arange(40) * 6 / 255, abs=1e-5)


def test_key_follows_the_model(tagger_folder: Path, tmp_path: Path, make_tagger_folder: Callable[..., Path]) -> None:
    key = WD14(path=tagger_folder).key
    assert key == WD14(path=make_tagger_folder(tmp_path / "copy")).key
    (tagger_folder / "model.onnx").write_bytes((tagger_folder / "model.onnx").read_bytes() + b"\0")
    assert WD14(path=tagger_folder).key != key


def test_broken_folders_are_told(tmp_path: Path, make_tagger_folder: Callable[..., Path]) -> None:
    picture = Image.new("RGB", (8, 8))
    with pytest.raises(UserError, match="doesn't exist"):
        find_tagger(str(tmp_path / "nowhere"))
    with pytest.raises(UserError, match=r"needs model\.onnx"):
        find_tagger(str(tmp_path))
    short = make_tagger_folder(tmp_path / "short", rows=7)
    with pytest.raises(UserError, match="7 tags but the model gives 10"):
        WD14(path=short).scores([picture])
    (short / "model.onnx").write_bytes(b"no model")
    with pytest.raises(UserError, match="can't be run"):
        WD14(path=short).scores([picture])
    (short / "selected_tags.csv").write_text("a,b\n1,2\n")
    with pytest.raises(UserError, match="'name' and 'category'"):
        _ = WD14(path=short).tags
    (short / "selected_tags.csv").unlink()
    with pytest.raises(UserError, match=r"no selected_tags\.csv"):
        _ = WD14(path=short).tags
    (short / "groups.json").write_text("[1]")
    with pytest.raises(UserError, match=r"groups\.json"):
        _ = WD14(path=short).groups
