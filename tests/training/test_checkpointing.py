"""Activations that are computed again on the way back: less is kept, nothing else changes."""

from pathlib import Path

import torch

from danlu.adapters.files import read_adapter
from danlu.families.base import Base
from danlu.families.find import load_base
from danlu.pipeline.train import train
from small_world import make_recipe


def kept_bytes(base: Base) -> int:
    """What one pass through the U-Net keeps for the way back."""
    kept: dict[int, int] = {}

    def note(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    noisy = torch.randn(2, 4, 8, 8, requires_grad=True)
    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        base.predict(noisy, torch.tensor([1, 2]), base.encode_captions(["a", "b"]))
    own = {tensor.untyped_storage().data_ptr() for tensor in base.unet.state_dict().values()}
    return sum(size for place, size in kept.items() if place not in own)


def test_less_is_kept(base_folder: Path) -> None:
    whole, seams = (load_base(str(base_folder), dtype=torch.float32) for _ in range(2))
    seams.recompute_activations()
    assert kept_bytes(seams) < kept_bytes(whole) / 3


def test_the_same_is_learnt(dataset: Path, base_folder: Path, tmp_path: Path) -> None:
    """Dropout included: what is computed again draws what it drew before."""
    hashes = set[str]()
    for again in (False, True):
        changes = {
            "adapter": {"kind": "lora", "rank": 2, "dropout": 0.3, "module_dropout": 0.2},
            "training": {"gradient_checkpointing": again},
        }
        folder, _ = train(make_recipe(dataset, base_folder, changes), tmp_path / f"run{again}")
        hashes.add(read_adapter(folder.checkpoints / "lora.safetensors").metadata["sshs_model_hash"])
    assert len(hashes) == 1
