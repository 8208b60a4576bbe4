"""Tiny bases of every family in both layouts, once for all tests that only read them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tiny_families import FAMILIES, make_pipeline, save_single_file


@dataclass(frozen=True)
class TinyBase:
    """One base as diffusers' pipeline, as a folder and as a file."""

    family: str
    pipeline: Any
    folder: Path
    file: Path


@pytest.fixture(scope="session", params=FAMILIES)
def tiny(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> TinyBase:
    """Each family in turn."""
    root = tmp_path_factory.mktemp(f"底模 {request.param}")
    pipeline = make_pipeline(request.param)
    pipeline.save_pretrained(root / "folder")
    return TinyBase(request.param, pipeline, root / "folder", save_single_file(pipeline, root / "file.safetensors"))
