"""Every adapter kind goes through a run: it learns, and its file says what it is."""

import json
from pathlib import Path

import pytest
import torch

from adapter_variants import KINDS
from danlu.adapters.files import kind_in, read_adapter
from danlu.adapters.injection import applied
from danlu.adapters.ranked import Ranked
from danlu.families.find import load_base
from danlu.pipeline.train import train
from small_world import make_recipe

FILES = {"full": "full + norm", "locon": "locon + lora", "dylora": "lora"}
"""What a file is told to be where it isn't its kind: LoCon's linear layers, and the whole of a DyLoRA, are LoRAs."""


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_of_each_kind(kind: str, dataset: Path, base_folder: Path, tmp_path: Path) -> None:
    settings = {"rank": 4} if issubclass(KINDS[kind], Ranked) else {}
    changes = {"adapter": {"kind": kind, **settings}, "training": {"length": "1 epoch"}}
    folder, outcome = train(make_recipe(dataset, base_folder, changes), tmp_path / "run")
    assert outcome == "finished"
    file = read_adapter(folder.checkpoints / "lora.safetensors")
    assert kind_in(file) == FILES.get(kind, kind)
    network = KINDS[kind](**settings).network()
    assert file.metadata["ss_network_module"] == network.module
    assert json.loads(file.metadata["ss_network_args"]) == network.args
    assert file.metadata["ss_network_dim"] == str(network.dim)
    base = load_base(str(base_folder), dtype=torch.float32)
    noisy, context = torch.randn(1, 4, 8, 8), base.encode_captions(["zq, a"])
    with torch.no_grad():
        before = base.predict(noisy, torch.tensor([500]), context)
        with applied(base, [(file, 1.0)]):
            after = base.predict(noisy, torch.tensor([500]), base.encode_captions(["zq, a"]))
    assert after.isfinite().all()
    assert (after - before).norm() > 1e-4 * before.norm()
