"""A layer with an adapter beside it: the one module that every adapter kind runs in."""

from collections.abc import Mapping
from typing import Any, cast

from torch import Tensor, nn

from danlu.adapters.base import Adapter
from danlu.adapters.chance import Chance


class AdaptedLayer(nn.Module):
    """A frozen layer and what an adapter adds to its output: y = layer(x) + strength · adapter(x)."""

    def __init__(self, layer: nn.Module, adapter: Adapter, tensors: Mapping[str, Tensor], strength: float) -> None:
        super().__init__()
        self.layer, self.adapter, self.strength = layer, adapter, strength
        device = cast(Tensor, original(layer).weight).device
        self.tensors = nn.ParameterDict({name: nn.Parameter(tensor.to(device)) for name, tensor in tensors.items()})
        self.chance: Chance | None = None
        """What dropout draws from; None where nothing is dropped."""

    def forward(self, inputs: Tensor, *args: Any) -> Tensor:
        """The layer's output plus the adapter's; strength 0 is the layer alone."""
        output: Tensor = self.layer(inputs, *args)
        if self.strength == 0:
            return output
        adapter, chance = self.adapter, self.chance
        added = adapter.output(self._parameters_by_name(), inputs, original(self.layer), chance)
        if chance is not None and adapter.module_dropout:
            taking_part = chance.uniform("module dropout", (len(added),)) >= adapter.module_dropout
            added = added * taking_part.view(-1, *(1 for _ in added.shape[1:])).to(added.dtype)
        return output + (added if self.strength == 1 else added * self.strength)

    def _parameters_by_name(self) -> dict[str, Tensor]:
        return dict(self.tensors.items())


def original(layer: nn.Module) -> nn.Module:
    """The base's own layer under any adapters."""
    while isinstance(layer, AdaptedLayer):
        layer = layer.layer
    return layer
