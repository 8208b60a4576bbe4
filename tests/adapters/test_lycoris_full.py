"""Full differences and norms against LyCORIS, through files both ways: the same ΔW, Δb and output."""

from pathlib import Path
from typing import Any, cast

import pytest
import torch
from lycoris.kohya import create_network
from lycoris.modules import get_module, make_module
from lycoris.modules.full import FullModule
from lycoris.modules.norms import NormModule
from torch import Tensor, nn

from adapter_variants import disturbed, make_inputs, make_layer
from danlu.adapters.base import Adapter
from danlu.adapters.files import own_tensors, read_adapter, settings_in
from danlu.adapters.injection import inject_file
from danlu.adapters.kinds.full import Full
from danlu.adapters.kinds.norm import Norm
from danlu.adapters.targets import choose_layers, planned_targets
from danlu.families.find import load_base
from danlu.weights.safetensor_files import write_tensors

NAME = "lora_unet_layer"
SHAPES = [(24, 40), (40, 24, 1, 1), (24, 20, 3, 3), (16,), (16, 1)]
"""The last two stand for a LayerNorm and a GroupNorm of 16 channels."""


def case_of(shape: tuple[int, ...]) -> tuple[Adapter, nn.Module, Tensor]:
    """The kind, the layer, and inputs for it."""
    torch.manual_seed(0)
    if shape[0] != 16:
        return Full(), make_layer(shape), make_inputs(shape)
    layer, inputs = (
        (nn.LayerNorm(16), torch.randn(2, 3, 16))
        if len(shape) == 1
        else (nn.GroupNorm(4, 16), torch.randn(2, 16, 5, 4))
    )
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter += 0.2 * torch.randn(16)
    return Norm(), layer.requires_grad_(False), inputs


@pytest.mark.parametrize("shape", SHAPES)
def test_lycoris_reads_ours(shape: tuple[int, ...]) -> None:
    adapter, layer, inputs = case_of(shape)
    tensors = disturbed(adapter.start(cast(Tensor, layer.weight), torch.Generator()))
    found = {f"{NAME}.{key}": tensor for key, tensor in adapter.to_file(tensors, torch.float32).items()}
    module: Any = make_module(*get_module(found, NAME), NAME, layer).eval()
    assert isinstance(module, FullModule | NormModule)
    with torch.no_grad():
        for strength in (1.0, 0.5):
            module.multiplier = strength
            added = strength * adapter.output(tensors, inputs, layer)
            torch.testing.assert_close(layer(inputs) + added, module(inputs), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("shape", SHAPES)
def test_we_read_lycoris(shape: tuple[int, ...], tmp_path: Path) -> None:
    adapter, layer, inputs = case_of(shape)
    before = layer(inputs)
    module: Any = (FullModule if isinstance(adapter, Full) else NormModule)(NAME, layer, 1.0)
    module.apply_to()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter += 0.3 * torch.randn(parameter.shape)
        after = layer(inputs)
    state = module.custom_state_dict() if isinstance(module, FullModule) else module.state_dict()
    write_tensors(tmp_path / "a.safetensors", {f"{NAME}.{key}": one for key, one in state.items()}, {})
    module.restore()
    assert torch.equal(layer(inputs), before)
    file = read_adapter(tmp_path / "a.safetensors")
    read = settings_in(file)[NAME]
    assert type(read) is type(adapter)
    added = read.output(own_tensors(read, file.layers[NAME]), inputs, layer)
    torch.testing.assert_close(before + added, after, rtol=1e-4, atol=1e-5)


def test_a_whole_network_of_lycoris_is_read(base_folder: Path, tmp_path: Path) -> None:
    """Full fine-tuning with norms of a U-Net: all its layers are ours by the same names, and predict the same."""
    base = load_base(str(base_folder), dtype=torch.float32)
    noisy, steps, told = torch.randn(1, 4, 8, 8), torch.tensor([500]), base.encode_captions(["a"])
    network: Any = create_network(
        *(1.0, 4, 4, None, None, base.unet),
        algo="full",
        train_norm="True",
        preset="attn-mlp",
        warn_on_unmatched=False,
    )
    network.apply_to(None, base.unet, False, True)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter += 0.03 * torch.randn(parameter.shape)
        wanted = base.predict(noisy, steps, told)
        tensors = {
            f"{one.lora_name}.{key}": tensor.clone()
            for one in network.unet_loras
            for key, tensor in (one.custom_state_dict() if isinstance(one, FullModule) else one.state_dict()).items()
        }
    write_tensors(tmp_path / "a.safetensors", tensors, {})
    base = load_base(str(base_folder), dtype=torch.float32)
    file = read_adapter(tmp_path / "a.safetensors")
    names = {target.name for target, _ in choose_layers(Full(), planned_targets(base.facts))}
    assert any("norm" in name for name in file.layers) and file.layers.keys() <= names
    inject_file(base, file)
    with torch.no_grad():
        torch.testing.assert_close(base.predict(noisy, steps, told), wanted, rtol=1e-3, atol=1e-4)
