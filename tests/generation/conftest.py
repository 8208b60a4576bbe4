"""The tiny base, and diffusers' own pipeline of it."""

from pathlib import Path

import pytest
import torch
from diffusers import StableDiffusionPipeline

from danlu.families.base import Base
from danlu.families.find import load_base


@pytest.fixture(scope="session")
def base(base_folder: Path) -> Base:
    """The tiny base, loaded in float32."""
    return load_base(str(base_folder), dtype=torch.float32)


@pytest.fixture(scope="session")
def pipeline(base_folder: Path) -> StableDiffusionPipeline:
    """diffusers' own pipeline of the same folder."""
    made = StableDiffusionPipeline.from_pretrained(base_folder, safety_checker=None, local_files_only=True)
    made.set_progress_bar_config(disable=True)
    return made
