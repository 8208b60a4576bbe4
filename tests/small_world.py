"""A small dataset of plain pictures, and recipes for it on the tiny base: seconds on one core."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from danlu.recipe import Recipe, merge, parse_recipe

SIZES = ((40, 40), (32, 64), (64, 32))


def make_dataset(folder: Path, *, pictures: int = 5, repeats: int = 2) -> Path:
    """Pictures of noise in three shapes with captions, in a kohya folder with a space, Chinese and an emoji."""
    concept = folder / f"{repeats}_小 猫🐱"
    concept.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for number in range(pictures):
        width, height = SIZES[number % len(SIZES)]
        pixels = rng.integers(0, 255, (height // 8, width // 8, 3), dtype=np.uint8)
        Image.fromarray(pixels).resize((width, height)).save(concept / f"图 {number}.png")
        (concept / f"图 {number}.txt").write_text(f"zq, a, {'bcdefgh'[number % 7]}", encoding="utf-8")
    return folder


def make_recipe(dataset: Path, base: Path, changes: Mapping[str, Any] | None = None) -> Recipe:
    """A recipe of a few steps in float32 on one bucket or three."""
    values = {
        "dataset": {"path": str(dataset)},
        "base": {"path": str(base)},
        "adapter": {"kind": "lora", "rank": 2},
        "optimizer": {"kind": "adamw", "lr": 0.01},
        "training": {"length": "2 epochs", "batch_size": 2, "precision": "fp32", "device": "cpu"},
        "previews": {"every": "never"},
    }
    return parse_recipe(merge(values, changes or {}), "the test's recipe")
