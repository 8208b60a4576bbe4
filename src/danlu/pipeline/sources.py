"""Adapter files that go into a sum Σ ρ_i ΔW_i, each with its weight ρ."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from danlu.adapters.base import Adapter
from danlu.adapters.files import AdapterFile, own_tensors, read_adapter, settings_in
from danlu.adapters.kinds.norm import Norm
from danlu.adapters.made_for import made_for, require_one_build, shapes_of
from danlu.adapters.origin import family_of
from danlu.families.base import BaseFacts
from danlu.kit.errors import UserError
from danlu.pipeline.base_weights import part_made_for
from danlu.pipeline.derived import require_finite
from danlu.pipeline.pictures import Strength


@dataclass(frozen=True)
class Source:
    """An adapter file and its weight in the sum."""

    file: AdapterFile
    weight: float
    settings: Mapping[str, Adapter]
    """Of each layer."""

    def tensors(self, name: str) -> dict[str, Tensor]:
        """One layer's own tensors, in float32."""
        return own_tensors(self.settings[name], self.file.layers[name])

    def delta(self, name: str, weight: Tensor) -> Tensor:
        """ρ ΔW of one layer, on the base's weight."""
        return self.weight * self.settings[name].delta(self.tensors(name), weight)

    def bias_delta(self, name: str) -> Tensor | None:
        """ρ Δb of one layer, if it is among the file's and has one."""
        shift = self.settings[name].bias_delta(self.tensors(name)) if name in self.settings else None
        return None if shift is None else self.weight * shift


def read_sources(adapters: Sequence[Strength]) -> list[Source]:
    """Read adapters to be added up. Raises `UserError` if one can't be, or if they belong to different families."""
    for one in adapters:
        if not math.isfinite(one.strength) or one.strength == 0:
            raise UserError(
                f"'{one.path}' has the weight {one.strength:g}, which adds nothing that could be used: give another "
                "number, or leave the adapter out.",
                f"“{one.path}”的权重为 {one.strength:g}，没有意义：请换一个数值，或去掉该 LoRA。",
            )
    files = [read_adapter(one.path) for one in adapters]
    _require_one_family(files)
    return [Source(file, one.strength, settings_in(file)) for file, one in zip(files, adapters, strict=True)]


def fitting_sources(sources: Sequence[Source], facts: BaseFacts) -> list[Source]:
    """Adapters without the few layers that a base hasn't. Raises `UserError` for one that was made for another base."""
    parts = [part_made_for(source.file, facts) for source in sources]
    return [Source(part, source.weight, settings_in(part)) for part, source in zip(parts, sources, strict=True)]


def sum_norms(sources: Sequence[Source]) -> dict[str, dict[str, Tensor]]:
    """Σ ρ of the changes of each norm, by the names that files give them. Raises `UserError` if they don't fit."""
    norms: dict[str, dict[str, Tensor]] = {}
    for source in sources:
        for name, one in source.settings.items():
            if not isinstance(one, Norm):
                continue
            total = norms.setdefault(name, {})
            for key, tensor in source.tensors(name).items():
                suffix = one.suffixes[key]
                require_finite(tensor, name, source.file.path)
                if suffix in total and total[suffix].shape != tensor.shape:
                    raise UserError(
                        f"These adapters were made for different bases: norm '{name}' has {len(total[suffix])} and "
                        f"{len(tensor)} channels. Merge adapters of one family only.",
                        f"这些 LoRA 是为不同底模训练的：归一化层“{name}”分别有 {len(total[suffix])} 与 {len(tensor)} "
                        "个通道。只能合并同一系列的 LoRA。",
                    )
                total[suffix] = total.get(suffix, 0) + source.weight * tensor
    return norms


def bias_size(sources: Sequence[Source]) -> float:
    """‖Σ ρ Δb‖ over all layers but norms."""
    sums: dict[str, Tensor] = {}
    for source in sources:
        for name, one in source.settings.items():
            shift = None if isinstance(one, Norm) else source.bias_delta(name)
            if shift is not None:
                sums[name] = sums[name] + shift if name in sums else shift
    return math.hypot(*(float(torch.linalg.vector_norm(one)) for one in sums.values()))


def _require_one_family(files: Sequence[AdapterFile]) -> None:
    require_one_build([(file.path, made_for(shapes_of(file.layers), file.metadata)) for file in files])
    known = [(file, family) for file in files if (family := family_of(file.layers, file.metadata))]
    for file, family in known[1:]:
        first, other = known[0]
        if family is not other:
            raise UserError(
                f"'{first.path}' was made for {other.title} and '{file.path}' for {family.title}: only adapters of one "
                "family can be merged.",
                f"“{first.path}”适用于 {other.title}，而“{file.path}”适用于 {family.title}：只能合并同一系列的 LoRA。",
            )
