"""A small tagger and a cache of its own for every test."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tiny_tagger import make_tagger


@pytest.fixture
def tagger_folder(tmp_path: Path) -> Path:
    """A tagger without groups."""
    return make_tagger(tmp_path / "打标 tagger")


@pytest.fixture
def make_tagger_folder() -> Callable[..., Path]:
    """`make_tagger`."""
    return make_tagger


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache for this test only."""
    monkeypatch.setenv("DANLU_CACHE", str(tmp_path / "缓存"))
    return tmp_path / "缓存"
