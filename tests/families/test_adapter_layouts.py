"""Adapter files of every family between kohya's layout and that of diffusers, which makes of them what we do."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from adapter_making import make_adapter
from danlu.adapters.files import read_adapter
from danlu.adapters.injection import inject_file
from danlu.adapters.kinds.locon import LoCon
from danlu.adapters.origin import family_of
from danlu.families.base import BaseFacts
from danlu.families.find import find_base, load_base
from danlu.kit.variants import kind_name
from danlu.pipeline.convert import convert_adapter
from danlu.weights.components import plain_name
from families.conftest import TinyBase

MIXED = LoCon(rank=4, alpha=1, conv_rank=3, conv_alpha=2, ranks={"*_attn1_to_q": 2, "*_mlp_fc1": 6})
"""Ranks and alphas differ between layers."""
PARTS = ("unet", "text_encoder", "text_encoder_2")


@pytest.fixture(scope="module")
def facts(tiny: TinyBase) -> BaseFacts:
    return find_base(str(tiny.folder))[1]


@pytest.fixture(scope="module")
def kohya(facts: BaseFacts, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_adapter(facts, MIXED, tmp_path_factory.mktemp("kohya") / "a.safetensors", precision="fp16")


def fused(pipeline: Any, file: Path) -> dict[str, Tensor]:
    """What diffusers makes of a file: all weights with its ΔW in them."""
    held = [name for name in PARTS if hasattr(pipeline, name)]
    before = {part: {key: kept.clone() for key, kept in getattr(pipeline, part).state_dict().items()} for part in held}
    pipeline.load_lora_weights(str(file.parent), weight_name=file.name)
    try:
        pipeline.fuse_lora(components=held)
        found = {
            f"{part} {plain_name(name).replace('.base_layer.', '.')}": tensor.clone()
            for part in held
            for name, tensor in getattr(pipeline, part).state_dict().items()
            if ".lora_" not in name
        }
        pipeline.unfuse_lora(components=held)
    finally:
        pipeline.unload_lora_weights()
        for part, state in before.items():  # what was added and taken away again isn't the same to the bit
            getattr(pipeline, part).load_state_dict(state)
    return found


def merged(facts: BaseFacts, file: Path) -> dict[str, Tensor]:
    """The same as we understand the file."""
    base = load_base(str(facts.path), dtype=torch.float32)
    with torch.no_grad():
        for layer in inject_file(base, read_adapter(file)).layers.values():
            weight: Any = layer.layer.weight
            weight += layer.adapter.delta(dict(layer.tensors.items()), weight)
    return {
        f"{part} {plain_name(name).replace('.layer.', '.')}": tensor
        for part, module in base.components.items()
        for name, tensor in module.state_dict().items()
        if ".tensors." not in name
    }


def require_same(one: dict[str, Tensor], other: dict[str, Tensor]) -> None:
    assert one.keys() == other.keys()
    for name, tensor in one.items():
        assert torch.allclose(other[name], tensor, rtol=1e-5, atol=1e-5), name


def test_there_and_back_is_the_same_file_and_diffusers_makes_of_it_what_we_do(
    tiny: TinyBase, facts: BaseFacts, kohya: Path, tmp_path: Path
) -> None:
    there = convert_adapter(kohya, tmp_path / "b.safetensors")
    back = convert_adapter(there.path, tmp_path / "c.safetensors")
    assert (there.layout, back.layout) == ("diffusers", "kohya")
    assert back.path.read_bytes() == kohya.read_bytes()
    require_same(merged(facts, there.path), fused(tiny.pipeline, there.path))


def test_what_diffusers_saves_is_read(tiny: TinyBase, facts: BaseFacts, tmp_path: Path) -> None:
    """With its own names for the parts (`lora.down`, `lora_linear_layer.up`) and rsLoRA in its settings."""
    from diffusers.utils import convert_state_dict_to_diffusers
    from peft import LoraConfig
    from peft.utils import get_peft_model_state_dict

    pipeline = tiny.pipeline
    special = {"encoder.layers.1.self_attn.q_proj": 5}
    configs = {
        "unet": LoraConfig(r=4, lora_alpha=6, use_rslora=True, target_modules=["to_k", "to_q"]),
        "text_encoder": LoraConfig(r=2, lora_alpha=3, target_modules=["q_proj"], alpha_pattern=special),
    }
    saved: dict[str, Any] = {}
    for part, config in configs.items():
        module = getattr(pipeline, part)
        module.add_adapter(config)
        with torch.no_grad():
            for name, parameter in module.named_parameters():
                if "lora_B" in name:
                    parameter.normal_(generator=torch.Generator().manual_seed(len(name)))
        plain = {key: value for key, value in config.to_dict().items() if not isinstance(value, set)}
        saved[f"{part}_lora_layers"] = convert_state_dict_to_diffusers(get_peft_model_state_dict(module))
        saved[f"{part}_lora_adapter_metadata"] = plain | {"target_modules": sorted(config.target_modules or ())}
    pipeline.save_lora_weights(str(tmp_path), **saved)
    pipeline.unload_lora_weights()
    file = tmp_path / "pytorch_lora_weights.safetensors"
    alphas = {name: float(layer["alpha"]) for name, layer in read_adapter(file).layers.items()}
    assert {alpha for name, alpha in alphas.items() if "unet" in name} == {12.0}  # 6 · √4, so that 12/4 = 6/√4
    assert {alpha for name, alpha in alphas.items() if "unet" not in name} == {3.0, 5.0}
    theirs = fused(pipeline, file)
    require_same(theirs, merged(facts, convert_adapter(file, tmp_path / "kohya.safetensors").path))


def test_a_files_family_is_told_by_metadata_or_names_and_widths(tiny: TinyBase, kohya: Path) -> None:
    file = read_adapter(kohya)
    stated = family_of(file.layers, file.metadata)
    width = {"sd15": 768, "sd2": 1024, "sdxl": 2048}[tiny.family]
    real = {name: layer for name, layer in file.layers.items() if "attn2_to_k" in name}
    wide = {name: {**layer, "lora_down.weight": torch.zeros(4, width)} for name, layer in real.items()}
    guessed = family_of({**file.layers, **wide}, {})
    assert stated is guessed is not None and kind_name(guessed) == tiny.family
