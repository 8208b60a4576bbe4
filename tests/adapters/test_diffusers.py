"""What diffusers draws with files of the kinds that it reads: on the embedded base, the previews that Danlu drew.

It reads products of two matrices. LoHa, LoKr, (IA)³, OFT and Tucker cores it doesn't, and DoRA's magnitudes it leaves
out with a warning, whichever axis they lie along.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from danlu.families.find import find_base
from danlu.kit.places import EMBEDDED_BASE
from danlu.pipeline.train import train
from diffusers_pictures import largest_difference
from small_world import make_recipe

READ: dict[str, dict[str, Any]] = {
    "lora": {"kind": "lora", "rs_lora": True},
    "locon": {"kind": "locon", "conv_rank": 2},
    "dylora": {"kind": "dylora", "unit": 2},
}
FAST: dict[str, Any] = {
    "training": {"length": "3 steps"},
    "previews": {"every": "3 steps", "steps": 3, "prompts": ["mychar, smile"], "size": "64x64"},
}


@pytest.mark.parametrize("kind", READ)
def test_diffusers_draws_the_same(kind: str, dataset: Path, tmp_path: Path) -> None:
    changes = {**FAST, "adapter": {"rank": 4, "alpha": 4, **READ[kind]}, "optimizer": {"lr": 0.02}}
    folder, _ = train(make_recipe(dataset, Path(EMBEDDED_BASE), changes), tmp_path / "run")
    file = folder.checkpoints / "lora.safetensors"
    alone, drawn = (folder.preview_folder(epoch) / "01.png" for epoch in (None, 1))
    assert largest_difference(find_base(EMBEDDED_BASE)[1].path, file, [drawn]) <= 2
    assert np.abs(np.asarray(Image.open(alone), float) - np.asarray(Image.open(drawn), float)).max() > 10
