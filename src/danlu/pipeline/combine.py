"""Merge adapters into one LoRA, or cut one to a lower rank.

ΔW = Σ ρ_i ΔW_i, layer by layer. LoRAs are added exactly, by stacking their factors; other kinds, and DoRA, by way of
the whole ΔW on the base that they were made for, which then has to be cut to a rank.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from danlu.adapters.algebra import Cut, Factors, stack
from danlu.adapters.base import Adapter
from danlu.adapters.files import AdapterFile, SavePrecision, kind_in, own_tensors, read_adapter, settings_in
from danlu.adapters.origin import family_of
from danlu.families.base import BaseFacts
from danlu.families.find import find_base
from danlu.kit.errors import UserError
from danlu.pipeline.base_weights import BaseWeights, open_weights, require_made_for
from danlu.pipeline.derived import (
    CutLayer,
    Derived,
    common_precision,
    cut_change,
    kept_share,
    require_finite,
    require_output,
    require_rank,
    write_lora,
)
from danlu.pipeline.pictures import Strength
from danlu.pipeline.provenance import about_sources, changed_metadata, merged_metadata

OnLayer = Callable[[int, int], None]


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


def merge_adapters(
    adapters: Sequence[Strength],
    out: Path,
    *,
    cut: Cut | None = None,
    base: str | None = None,
    precision: SavePrecision | None = None,
    on_layer: OnLayer | None = None,
) -> Derived:
    """Add adapters up into one LoRA file, exactly unless `cut`; `base` is needed for kinds other than LoRA.

    Raises `UserError` for adapters that can't be added up, or not in this way.
    """
    require_output(out, [one.path for one in adapters])
    if len(adapters) == 1 and adapters[0].strength == 1 and cut is None:
        raise UserError(
            f"'{adapters[0].path}' alone, as it is, makes nothing new: give a second adapter, or a weight as FILE:0.8.",
            f"只有“{adapters[0].path}”且权重为 1，合并没有意义：请再给一个 LoRA，或写成 FILE:0.8 指定权重。",
        )
    sources = read_sources(adapters)
    outline = outline_of(sources)
    facts = find_base(base)[1] if base else None
    _require_way(sources, outline, cut, facts)
    shapes = [factors.shape for factors in outline.values() if factors]
    require_rank(cut, max((_full_rank(shape) for shape in shapes), default=cut.rank or 1) if cut else 1)
    layers = add_up(sources, outline, cut, facts, on_layer=on_layer)
    files = [source.file for source in sources]
    step = _step("merge", about_sources(files, [source.weight for source in sources]), cut, layers)
    metadata = merged_metadata(files, {name: one.factors for name, one in layers.items()}, out, step)
    return write_lora(out, layers, precision or _precision_of(files), metadata)


def resize_adapter(
    path: Path,
    out: Path,
    cut: Cut,
    *,
    base: str | None = None,
    precision: SavePrecision | None = None,
    on_layer: OnLayer | None = None,
) -> Derived:
    """Write an adapter as a LoRA of lower rank; `base` is needed for kinds other than LoRA."""
    require_output(out, [path])
    (source,) = sources = read_sources([Strength(path)])
    outline = outline_of(sources)
    facts = find_base(base)[1] if base else None
    _require_way(sources, outline, cut, facts)
    if all(outline.values()):
        require_rank(cut, max(factors.rank for factors in outline.values() if factors))
    layers = add_up(sources, outline, cut, facts, on_layer=on_layer)
    step = _step("resize", about_sources([source.file], [1.0]), cut, layers)
    metadata = changed_metadata(source.file, {name: one.factors for name, one in layers.items()}, out, step)
    return write_lora(out, layers, precision or _precision_of([source.file]), metadata)


def outline_of(sources: Sequence[Source]) -> dict[str, Factors | None]:
    """What each layer's sum will look like, worked out without computing it: stacked factors, or None where one of the
    kinds has none. Raises `UserError` where layers don't fit each other.
    """
    outline: dict[str, Factors | None] = {}
    for name in dict.fromkeys(name for source in sources for name in source.file.layers):
        parts = [(_on_paper(source, name), 1.0) for source in sources if name in source.file.layers]
        known = [(factors, weight) for factors, weight in parts if factors]
        try:
            outline[name] = stack(known) if len(known) == len(parts) else None
        except ValueError as error:
            raise UserError(
                f"These adapters were made for different bases: layer '{name}' has {error}. Merge adapters of one "
                "family only.",
                f"这些 LoRA 是为不同底模训练的：层“{name}”的形状不同（{error}）。只能合并同一系列的 LoRA。",
            ) from error
    return outline


def add_up(
    sources: Sequence[Source],
    outline: Mapping[str, Factors | None],
    cut: Cut | None,
    facts: BaseFacts | None,
    *,
    on_layer: OnLayer | None = None,
) -> dict[str, CutLayer]:
    """Each layer's sum, cut. Where `outline` has no factors, by way of the whole ΔW on the base."""
    layers: dict[str, CutLayer] = {}
    with open_weights(facts) as weights:
        for number, name in enumerate(outline, start=1):
            concerned = [source for source in sources if name in source.file.layers]
            change = _sum_of(concerned, name, weights)
            require_finite(change, name, concerned[0].file.path)
            layers[name] = cut_change(change, cut)
            if on_layer:
                on_layer(number, len(outline))
    return layers


