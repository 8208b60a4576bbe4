"""The machine's own limit: how fast it does the convolutions and products of a U-Net, one by one.

A LoRA step goes through every convolution and product of the frozen U-Net twice: forward, and backward to its input
(frozen weights get no gradient). Here each distinct shape is timed alone, both ways, in both memory layouts, and the
better time counts as often as the shape occurs. What norms, activations, softmax and Python add is not in it, so no
step can be this fast; how near one comes is the share that `bench/speed.py` reports.
"""

import statistics
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import torch
from diffusers import UNet2DConditionModel
from diffusers.models.attention_processor import Attention
from torch import Tensor, nn
from torch.nn import functional

Kind = Literal["conv", "linear", "attention"]


@dataclass(frozen=True)
class Operation:
    """One product of the U-Net: its shapes are all that its time depends on."""

    kind: Kind
    inputs: tuple[int, ...]
    weight: tuple[int, ...]
    """Of a convolution or linear layer; of attention the shape of the keys (B, heads, tokens, C)."""
    stride: int = 1
    padding: int = 0

    @property
    def flops(self) -> float:
        """Of the forward pass; one multiplication and one addition are two."""
        if self.kind == "attention":
            batch, heads, tokens, width = self.inputs
            return 4.0 * batch * heads * tokens * self.weight[2] * width
        if self.kind == "linear":
            return 2.0 * torch.Size(self.inputs).numel() * self.weight[0]
        batch, _, height, width = self.inputs
        places = batch * (height // self.stride) * (width // self.stride)
        return 2.0 * places * torch.Size(self.weight).numel()


def operations_of(unet: nn.Module, side: int, context: tuple[int, int], batch: int = 1) -> Counter[Operation]:
    """Every product of one forward pass on latents of side × side and a context (tokens, width), with its count."""
    found: Counter[Operation] = Counter()

    def note_layer(layer: Any, inputs: tuple[Any, ...], _output: Any) -> None:
        given, weight = tuple(inputs[0].shape), tuple(layer.weight.shape)
        if isinstance(layer, nn.Conv2d):
            found[Operation("conv", given, weight, layer.stride[0], int(layer.padding[0]))] += 1
        else:
            found[Operation("linear", given, weight)] += 1

    def note_attention(layer: Attention, inputs: tuple[Any, ...], named: dict[str, Any], _output: Any) -> None:
        told = named.get("encoder_hidden_states")
        rows, tokens, width = inputs[0].shape
        keys = tokens if told is None else told.shape[1]
        heads = layer.heads
        shape = (rows, heads, tokens, width // heads)
        found[Operation("attention", shape, (rows, heads, keys, width // heads))] += 1

    hooks: list[Any] = []
    for module in unet.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            hooks.append(module.register_forward_hook(note_layer))
        elif isinstance(module, Attention):
            hooks.append(module.register_forward_hook(note_attention, with_kwargs=True))
    with torch.device("meta"), torch.no_grad():
        noisy, told = torch.empty(batch, 4, side, side), torch.empty(batch, *context)
        unet(noisy, torch.empty(batch), encoder_hidden_states=told)
    for hook in hooks:
        hook.remove()
    return found


def seconds_of(operation: Operation, dtype: torch.dtype) -> float:
    """Forward and backward to the input, the better of both layouts where there are two."""
    if operation.kind != "conv":
        return _time(*_prepared(operation, dtype))
    layouts = (torch.contiguous_format, torch.channels_last)
    return min(_time(*_prepared(operation, dtype, layout)) for layout in layouts)


def _prepared(
    operation: Operation, dtype: torch.dtype, layout: torch.memory_format = torch.contiguous_format
) -> tuple[Callable[[], Tensor], list[Tensor]]:
    """The forward pass as a call, and what it is differentiated to."""
    given = torch.randn(operation.inputs).to(dtype)
    if operation.kind == "attention":
        query, key, value = (
            torch.randn(shape).to(dtype).requires_grad_()
            for shape in (operation.inputs, operation.weight, operation.weight)
        )
        return lambda: functional.scaled_dot_product_attention(query, key, value), [query, key, value]
    weight = torch.randn(operation.weight).to(dtype)
    if operation.kind == "linear":
        given.requires_grad_()
        return lambda: functional.linear(given, weight), [given]
    given, weight = given.contiguous(memory_format=layout).requires_grad_(), weight.contiguous(memory_format=layout)
    return lambda: functional.conv2d(given, weight, None, operation.stride, operation.padding), [given]


def _time(forward: Callable[[], Tensor], inputs: list[Tensor], rounds: int = 4) -> float:
    """Median seconds of forward and backward; the first round isn't counted."""
    taken: list[float] = []
    gradient = torch.empty(0)
    for number in range(rounds + 1):
        started = time.perf_counter()
        output = forward()
        if not number:
            gradient = torch.ones_like(output)
        torch.autograd.grad(output, inputs, gradient)
        taken.append(time.perf_counter() - started)
    return statistics.median(taken[1:])


def measure_limit(
    unet_config: dict[str, Any], side: int, context: tuple[int, int], dtype: torch.dtype
) -> dict[str, float]:
    """Seconds that the products of one step take on this machine, and what that is in GFLOP/s."""
    with torch.device("meta"):
        operations = operations_of(UNet2DConditionModel(**unet_config), side, context)
    seconds: dict[str, float] = {"conv": 0.0, "linear": 0.0, "attention": 0.0}
    flops = 0.0
    for operation, count in operations.items():
        seconds[operation.kind] += count * seconds_of(operation, dtype)
        # Backward to the input costs a layer as much as forward; attention has two gradients for each product.
        flops += count * operation.flops * (3 if operation.kind == "attention" else 2)
    total = sum(seconds.values())
    return {**seconds, "total": total, "gflops_per_step": flops / 1e9, "gflops_per_second": flops / 1e9 / total}
