"""Merge adapters into one LoRA, or cut one to a lower rank.

ΔW = Σ ρ_i ΔW_i, layer by layer. LoRAs are added exactly, by stacking their factors; other kinds, and DoRA, by way of
the whole ΔW on the base that they were made for, which then has to be cut to a rank. Changes of norms are added up as
they are; those of biases have no place in a LoRA and are left out, which is told.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from torch import Tensor

from danlu.adapters.algebra import Cut, Factors, stack
from danlu.adapters.files import AdapterFile, SavePrecision, kind_in
from danlu.adapters.kinds.norm import Norm
from danlu.families.base import BaseFacts
from danlu.families.find import find_base
from danlu.kit.errors import UserError
from danlu.pipeline.base_weights import BaseWeights, open_weights
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
from danlu.pipeline.provenance import about_sources, changed_metadata, merged_metadata, norms_metadata
from danlu.pipeline.sources import Source, bias_size, fitting_sources, read_sources, sum_norms

OnLayer = Callable[[int, int], None]


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
    facts = find_base(base)[1] if base else None
    sources = fitting_sources(sources, facts) if facts else sources
    outline = outline_of(sources)
    _require_way(sources, outline, cut, facts)
    shapes = [factors.shape for factors in outline.values() if factors]
    require_rank(cut, max((_full_rank(shape) for shape in shapes), default=cut.rank or 1) if cut else 1)
    layers = add_up(sources, outline, cut, facts, on_layer=on_layer)
    files = [source.file for source in sources]
    step = _step("merge", about_sources(files, [source.weight for source in sources]), cut, layers)
    metadata = merged_metadata(files, {name: one.factors for name, one in layers.items()}, out, step)
    return _write(out, sources, layers, precision, metadata=metadata)


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
    sources = read_sources([Strength(path)])
    facts = find_base(base)[1] if base else None
    (source,) = sources = fitting_sources(sources, facts) if facts else sources
    outline = outline_of(sources)
    _require_way(sources, outline, cut, facts)
    if all(outline.values()):
        require_rank(cut, max(factors.rank for factors in outline.values() if factors))
    layers = add_up(sources, outline, cut, facts, on_layer=on_layer)
    step = _step("resize", about_sources([source.file], [1.0]), cut, layers)
    metadata = changed_metadata(source.file, {name: one.factors for name, one in layers.items()}, out, step)
    return _write(out, sources, layers, precision, metadata=metadata)


def outline_of(sources: Sequence[Source]) -> dict[str, Factors | None]:
    """What each layer's sum will look like, worked out without computing it: stacked factors, or None where one of the
    kinds has none. Norms are left out. Raises `UserError` where layers don't fit each other, or there is none.
    """
    outline: dict[str, Factors | None] = {}
    names = (name for source in sources for name, one in source.settings.items() if not isinstance(one, Norm))
    for name in dict.fromkeys(names):
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
    if not outline:
        raise UserError(
            f"'{sources[0].file.path}' changes norms only, which are no LoRA: put it into a base by "
            "danlu merge --into.",
            f"“{sources[0].file.path}”只改变归一化层，不是 LoRA：可用 danlu merge --into 融入底模。",
        )
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
    """Raise `UserError` if kinds other than LoRA lack what they need."""
    missing = {"--base": facts is None, "--rank, --keep or --ratio": cut is None}
    if None in outline.values() and any(missing.values()):
        file = next(
            source.file
            for source in sources
            if any(_on_paper(source, name) is None for name in outline if name in source.settings)
        )
        needed = [option for option, is_missing in missing.items() if is_missing]
        raise UserError(
            f"'{file.path}' ({kind_in(file)}) can't be added up as it is: its change isn't a plain product of two thin "
            "matrices, so it has to be worked out on the base that it was made for and cut to a rank. Give "
            f"{' and '.join(needed)}.",
            f"“{file.path}”（{kind_in(file)}）不能直接相加：它的改变量不是两个细长矩阵的乘积，需要在其底模上算出后再截取"
            f"到某个 rank。请加上 {'，以及 '.join(needed)}。",
        )


def _write(
    out: Path,
    sources: Sequence[Source],
    layers: Mapping[str, CutLayer],
    precision: SavePrecision | None,
    *,
    metadata: Mapping[str, str],
) -> Derived:
    norms, files, biases = sum_norms(sources), [source.file for source in sources], bias_size(sources)
    if biases and not any(layer.whole for layer in layers.values()):
        raise UserError(
            f"'{files[0].path}' changes biases only, which are no LoRA: put it into a base by danlu merge --into.",
            f"“{files[0].path}”只改变偏置，不是 LoRA：可用 danlu merge --into 融入底模。",
        )
    told = norms_metadata(metadata) if norms else metadata
    made = write_lora(out, layers, precision or _precision_of(files), told, norms=norms, left_out=biases)
    return replace(made, notes=[note for file in files for note in file.notes])


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
