"""What is this file?"""

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from danlu.kit.errors import UserError
from danlu.pipeline.inspection import inspect_path
from danlu.pipeline.pictures import Strength
from small_world import make_dataset


def facts_of(path: Path) -> dict[str, Any]:
    return {fact.key: fact.value for fact in inspect_path(path).facts}


def test_a_dataset(dataset: Path) -> None:
    facts = facts_of(dataset)
    assert (facts["pictures"], facts["captions"], facts["crops"]) == (5, 5, 0)
    assert facts["concept.小 猫🐱"]["repeats"] == 2
    assert facts["sizes"]["40x40"] == 2


def test_a_dataset_with_a_broken_picture_says_which(tmp_path: Path) -> None:
    folder = make_dataset(tmp_path / "d")
    (folder / "2_小 猫🐱" / "坏.png").write_bytes(b"\x89PNG not really")
    (problem,) = facts_of(folder)["problems"]
    assert "坏.png" in problem


def test_a_base(base_folder: Path) -> None:
    assert inspect_path(base_folder).kind == "base"
    assert facts_of(base_folder)["native_px"] == 32


@pytest.mark.parametrize("name", ["a.txt", "b.safetensors", "c.png"])
def test_what_is_nothing_is_told(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name.endswith(".png"):
        Image.new("RGB", (8, 8)).save(path)
    else:
        path.write_text("x" * 40)
    with pytest.raises(UserError, match=name):
        inspect_path(path)
    with pytest.raises(UserError, match="doesn't exist"):
        inspect_path(tmp_path / "missing")


@pytest.mark.parametrize(
    ("text", "path", "strength"),
    [
        ("a.safetensors", "a.safetensors", 1.0),
        ("a.safetensors:0.7", "a.safetensors", 0.7),
        ("C:\\x\\a.safetensors", "C:\\x\\a.safetensors", 1.0),
        ("C:\\x\\a.safetensors:-1", "C:\\x\\a.safetensors", -1.0),
        ("12:30/a", "12:30/a", 1.0),
        (":0.5", ":0.5", 1.0),
    ],
)
def test_a_weight_is_what_stands_behind_the_last_colon_if_it_is_a_number(text: str, path: str, strength: float) -> None:
    assert Strength.parse(text) == Strength(Path(path), strength)
