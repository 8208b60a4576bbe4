"""A layer with an adapter beside it: the one module that every adapter kind runs in."""

from collections.abc import Mapping
from typing import Any, cast

import torch
from torch import Tensor, nn

from danlu.adapters.base import Adapter
from danlu.adapters.chance import Chance
from danlu.adapters.changes import apply_change


class AdaptedLayer(nn.Module):
    """A frozen layer and what an adapter adds to its output: y = layer(x) + strength · adapter(x). Kinds that join
    their weights to the layer's are computed with it in one go, unless dropout or another adapter comes between.
    """

    def __init__(self, layer: nn.Module, adapter: Adapter, tensors: Mapping[str, Tensor], strength: float) -> None:
        super().__init__()
        self.layer, self.adapter, self.strength = layer, adapter, strength
        device = cast(Tensor, original(layer).weight).device
        self.tensors = nn.ParameterDict({name: nn.Parameter(tensor.to(device)) for name, tensor in tensors.items()})
        self.chance: Chance | None = None
        """What dropout draws from; None where nothing is dropped."""

    def forward(self, inputs: Tensor, *args: Any) -> Tensor:
        """The layer's output plus the adapter's; strength 0 is the layer alone."""
        adapter, chance = self.adapter, self.chance
        if self.strength and chance is None and not isinstance(self.layer, AdaptedLayer):
            if adapter.joins_weights:
                return self._joined(inputs)
            tensors = self._parameters_by_name()
            if (together := adapter.output_with(tensors, inputs, self.layer, self.strength)) is not None:
                return together
        output: Tensor = self.layer(inputs, *args)
        if self.strength == 0:
            return output
        added = adapter.output(self._parameters_by_name(), inputs, original(self.layer), chance)
        if chance is not None and adapter.module_dropout:
            taking_part = chance.uniform("module dropout", (len(added),)) >= adapter.module_dropout
            added = added * taking_part.view(-1, *(1 for _ in added.shape[1:])).to(added.dtype)
        return output + (added if self.strength == 1 else added * self.strength)

    def _joined(self, inputs: Tensor) -> Tensor:
        """The layer with W + s·ΔW and b + s·Δb, added up in the adapter's float32."""
        tensors, weight = self._parameters_by_name(), cast(Tensor, self.layer.weight)
        bias, shift = cast("Tensor | None", self.layer.bias), self.adapter.bias_delta(tensors)
        if shift is not None:
            bias = shift * self.strength if bias is None else torch.add(bias, shift, alpha=self.strength)
        joined = torch.add(weight, self.adapter.delta(tensors, weight), alpha=self.strength)
        if joined.stride() != weight.stride():  # the sum forgets that a 1×1 kernel is stored channels-last
            inputs = inputs.contiguous(memory_format=torch.channels_last)
        return apply_change(self.layer, inputs, joined, bias)

    def _parameters_by_name(self) -> dict[str, Tensor]:
        return dict(self.tensors.items())


def original(layer: nn.Module) -> nn.Module:
    """The base's own layer under any adapters."""
    while isinstance(layer, AdaptedLayer):
        layer = layer.layer
    return layer