def _sum_of(sources: Sequence[Source], name: str, weights: BaseWeights) -> Factors | Tensor:
    parts = [(source.settings[name].factors(source.tensors(name)), source.weight) for source in sources]
    known = [(factors, weight) for factors, weight in parts if factors]
    if len(known) == len(parts):
        return stack(known)
    weight = weights(name)
    deltas = [source.delta(name, weight) for source in sources]
    return sum(deltas[1:], deltas[0])


def _on_paper(source: Source, name: str) -> Factors | None:
    tensors = {key: tensor.to("meta") for key, tensor in source.tensors(name).items()}
    return source.settings[name].factors(tensors)


def _require_way(
    sources: Sequence[Source], outline: Mapping[str, Factors | None], cut: Cut | None, facts: BaseFacts | None
) -> None:
    """Raise `UserError` if kinds other than LoRA lack what they need, or a file doesn't fit the base."""
    if facts:
        for source in sources:
            require_made_for(source.file, facts)
    missing = {"--base": facts is None, "--rank, --keep or --ratio": cut is None}
    if None in outline.values() and any(missing.values()):
        file = next(source.file for source in sources if any(_on_paper(source, one) is None for one in source.settings))
        needed = [option for option, is_missing in missing.items() if is_missing]
        raise UserError(
            f"'{file.path}' ({kind_in(file)}) can't be added up as it is: its change isn't a plain product of two thin "
            "matrices, so it has to be worked out on the base that it was made for and cut to a rank. Give "
            f"{' and '.join(needed)}.",
            f"“{file.path}”（{kind_in(file)}）不能直接相加：它的改变量不是两个细长矩阵的乘积，需要在其底模上算出后再截取"
            f"到某个 rank。请加上 {'，以及 '.join(needed)}。",
        )


def _require_one_family(files: Sequence[AdapterFile]) -> None:
    known = [(file, family) for file in files if (family := family_of(file.layers, file.metadata))]
    for file, family in known[1:]:
        first, other = known[0]
        if family is not other:
            raise UserError(
                f"'{first.path}' was made for {other.title} and '{file.path}' for {family.title}: only adapters of one "
                "family can be merged.",
                f"“{first.path}”适用于 {other.title}，而“{file.path}”适用于 {family.title}：只能合并同一系列的 LoRA。",
            )


def _full_rank(shape: Sequence[int]) -> int:
    return min(shape[0], math.prod(shape[1:]))


def _precision_of(files: Sequence[AdapterFile]) -> SavePrecision:
    return common_precision(
        tensor for file in files for layer in file.layers.values() for key, tensor in layer.items() if key != "alpha"
    )


def _step(
    action: str, sources: list[dict[str, Any]], cut: Cut | None, layers: Mapping[str, CutLayer]
) -> dict[str, Any]:
    told = {key: value for key, value in asdict(cut).items() if value is not None} if cut else {}
    return {"action": action, "from": sources, **told, "kept": round(kept_share(layers.values()), 6)}
