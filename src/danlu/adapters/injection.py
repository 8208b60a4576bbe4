"""Adapters go in and out of a base: each target layer is replaced by one that adds the adapter's output.

What was injected can be ejected exactly: the original layer objects, never touched, are put back.
"""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from danlu.adapters.base import Adapter
from danlu.adapters.chance import Chance
from danlu.adapters.files import AdapterFile, layers_for
from danlu.adapters.layers import AdaptedLayer, original
from danlu.adapters.starting import Start
from danlu.adapters.targets import COMPONENTS, Component, Target, choose_layers, find_targets
from danlu.families.base import Base


@dataclass(frozen=True)
class Injection:
    """An adapter inside a base: its layers by their names in a file."""

    base: Base
    layers: dict[str, AdaptedLayer]
    targets: dict[str, Target]

    def parameters(self, component: Component) -> list[nn.Parameter]:
        """The trained tensors of one component, in a fixed order."""
        return [
            parameter
            for name, layer in self.layers.items()
            if self.targets[name].component == component
            for parameter in layer.tensors.values()
        ]

    def set_strength(self, strength: float) -> None:
        """How much of the adapter is added (0: the base alone)."""
        for layer in self.layers.values():
            layer.strength = strength

    @contextmanager
    def switched_off(self) -> Generator[None]:
        """The base as it is without the adapter."""
        strengths = [layer.strength for layer in self.layers.values()]
        self.set_strength(0)
        try:
            yield
        finally:
            for layer, strength in zip(self.layers.values(), strengths, strict=True):
                layer.strength = strength

    @contextmanager
    def drawing(self, keys: Sequence[int]) -> Generator[None]:
        """Dropout is on, and draws by these keys: one for each picture of the batch, in order. Every pass that is to
        draw the same, forward or backward, happens within.
        """
        random = [(name, layer) for name, layer in self.layers.items() if layer.adapter.is_random]
        on_device: dict[torch.device, Tensor] = {}
        for name, layer in random:
            device = next(layer.tensors.parameters()).device
            if device not in on_device:
                on_device[device] = torch.tensor(keys, device=device)
            layer.chance = Chance(on_device[device], name)
        try:
            yield
        finally:
            for _, layer in random:
                layer.chance = None

    def state(self) -> dict[str, Tensor]:
        """Copies of all tensors, keyed `layer/tensor`."""
        return {
            f"{name}/{key}": tensor.detach().clone()
            for name, layer in self.layers.items()
            for key, tensor in layer.tensors.items()
        }

    def load_state(self, state: Mapping[str, Tensor]) -> None:
        """Put back what `state` gave."""
        with torch.no_grad():
            for name, layer in self.layers.items():
                for key, tensor in layer.tensors.items():
                    tensor.copy_(state[f"{name}/{key}"])

    def eject(self) -> None:
        """Put the original layers back."""
        for name, target in self.targets.items():
            _replace(self.base, target, self.layers[name].layer)


def inject(base: Base, adapter: Adapter, *, seed: int, start: Start | None = None) -> Injection:
    """Put an adapter into the base's target layers; its output starts as zero, or as that of a file to `start` from.
    Raises `UserError` if its settings don't fit the base.
    """
    generator = torch.Generator().manual_seed(seed)
    layers: dict[str, AdaptedLayer] = {}
    among = COMPONENTS if adapter.text_encoder else ("unet",)
    chosen = choose_layers(adapter, find_targets(base, among))
    for target, own in chosen:
        layer = target.of(base)
        tensors = own.start(_weight(layer).cpu(), generator)
        if start is not None:
            tensors = start.tensors(target.name, own, _weight(layer).cpu(), tensors)
        layers[target.name] = AdaptedLayer(layer, own, tensors, 1.0)
    return _install(base, layers, [target for target, _ in chosen])


def inject_file(base: Base, file: AdapterFile, strength: float = 1.0) -> Injection:
    """Put an adapter file into the base. Raises `UserError` if it was made for another family."""
    by_name = {target.name: target for target in find_targets(base)}
    weights = {name: _weight(by_name[name].of(base)) for name in file.layers if name in by_name}
    found = layers_for(file, weights, base.facts)
    layers = {
        name: AdaptedLayer(by_name[name].of(base), *settings_and_tensors, strength).requires_grad_(False)
        for name, settings_and_tensors in found.items()
    }
    return _install(base, layers, [by_name[name] for name in found])


@contextmanager
def applied(base: Base, adapters: Sequence[tuple[AdapterFile, float]]) -> Generator[Base]:
    """The base with adapter files at their strengths, stacked in order; ejected exactly at the end."""
    injections: list[Injection] = []
    try:
        for file, strength in adapters:
            injections.append(inject_file(base, file, strength))
        yield base
    finally:
        for injection in reversed(injections):
            injection.eject()


def _install(base: Base, layers: dict[str, AdaptedLayer], targets: list[Target]) -> Injection:
    for target in targets:
        _replace(base, target, layers[target.name])
    return Injection(base, layers, {target.name: target for target in targets})


def _weight(layer: nn.Module) -> Tensor:
    return cast(Tensor, original(layer).weight)


def _replace(base: Base, target: Target, layer: nn.Module) -> None:
    parent, _, name = target.path.rpartition(".")
    setattr(base.components[target.component].get_submodule(parent), name, layer)
