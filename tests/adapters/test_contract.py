"""Every adapter kind on a base: starts as nothing, goes in and out without a trace, and its file holds what it does."""

from pathlib import Path

import pytest
import torch
from torch import nn

from adapter_variants import KINDS, VARIANTS, disturbed
from danlu.adapters.base import Adapter
from danlu.adapters.files import kind_in, read_adapter, write_adapter
from danlu.adapters.injection import Injection, applied, inject, inject_file
from danlu.adapters.kinds.locon import LoCon
from danlu.adapters.kinds.lora import LoRA
from danlu.families.base import Base
from danlu.families.find import load_base
from danlu.kit.errors import UserError
from danlu.pipeline.base_weights import part_made_for
from danlu.pipeline.plan import count_parameters

METADATA = {"ss_base_model_version": "sd_v1"}


@pytest.fixture
def base(base_folder: Path) -> Base:
    return load_base(str(base_folder), dtype=torch.float32)


def predict(base: Base) -> torch.Tensor:
    generator = torch.Generator().manual_seed(3)
    noisy = torch.randn(2, 4, 8, 8, generator=generator)
    with torch.no_grad():
        return base.predict(noisy, torch.tensor([5, 900]), base.encode_captions(["a b, c", ""]))


def disturb(injection: Injection) -> None:
    with torch.no_grad():
        for number, layer in enumerate(injection.layers.values()):
            for name, tensor in disturbed(dict(layer.tensors.items()), seed=number).items():
                layer.tensors[name].copy_(tensor)


def weights_of(base: Base) -> dict[str, torch.Tensor]:
    parts = (base.unet, base.text_encoder)
    return {f"{number} {k}": v.clone() for number, part in enumerate(parts) for k, v in part.state_dict().items()}


def test_a_kinds_name_is_its_modules() -> None:
    assert KINDS
    assert all(kind.__module__.rpartition(".")[2] == name for name, kind in KINDS.items())


@pytest.mark.parametrize("adapter", VARIANTS.values(), ids=VARIANTS)
def test_starts_as_the_base_and_leaves_no_trace(adapter: Adapter, base: Base) -> None:
    before, weights = predict(base), weights_of(base)
    modules = [(name, id(module)) for part in (base.unet, base.text_encoder) for name, module in part.named_modules()]
    injection = inject(base, adapter, seed=1)
    assert torch.equal(predict(base), before)
    disturb(injection)
    assert not torch.allclose(predict(base), before, atol=1e-3)
    with injection.switched_off():
        assert torch.equal(predict(base), before)
    injection.eject()
    assert torch.equal(predict(base), before)
    after = [(name, id(module)) for part in (base.unet, base.text_encoder) for name, module in part.named_modules()]
    assert after == modules
    assert all(torch.equal(tensor, weights[name]) for name, tensor in weights_of(base).items())


@pytest.mark.parametrize("adapter", VARIANTS.values(), ids=VARIANTS)
def test_file_draws_what_was_injected(adapter: Adapter, base: Base, tmp_path: Path) -> None:
    before = predict(base)
    injection = inject(base, adapter, seed=1)
    disturb(injection)
    injected = predict(base)
    write_adapter(tmp_path / "a.safetensors", injection, METADATA, "fp32")
    injection.set_strength(0.5)
    half = predict(base)
    injection.eject()
    file = read_adapter(tmp_path / "a.safetensors")
    with applied(base, [(file, 1.0)]):
        torch.testing.assert_close(predict(base), injected, rtol=1e-4, atol=1e-4)
    with applied(base, [(file, 0.5)]):
        torch.testing.assert_close(predict(base), half, rtol=1e-4, atol=1e-4)
    with applied(base, [(file, 0.25), (file, 0.75)]):
        torch.testing.assert_close(predict(base), injected, rtol=1e-3, atol=1e-3)
    assert torch.equal(predict(base), before)


@pytest.mark.parametrize("adapter", VARIANTS.values(), ids=VARIANTS)
def test_half_precision_file_is_nearly_the_same(adapter: Adapter, base: Base, tmp_path: Path) -> None:
    """What rounding does to ΔW is small beside ΔW, also for kinds that scale the whole weight."""
    injection = inject(base, adapter, seed=1)
    disturb(injection)
    write_adapter(tmp_path / "a.safetensors", injection, METADATA, "fp16")
    deltas = {name: layer.adapter.delta(layer.tensors, layer.layer.weight) for name, layer in injection.layers.items()}
    injection.eject()
    for name, layer in inject_file(base, read_adapter(tmp_path / "a.safetensors")).layers.items():
        read = layer.adapter.delta(layer.tensors, layer.layer.weight)
        assert (read - deltas[name]).norm() < 2e-3 * deltas[name].norm()


