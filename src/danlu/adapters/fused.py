"""A linear layer and a low-rank change beside it as one operation: y = W x + b + s · B (A x).

Written as separate operations, the layer's output, the change's, the scaled change and their sum are tensors of their
own, and so are the gradients to x. Here B adds onto the layer's output, and in the backward pass A adds onto the
layer's gradient, within the matrix products: less memory, and less of it to move.
"""

from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn import functional


def thin_beside(layer: nn.Module, inputs: Tensor, down: Tensor, up: Tensor, *, scale: float) -> Tensor | None:
    """The layer's output plus scale · up (down x), with A [r, in(, 1, 1)] and B [out, r(, 1, 1)].

    None where the layer isn't a frozen product: then the change is computed beside it. A 1×1 convolution over pixels
    that lie channels-last is a linear layer over its places.
    """
    weight = cast("Tensor", layer.weight)
    if weight.requires_grad or down.shape[1:].numel() != weight.shape[1] or weight.shape[1:].numel() != weight.shape[1]:
        return None
    factors = (down.flatten(1), up.flatten(1), scale)
    if type(layer) is nn.Linear:
        return cast("Tensor", _ThinBeside.apply(inputs, weight, layer.bias, *factors))
    if not (type(layer) is nn.Conv2d and _is_by_place(layer, inputs)):
        return None
    rows = inputs.permute(0, 2, 3, 1)
    made = cast("Tensor", _ThinBeside.apply(rows, weight.flatten(1), layer.bias, *factors))
    return made.permute(0, 3, 1, 2)


def _is_by_place(layer: nn.Conv2d, inputs: Tensor) -> bool:
    """Whether a convolution treats each place alone, and its inputs lie in memory place by place."""
    plain = layer.kernel_size == (1, 1) and layer.stride == (1, 1) and layer.padding == (0, 0) and layer.groups == 1
    return plain and inputs.is_contiguous(memory_format=torch.channels_last)


class _ThinBeside(torch.autograd.Function):
    """W [out, in] and b are frozen; A and B may be in another dtype than x [..., in], y and W."""

    @staticmethod
    def forward(  # noqa: PLR0917 - torch passes by position
        ctx: Any, inputs: Tensor, weight: Tensor, bias: Tensor | None, down: Tensor, up: Tensor, scale: float
    ) -> Tensor:
        ctx.scale, ctx.dtype = scale, down.dtype
        down, up = down.to(inputs.dtype), (up * scale).to(inputs.dtype)
        thin = functional.linear(inputs, down)
        output = functional.linear(inputs, weight, bias)
        output.view(-1, output.shape[-1]).addmm_(_flat(thin), up.T)
        ctx.save_for_backward(inputs, weight, down, up, thin)
        return output

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        inputs, weight, down, up, thin = cast("tuple[Tensor, ...]", ctx.saved_tensors)
        wants_inputs, _, _, wants_down, wants_up, _ = cast("tuple[bool, ...]", ctx.needs_input_grad)
        above = _flat(gradients[0])
        between = above @ up
        to_inputs = to_down = to_up = None
        if wants_inputs:
            to_inputs = (above @ weight).addmm_(between, down).view(inputs.shape)
        if wants_down:
            to_down = (between.T @ _flat(inputs)).to(ctx.dtype)
        if wants_up:
            to_up = (above.T @ _flat(thin)).to(ctx.dtype).mul_(ctx.scale)
        return to_inputs, None, None, to_down, to_up, None


def _flat(rows: Tensor) -> Tensor:
    return rows.reshape(-1, rows.shape[-1])
