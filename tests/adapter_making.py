"""Adapter files as training might have left them, for tests of what is done with finished files."""

from collections.abc import Mapping
from pathlib import Path

import torch

from adapter_variants import disturbed
from danlu.adapters.base import Adapter
from danlu.adapters.files import DTYPES, SavePrecision
from danlu.adapters.targets import choose_layers, planned_targets
from danlu.families.base import BaseFacts, Family
from danlu.kit.variants import kinds_of
from danlu.weights.loading import opened
from danlu.weights.safetensor_files import write_tensors


def make_adapter(
    facts: BaseFacts,
    adapter: Adapter,
    path: Path,
    *,
    seed: int = 1,
    precision: SavePrecision = "fp32",
    metadata: Mapping[str, str] | None = None,
) -> Path:
    """Write an adapter with random numbers for all of a base's layers that its settings choose."""
    generator = torch.Generator().manual_seed(seed)
    tensors: dict[str, torch.Tensor] = {}
    for number, (target, own) in enumerate(choose_layers(adapter, planned_targets(facts))):
        with opened(facts.components[target.component]) as read:
            started = own.start(read(f"{target.path}.weight").float(), generator)
        found = own.to_file(disturbed(started, seed=seed * 1000 + number), DTYPES[precision])
        tensors |= {f"{target.name}.{suffix}": tensor for suffix, tensor in found.items()}
    stated = kinds_of(Family)[facts.family].adapter_metadata(facts)
    write_tensors(path, tensors, {**stated, **(metadata or {})})
    return path
