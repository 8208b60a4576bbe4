"""Products of thin matrices, the maths that LoRA, LoCon and DyLoRA share: ΔW = scale · B A, or with a core B C A.

A is [r, in] or, of a convolution, [r, in, k, k]; B is [out, r] or [out, r, 1, 1]. With a core C [r, r, k, k] (Tucker),
A is 1×1 as well.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from danlu.adapters.changes import tucker, uniform_start


def fresh_factors(shapes: Mapping[str, tuple[int, ...]], generator: torch.Generator) -> dict[str, Tensor]:
    """A (and C) Kaiming-uniform with a = √5, B zero."""
    return {
        name: torch.zeros(shape) if name == "up" else uniform_start(shape, generator) for name, shape in shapes.items()
    }


def product(tensors: Mapping[str, Tensor], scale: float, shape: Sequence[int]) -> Tensor:
    """ΔW[o, i, …] = scale · Σ_r B[o, r] · A[r, i, …], or scale · Σ_pq B[o, p] · C[p, q, …] · A[q, i]."""
    down, up = tensors["down"], tensors["up"].flatten(1)
    if "mid" in tensors:
        return scale * tucker(tensors["mid"], up.T, down.flatten(1))
    return scale * torch.tensordot(up, down, dims=1).reshape(tuple(shape))


def bypass(
    tensors: Mapping[str, Tensor],
    inputs: Tensor,
    layer: nn.Module,
    scale: float,
    *,
    narrowed: Callable[[Tensor], Tensor] | None = None,
) -> Tensor:
    """ΔW x without ΔW: scale · B (C (A x)). What comes out of A (and C) goes through `narrowed`. Some programs save the
    factors of 1×1 convolutions as those of linear layers, and the other way round.
    """
    down, up = tensors["down"].to(inputs.dtype), (tensors["up"] * scale).to(inputs.dtype)
    if not isinstance(layer, nn.Conv2d):
        thin = functional.linear(inputs, down.flatten(1))
        return functional.linear(thin if narrowed is None else narrowed(thin), up.flatten(1))
    thin, down = inputs, down if down.ndim == 4 else down[:, :, None, None]
    if "mid" in tensors:
        thin, down = functional.conv2d(inputs, down), tensors["mid"].to(inputs.dtype)
    padding = cast("tuple[int, int]", layer.padding)
    thin = functional.conv2d(thin, down, None, layer.stride, padding, layer.dilation)
    return functional.conv2d(thin if narrowed is None else narrowed(thin), up.flatten(1)[:, :, None, None])
