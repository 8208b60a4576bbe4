"""Regularization pictures take part in training, and their error counts as much as the prior weight says."""

import json
from collections import Counter
from pathlib import Path

from danlu.adapters.files import read_adapter
from danlu.pipeline.train import train
from danlu.rundir.events import Step
from danlu.rundir.journal import read_journal
from danlu.rundir.layout import RunFolder
from small_world import make_dataset, make_recipe


def test_the_error_of_every_second_image_is_weighted(dataset: Path, base_folder: Path, tmp_path: Path) -> None:
    others = make_dataset(tmp_path / "others", pictures=3, repeats=1)

    def run(weight: float) -> RunFolder:
        changes = {
            "dataset": {"regularization": str(others)},
            "objective": {"prior_weight": weight},
            "optimizer": {"kind": "adamw", "lr": 1e-12},  # so that the errors themselves stay the same
            "training": {"length": "1 epoch", "batch_size": 1},
        }
        return train(make_recipe(dataset, base_folder, changes), tmp_path / f"run{weight}")[0]

    whole, light = run(1.0), run(0.25)
    losses = [
        [event.loss for event in read_journal(folder.journal) if isinstance(event, Step)] for folder in (whole, light)
    ]
    ratios = Counter(round(weighted / plain, 4) for plain, weighted in zip(*losses, strict=True))
    assert ratios == {1.0: 10, 0.25: 10}
    metadata = read_adapter(light.checkpoints / "lora.safetensors").metadata
    assert (metadata["ss_num_train_images"], metadata["ss_num_reg_images"]) == ("10", "10")
    assert metadata["ss_prior_loss_weight"] == "0.25"
    assert str(tmp_path) not in json.dumps(metadata)
