"""A linear layer and a thin change in one operation: the same numbers as apart, for values and gradients."""

from typing import Any

import pytest
import torch
from torch import nn

from danlu.adapters.fused import thin_beside


def layer_of(kind: str, *, bias: bool) -> tuple[nn.Module, torch.Tensor]:
    """A frozen layer from 6 to 10 channels, and inputs for it."""
    torch.manual_seed(0)
    if kind == "linear":
        return nn.Linear(6, 10, bias=bias).double().requires_grad_(False), torch.randn(2, 5, 6).double()
    inputs = torch.randn(2, 6, 3, 4).double().contiguous(memory_format=torch.channels_last)
    return nn.Conv2d(6, 10, 1, bias=bias).double().requires_grad_(False), inputs


def factors(kind: str) -> tuple[torch.Tensor, torch.Tensor]:
    ones = (1, 1) if kind == "conv" else ()
    down, up = torch.randn(3, 6, *ones).double(), torch.randn(10, 3, *ones).double()
    return down.requires_grad_(), up.requires_grad_()


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("kind", ["linear", "conv"])
def test_it_is_what_both_are_apart(kind: str, bias: bool) -> None:
    layer, inputs = layer_of(kind, bias=bias)
    down, up = factors(kind)
    inputs.requires_grad_()
    fused: Any = thin_beside(layer, inputs, down, up, scale=0.7)
    beside = nn.Conv2d(6, 10, 1, bias=False) if kind == "conv" else nn.Linear(6, 10, bias=False)
    delta = (up.flatten(1) @ down.flatten(1)).view(beside.weight.shape)
    apart = layer(inputs) + 0.7 * torch.func.functional_call(beside, {"weight": delta}, (inputs,))
    torch.testing.assert_close(fused, apart)
    upstream = torch.randn_like(apart)
    wanted = (inputs, down, up)
    for ours, theirs in zip(
        torch.autograd.grad(fused, wanted, upstream), torch.autograd.grad(apart, wanted, upstream), strict=True
    ):
        torch.testing.assert_close(ours, theirs)


def test_gradients_are_only_made_where_they_are_wanted() -> None:
    """The text that cross-attention reads gets none, nor do frozen factors."""
    layer, inputs = layer_of("linear", bias=True)
    down, up = factors("linear")
    fused: Any = thin_beside(layer, inputs, down.detach(), up, scale=1.0)
    fused.sum().backward()
    assert inputs.grad is None and down.grad is None and up.grad is not None


def test_factors_stay_float32_beside_a_half_precision_layer() -> None:
    layer, inputs = layer_of("linear", bias=True)
    down, up = (one.detach().float().requires_grad_() for one in factors("linear"))
    fused: Any = thin_beside(layer.bfloat16(), inputs.bfloat16(), down, up, scale=1.0)
    fused.float().sum().backward()
    assert fused.dtype == torch.bfloat16
    assert down.grad is not None and down.grad.dtype == torch.float32


@pytest.mark.parametrize(
    ("layer", "inputs"),
    [
        (nn.Linear(6, 10), torch.randn(2, 6)),  # trained itself
        (nn.Conv2d(6, 10, 3).requires_grad_(False), torch.randn(1, 6, 4, 4)),
        (nn.Conv2d(6, 10, 1, stride=2).requires_grad_(False), torch.randn(1, 6, 4, 4)),
        (nn.Conv2d(6, 10, 1).requires_grad_(False), torch.randn(1, 6, 4, 4)),  # not channels-last
    ],
)
def test_other_layers_are_left_to_the_usual_way(layer: nn.Module, inputs: torch.Tensor) -> None:
    assert thin_beside(layer, inputs, torch.randn(3, 6), torch.randn(10, 3), scale=1.0) is None