@pytest.mark.parametrize("adapter", VARIANTS.values(), ids=VARIANTS)
def test_delta_in_the_weight_is_the_injected_output(adapter: Adapter, base: Base) -> None:
    injection = inject(base, adapter, seed=1)
    disturb(injection)
    injection.set_strength(0.7)
    injected = predict(base)
    layers = injection.layers
    injection.eject()
    with torch.no_grad():
        for name, target in injection.targets.items():
            layer, tensors = target.of(base), dict(layers[name].tensors.items())
            assert isinstance(layer.weight, nn.Parameter)
            layer.weight += 0.7 * layers[name].adapter.delta(tensors, layer.weight)
            if (shift := layers[name].adapter.bias_delta(tensors)) is not None:
                assert isinstance(layer.bias, nn.Parameter)
                layer.bias += 0.7 * shift
    torch.testing.assert_close(predict(base), injected, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("adapter", VARIANTS.values(), ids=VARIANTS)
def test_only_the_adapter_gets_gradients(adapter: Adapter, base: Base) -> None:
    injection = inject(base, adapter, seed=1)
    disturb(injection)
    with injection.drawing([5]):
        context = base.encode_captions(["a"])
        base.predict(torch.randn(1, 4, 8, 8), torch.tensor([10]), context).square().mean().backward()
    trained = {id(p) for c in ("unet", "text_encoder") for p in injection.parameters(c)}
    for part in (base.unet, base.text_encoder):
        for parameter in part.parameters():
            assert (parameter.grad is not None) == (id(parameter) in trained)
            assert parameter.grad is None or parameter.grad.isfinite().all()


@pytest.mark.parametrize("adapter", VARIANTS.values(), ids=VARIANTS)
def test_first_step_learns(adapter: Adapter, base: Base) -> None:
    """From the very start some gradient isn't zero, and none is anything but a number."""
    injection = inject(base, adapter, seed=1)
    with injection.drawing([5]):
        context = base.encode_captions(["a"])
        base.predict(torch.randn(1, 4, 8, 8), torch.tensor([10]), context).square().mean().backward()
    for layer in injection.layers.values():
        gradients = [tensor.grad for tensor in layer.tensors.values()]
        assert all(gradient is not None and gradient.isfinite().all() for gradient in gradients)
        assert any(gradient is not None and gradient.any() for gradient in gradients)


@pytest.mark.parametrize("adapter", VARIANTS.values(), ids=VARIANTS)
def test_counts_from_headers_are_the_injected_numbers(adapter: Adapter, base: Base) -> None:
    injection = inject(base, adapter, seed=0)
    injected = sum(p.numel() for component in ("unet", "text_encoder") for p in injection.parameters(component))
    assert count_parameters(base.facts, adapter) == injected


@pytest.mark.parametrize("adapter", VARIANTS.values(), ids=VARIANTS)
def test_metadata_name_a_module_that_reads_the_file(adapter: Adapter) -> None:
    network = adapter.network()
    assert network.module in ("networks.lora", "networks.dylora", "lycoris.kohya")
    assert ("algo" in network.args) == (network.module == "lycoris.kohya")


def test_mixed_file_reads_layer_by_layer(base: Base, tmp_path: Path) -> None:
    adapter = LoCon(rank=4, conv_rank=3, conv_alpha=1.5, tucker=False)
    injection = inject(base, adapter, seed=1)
    disturb(injection)
    injected = predict(base)
    write_adapter(tmp_path / "a.safetensors", injection, METADATA, "fp32")
    injection.eject()
    file = read_adapter(tmp_path / "a.safetensors")
    assert kind_in(file) == "locon + lora"
    read = inject_file(base, file)
    torch.testing.assert_close(predict(base), injected)
    settings = {name: layer.adapter for name, layer in read.layers.items()}
    conv = settings["lora_unet_down_blocks_0_resnets_0_conv1"]
    linear = settings["lora_unet_mid_block_attentions_0_proj_in"]
    assert isinstance(conv, LoCon) and (conv.rank, conv.alpha) == (3, 1.5)
    assert isinstance(linear, LoRA) and (linear.rank, linear.alpha) == (4, 4)


def test_tensors_that_nothing_knows_are_refused(base: Base, tmp_path: Path) -> None:
    injection = inject(base, LoRA(rank=2), seed=1)
    name = next(iter(injection.layers))
    file = tmp_path / "a.safetensors"
    write_adapter(file, injection, METADATA, "fp32")
    found = read_adapter(file).layers[name]
    for layer in ({**found, "diff_c": torch.zeros(3)}, {"lora_down.weight": found["lora_down.weight"]}):
        assert all(kind.from_file(layer) is None for kind in KINDS.values())


@pytest.mark.parametrize("rename", ["lora_unet_input_blocks_4_1_proj_in", None])
def test_file_of_another_family_is_refused(base: Base, tmp_path: Path, rename: str | None) -> None:
    """Another family has other names, or the same names and other widths, in more than a few layers."""
    injection = inject(base, LoRA(rank=4), seed=1)
    write_adapter(tmp_path / "a.safetensors", injection, {"ss_base_model_version": "sdxl_base_v1-0"}, "fp16")
    injection.eject()
    file = read_adapter(tmp_path / "a.safetensors")
    for name, layer in list(file.layers.items())[::10] if rename is None else list(file.layers.items()):
        if rename:
            file.layers[f"{rename}_{name}"] = file.layers.pop(name)
        else:
            layer["lora_down.weight"] = torch.zeros(4, 48, 1, 1)
    with pytest.raises(UserError, match=r"it was made for .* layers don't exist there or are of another size") as told:
        inject_file(base, file)
    assert len(told.value.text.en) < 600


def test_a_layer_that_a_base_lacks_is_told_and_left_out(base: Base, tmp_path: Path) -> None:
    injection = inject(base, LoRA(rank=4), seed=1)
    write_adapter(tmp_path / "a.safetensors", injection, METADATA, "fp32")
    injection.eject()
    file = read_adapter(tmp_path / "a.safetensors")
    count = len(file.layers)
    file.layers["lora_te2_text_projection"] = next(iter(file.layers.values()))
    injection = inject_file(base, file)
    injection.eject()
    assert len(injection.layers) == count
    part = part_made_for(file, base.facts)
    assert len(part.layers) == count and "lora_te2_text_projection" in part.notes[0].en


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 not safetensors", b"\xff" * 64])
def test_broken_file_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "坏 文件.safetensors").write_bytes(content)
    with pytest.raises(UserError, match=r"isn't a whole safetensors file|is a pickle"):
        read_adapter(tmp_path / "坏 文件.safetensors")
