"""The tiny base and a small dataset, once for all tests of the loop."""

from pathlib import Path

import pytest

from small_world import make_dataset
from tiny_base import make_base_folder


@pytest.fixture(scope="session")
def base_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_base_folder(tmp_path_factory.mktemp("tiny") / "base")


@pytest.fixture(scope="session")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_dataset(tmp_path_factory.mktemp("data") / "数据 集")
