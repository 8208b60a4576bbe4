"""Every adapter kind: starts as nothing, goes in and out without a trace, and its file holds what it does."""

import copy
from pathlib import Path

import pytest
import torch
from torch import nn

from danlu.adapters.base import Adapter
from danlu.adapters.files import read_adapter, write_adapter
from danlu.adapters.injection import Injection, applied, inject, inject_file
from danlu.adapters.targets import find_targets
from danlu.families.base import Base
from danlu.families.find import load_base
from danlu.kit.errors import UserError
from danlu.kit.variants import kinds_of
from danlu.weights.shapes import adaptable_shapes

KINDS = kinds_of(Adapter)


@pytest.fixture
def base(base_folder: Path) -> Base:
    return load_base(str(base_folder), dtype=torch.float32)


def predict(base: Base) -> torch.Tensor:
    generator = torch.Generator().manual_seed(3)
    noisy = torch.randn(2, 4, 8, 8, generator=generator)
    with torch.no_grad():
        return base.predict(noisy, torch.tensor([5, 900]), base.encode_captions(["a b, c", ""]))


def disturb(injection: Injection) -> None:
    generator = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for layer in injection.layers.values():
            for tensor in layer.tensors.values():
                tensor.copy_(torch.randn(tensor.shape, generator=generator) * 0.2)


def weights_of(base: Base) -> dict[str, torch.Tensor]:
    parts = (base.unet, base.text_encoder)
    return {f"{number} {k}": v.clone() for number, part in enumerate(parts) for k, v in part.state_dict().items()}


def test_a_kinds_name_is_its_modules() -> None:
    assert KINDS
    assert all(kind.__module__.rpartition(".")[2] == name for name, kind in KINDS.items())


@pytest.mark.parametrize("kind", KINDS)
def test_starts_as_the_base_and_leaves_no_trace(kind: str, base: Base) -> None:
    before, weights, modules = predict(base), weights_of(base), [type(m) for m in base.unet.modules()]
    injection = inject(base, KINDS[kind](rank=4, alpha=2), seed=1)
    assert torch.equal(predict(base), before)
    disturb(injection)
    assert not torch.allclose(predict(base), before, atol=1e-3)
    with injection.switched_off():
        assert torch.equal(predict(base), before)
    injection.eject()
    assert torch.equal(predict(base), before)
    assert [type(m) for m in base.unet.modules()] == modules
    assert all(torch.equal(tensor, weights[name]) for name, tensor in weights_of(base).items())


@pytest.mark.parametrize("kind", KINDS)
def test_file_draws_what_was_injected(kind: str, base: Base, tmp_path: Path) -> None:
    injection = inject(base, KINDS[kind](rank=4, alpha=2), seed=1)
    disturb(injection)
    injected = predict(base)
    write_adapter(tmp_path / "a.safetensors", injection, {"ss_base_model_version": "sd_v1"}, "fp32")
    injection.eject()
    file = read_adapter(tmp_path / "a.safetensors")
    with applied(base, [(file, 1.0)]):
        torch.testing.assert_close(predict(base), injected)
    with applied(base, [(file, 0.5), (file, 0.5)]):
        torch.testing.assert_close(predict(base), injected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_delta_in_the_weight_is_the_injected_output(kind: str, base: Base) -> None:
    injection = inject(base, KINDS[kind](rank=4, alpha=2), seed=1)
    disturb(injection)
    injected = predict(base)
    deltas = {n: layer.adapter.delta(dict(layer.tensors.items())) for n, layer in injection.layers.items()}
    targets = copy.copy(injection.targets)
    injection.eject()
    with torch.no_grad():
        for name, target in targets.items():
            weight = target.layer.weight
            assert isinstance(weight, nn.Parameter)
            weight += deltas[name]
    torch.testing.assert_close(predict(base), injected, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_only_the_adapter_gets_gradients(kind: str, base: Base) -> None:
    injection = inject(base, KINDS[kind](rank=4), seed=1)
    disturb(injection)
    context = base.encode_captions(["a"])
    base.predict(torch.randn(1, 4, 8, 8), torch.tensor([10]), context).square().mean().backward()
    trained = {id(p) for c in ("unet", "text_encoder") for p in injection.parameters(c)}
    for part in (base.unet, base.text_encoder):
        for parameter in part.parameters():
            assert (parameter.grad is not None) == (id(parameter) in trained)


def test_counts_from_headers_are_the_injected_numbers(base: Base) -> None:
    adapter = KINDS["lora"](rank=4)
    injection = inject(base, adapter, seed=0)
    for component in ("unet", "text_encoder"):
        planned = sum(
            adapter.count(shape) for shape in adaptable_shapes(base.facts.components[component].shapes, component)
        )
        assert planned == sum(p.numel() for p in injection.parameters(component))


def test_names_are_kohyas(base: Base) -> None:
    names = {target.name for target in find_targets(base)}
    for name in (
        "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn1_to_q",
        "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_out_0",
        "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_ff_net_0_proj",
        "lora_unet_mid_block_attentions_0_proj_in",
        "lora_te_text_model_encoder_layers_0_self_attn_q_proj",
        "lora_te_text_model_encoder_layers_2_mlp_fc2",
    ):
        assert name in names


def test_file_of_another_family_is_refused(base: Base, tmp_path: Path) -> None:
    injection = inject(base, KINDS["lora"](rank=4), seed=1)
    write_adapter(tmp_path / "a.safetensors", injection, {"ss_base_model_version": "sdxl_base_v1-0"}, "fp16")
    injection.eject()
    file = read_adapter(tmp_path / "a.safetensors")
    file.layers["lora_unet_input_blocks_4_1_proj_in"] = next(iter(file.layers.values()))
    with pytest.raises(UserError, match="made for sdxl_base_v1-0, and 1 of its"):
        inject_file(base, file)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not safetensors", b"\xff" * 64])
def test_broken_file_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "坏 文件.safetensors").write_bytes(content)
    with pytest.raises(UserError, match="isn't a whole safetensors file"):
        read_adapter(tmp_path / "坏 文件.safetensors")
