"""Full fine-tuning and norms: a step is the one that plain fine-tuning takes, in one pass, in every number format."""

from copy import deepcopy
from pathlib import Path
from typing import Any, cast

import pytest
import torch
from pydantic import ValidationError
from torch import Tensor, nn

from adapter_variants import make_inputs, make_layer
from danlu.adapters.base import Adapter
from danlu.adapters.chance import Chance
from danlu.adapters.injection import inject
from danlu.adapters.kinds.full import Full
from danlu.adapters.kinds.ia3 import IA3
from danlu.adapters.kinds.lora import LoRA
from danlu.adapters.kinds.norm import Norm
from danlu.adapters.layers import AdaptedLayer
from danlu.adapters.targets import choose_layers, planned_targets
from danlu.families.find import find_base, load_base
from danlu.kit.errors import UserError
from danlu.weights.components import plain_name

SHAPES = [(24, 40), (40, 24, 1, 1), (24, 20, 3, 3)]


def adapted(layer: nn.Module, adapter: Adapter) -> AdaptedLayer:
    weight = cast(Tensor, layer.weight)
    own = adapter.for_layer("lora_unet_layer", weight.shape, has_bias=layer.bias is not None)
    assert own is not None
    return AdaptedLayer(layer, own, own.start(weight, torch.Generator()), 1.0)


def make_network() -> nn.Sequential:
    """A convolution, a norm of each sort, linear layers with and without bias."""
    torch.manual_seed(0)
    layers = (
        *(nn.Conv2d(4, 8, 3, padding=1), nn.GroupNorm(2, 8), nn.SiLU(), nn.Flatten(2)),
        *(nn.LayerNorm(16), nn.Linear(16, 6), nn.SiLU(), nn.Linear(6, 3, bias=False)),
    )
    return nn.Sequential(*layers)


def test_steps_are_those_of_plain_fine_tuning() -> None:
    """The same network, optimizer and data: after three steps W + ΔW is the fine-tuned W."""
    plain = make_network()
    with torch.no_grad():
        for parameter in plain.parameters():
            parameter += 0.1 * torch.randn(parameter.shape)
    ours = deepcopy(plain).requires_grad_(False)
    for number, layer in enumerate(ours):
        if isinstance(layer, nn.GroupNorm | nn.LayerNorm | nn.Conv2d | nn.Linear):
            kind = Norm() if isinstance(layer, nn.GroupNorm | nn.LayerNorm) else Full()
            ours[number] = adapted(layer, kind)
    trained = [parameter for parameter in ours.parameters() if parameter.requires_grad]
    assert sum(map(torch.numel, trained)) == sum(map(torch.numel, plain.parameters()))
    optimizers = [torch.optim.AdamW(list(p), lr=1e-2, weight_decay=0) for p in (plain.parameters(), trained)]
    inputs = torch.randn(5, 4, 4, 4)
    for _ in range(3):
        losses = [network(inputs).square().mean() for network in (plain, ours)]
        torch.testing.assert_close(losses[1], losses[0], rtol=1e-6, atol=1e-7)
        for optimizer, loss in zip(optimizers, losses, strict=True):
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    for layer, tuned in zip(ours, plain, strict=True):
        if isinstance(layer, AdaptedLayer):
            weight = cast(Tensor, layer.layer.weight) + layer.tensors["weight"]
            torch.testing.assert_close(weight, cast(Tensor, tuned.weight), rtol=1e-5, atol=1e-6)
            assert ("bias" in layer.tensors) == (tuned.bias is not None)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("strength", [1.0, 0.4, -1.0])
def test_one_pass_is_what_two_would_add_up_to(shape: tuple[int, ...], strength: float) -> None:
    layer = adapted(make_layer(shape), Full())
    layer.strength = strength
    with torch.no_grad():
        for tensor in layer.tensors.values():
            tensor += 0.3 * torch.randn(tensor.shape)
    inputs = make_inputs(shape)
    beside = layer.layer(inputs) + strength * layer.adapter.output(dict(layer.tensors.items()), inputs, layer.layer)
    torch.testing.assert_close(layer(inputs), beside, rtol=1e-5, atol=1e-5)
    stacked = AdaptedLayer(layer, layer.adapter, dict(layer.tensors.items()), -strength)
    torch.testing.assert_close(stacked(inputs), layer.layer(inputs), rtol=1e-4, atol=1e-4)


def test_half_precision_rounds_the_sum_of_a_float32_master() -> None:
    layer = adapted(make_layer((24, 40), dtype=torch.bfloat16), Full())
    with torch.no_grad():
        layer.tensors["weight"] += 1e-5 * torch.randn(24, 40)
    inputs = make_inputs((24, 40), dtype=torch.bfloat16)
    output = layer(inputs)
    output.square().mean().backward()
    joined = (cast(Tensor, layer.layer.weight).float() + layer.tensors["weight"]).bfloat16()
    assert torch.equal(output, nn.functional.linear(inputs, joined, cast(Tensor, layer.layer.bias)))
    gradient = layer.tensors["weight"].grad
    assert gradient is not None and gradient.dtype == torch.float32


def test_dropout_leaves_out_of_the_difference() -> None:
    layer = adapted(make_layer((24, 40)), Full(module_dropout=0.5))
    with torch.no_grad():
        layer.tensors["weight"] += 1
    inputs = make_inputs((24, 40), rows=40)
    layer.chance = Chance(torch.arange(40), "layer")
    left_out = (layer(inputs) == layer.layer(inputs)).flatten(1).all(1)
    assert 8 < left_out.sum() < 32


def test_every_layer_but_embeddings_is_trained(base_folder: Path) -> None:
    base = load_base(str(base_folder), dtype=torch.float32)
    injection = inject(base, Full(), seed=0)
    parts = {"unet": base.unet, "text_encoder": base.text_encoder}
    trained = {
        (injection.targets[name].component, f"{plain_name(injection.targets[name].path)}.{key}")
        for name, layer in injection.layers.items()
        for key in layer.tensors
    }
    injection.eject()
    whole = {(part, plain_name(name)) for part, module in parts.items() for name, _ in module.named_parameters()}
    assert trained <= whole
    assert all("embedding" in name for _, name in whole - trained)


def test_without_biases_and_norms(base_folder: Path) -> None:
    facts = find_base(str(base_folder))[1]
    chosen = choose_layers(Full(biases=False, norms=False), planned_targets(facts))
    assert not any(target.is_norm for target, _ in chosen)
    assert sum(own.count(target.shape) for target, own in chosen) == sum(
        torch.Size(target.shape).numel() for target, _ in chosen
    )
    norms = choose_layers(Norm(targets="all", biases=False), planned_targets(facts))
    assert all(target.is_norm and isinstance(own, Norm) and not own.biases for target, own in norms)
    assert len(choose_layers(IA3(norms=True), planned_targets(facts))) > len(
        choose_layers(IA3(), planned_targets(facts))
    )


def test_what_has_no_effect_is_told(base_folder: Path) -> None:
    targets = planned_targets(find_base(str(base_folder))[1])
    with pytest.raises(UserError, match=r"adapter\.norms has no effect, because adapter.include"):
        choose_layers(LoRA(rank=2, norms=True, include=("*attn2_to_k",)), targets)
    assert choose_layers(Full(include=("*attn2_to_k",)), targets)
    bad: dict[str, Any] = {"norms": False}
    with pytest.raises(ValidationError, match="nothing to train"):
        Norm(**bad)
