"""Changes of weights as plain tensor functions: how they meet a layer's inputs, and how they are put together."""

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional


def apply_change(layer: nn.Module, inputs: Tensor, change: Tensor, bias: Tensor | None = None) -> Tensor:
    """The layer's output with `change` (in the weight's shape, any dtype) for its weight, and with `bias` or none.

    It is added to the layer's own output rather than to the weight: in half precision, W + ΔW would round most of a
    small ΔW away. Norms too are linear in their weight and bias.
    """
    change, bias = change.to(inputs.dtype), None if bias is None else bias.to(inputs.dtype)
    if isinstance(layer, nn.Conv2d):
        padding = cast("tuple[int, int]", layer.padding)
        return functional.conv2d(inputs, change, bias, layer.stride, padding, layer.dilation, layer.groups)
    if isinstance(layer, nn.GroupNorm):
        if not inputs.requires_grad:  # torch's backward pass crashes on channels-last ones on CPUs
            inputs = inputs.contiguous()
        return functional.group_norm(inputs, layer.num_groups, change, bias, layer.eps)
    if isinstance(layer, nn.LayerNorm):
        return functional.layer_norm(inputs, list(layer.normalized_shape), change, bias, layer.eps)
    return functional.linear(inputs, change, bias)


def uniform_start(shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    """Kaiming-uniform with a = √5: bound 1/√fan_in, fan_in being the product of all sides but the first."""
    tensor = torch.empty(shape)
    bound = tensor[0].numel() ** -0.5
    return tensor.uniform_(-bound, bound, generator=generator)


def normal_start(shape: tuple[int, ...], generator: torch.Generator, deviation: float) -> Tensor:
    """Normal, mean 0."""
    return torch.empty(shape).normal_(0, deviation, generator=generator)


def tucker(core: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """Σ_pq rows[p, o] · core[p, q, …] · columns[q, i], shape (o, i, …)."""
    return torch.einsum("pq...,po,qi->oi...", core, rows, columns)


def magnitude(weight: Tensor, *, by_output: bool = False) -> Tensor:
    """‖W‖ of each input channel, over outputs and kernel: [1, in(, 1, 1)]; or by output channel: [out, 1(, 1, 1)]."""
    axes = [axis for axis in range(weight.ndim) if axis != (0 if by_output else 1)]
    return torch.linalg.vector_norm(weight, dim=axes, keepdim=True)


def decompose(change: Tensor, weight: Tensor, scale: Tensor) -> Tensor:
    """DoRA (Liu et al., 2024): ΔW' = g ⊙ (W + ΔW) / ‖W + ΔW‖ - W, with the norm over the axes that g lacks.

    Written as (f - 1) W + f ΔW with f = g / ‖W + ΔW‖, so that it is exactly zero at the start (g = ‖W‖, ΔW = 0).
    """
    weight = weight.detach().to(change.dtype)
    scale = scale.reshape(
        *scale.shape, *(1 for _ in weight.shape[scale.ndim :])
    )  # of a convolution, files may have 2 sides
    norm = magnitude(weight + change, by_output=scale.shape[:2] == (weight.shape[0], 1))
    factor = scale / norm.clamp_min(torch.finfo(norm.dtype).eps)
    return (factor - 1) * weight + factor * change
