"""Adapters go in and out of a base: each target layer is replaced by one that adds the adapter's output.

What was injected can be ejected exactly: the original layer objects, never touched, are put back.
"""

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from danlu.adapters.base import Adapter
from danlu.adapters.files import AdapterFile, layers_for
from danlu.adapters.layers import AdaptedLayer, original
from danlu.adapters.targets import Component, Target, find_targets
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
            _replace(self.base.components[target.component], target.path, self.layers[name].layer)


def inject(base: Base, adapter: Adapter, *, seed: int) -> Injection:
    """Put a fresh adapter into the base's target layers; its output starts as zero."""
    generator = torch.Generator().manual_seed(seed)
    targets = find_targets(base, text_encoder=adapter.text_encoder)
    layers = {
        target.name: AdaptedLayer(target.layer, adapter, adapter.start(target.layer, generator), 1.0)
        for target in targets
    }
    return _install(base, layers, targets)


def inject_file(base: Base, file: AdapterFile, strength: float = 1.0) -> Injection:
    """Put an adapter file into the base. Raises `UserError` if it was made for another family."""
    by_name = {target.name: target for target in find_targets(base)}
    found = layers_for(file, set(by_name), base.facts)
    targets = [by_name[name] for name in found]
    layers = {
        target.name: AdaptedLayer(target.layer, *found[target.name], strength).requires_grad_(False)
        for target in targets
    }
    return _install(base, layers, targets)


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
        _replace(base.components[target.component], target.path, layers[target.name])
        layers[target.name].to(next(original(target.layer).parameters()).device)
    return Injection(base, layers, {target.name: target for target in targets})


def _replace(root: nn.Module, path: str, layer: nn.Module) -> None:
    parent, _, name = path.rpartition(".")
    setattr(root.get_submodule(parent), name, layer)
