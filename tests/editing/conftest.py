"""A dataset with the captions that a test needs."""

from collections.abc import Callable
from pathlib import Path

import pytest

from captioned import write_dataset
from danlu.datasets.pictures import Dataset


@pytest.fixture
def make_dataset(tmp_path: Path) -> Callable[..., Dataset]:
    """`make_dataset({"a.png": "smile"}, manifest="")` in the folder 数据."""
    return lambda captions, manifest="": write_dataset(tmp_path / "数据", captions, manifest)
