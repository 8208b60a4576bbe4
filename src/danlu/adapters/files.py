"""Adapter files: their layers by kohya's names with LyCORIS' suffixes, whoever wrote them, and metadata as strings."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import torch
from torch import Tensor

from danlu.adapters.base import Adapter
from danlu.adapters.canonical import EMBEDDINGS, Canonical, Layout, LeftOut, read_layers
from danlu.adapters.foreign import foreign_kind
from danlu.adapters.made_for import made_for, require_build, shapes_of
from danlu.adapters.origin import family_of
from danlu.families.base import BaseFacts, Family
from danlu.kit.errors import UserError
from danlu.kit.language import Text, some_of
from danlu.kit.variants import kind_name, kinds_of
from danlu.weights.safetensor_files import read_tensors, write_tensors

if TYPE_CHECKING:
    from danlu.adapters.injection import Injection

SavePrecision = Literal["fp32", "fp16", "bf16"]
DTYPES = {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}
MOST_UNFIT = 0.05
"""The share of layers that may be of another size in a base for which an adapter was made."""
ELSEWHERE = Text("they aren't in this base, or are of another size there", "该底模中没有这些层，或尺寸不同")


@dataclass(frozen=True)
class AdapterFile:
    """An adapter as it lies in a file."""

    path: Path
    layers: dict[str, dict[str, Tensor]]
    """Layer name to its tensors by suffix."""
    metadata: dict[str, str]
    layout: Layout = "kohya"
    """How the file itself names its tensors; `layers` has kohya's names either way."""
    left_out: tuple[LeftOut, ...] = ()
    """What the file holds beside them, which isn't taken."""

    @property
    def notes(self) -> list[Text]:
        """What people should know of it."""
        name = self.path.name
        return [Text(f"'{name}': {one.text.en}", f"“{name}”：{one.text.zh}") for one in self.left_out]


def read_adapter(path: Path) -> AdapterFile:
    """Read an adapter file. Raises `UserError` if it is missing, broken, or of a kind that can't be read."""
    tensors, metadata = read_tensors(path)
    found = read_layers(tensors, metadata, path, is_readable=lambda layer: _kind_of(layer) is not None)
    missing = sum(len(names) for why, names in found.left_out.items() if why != EMBEDDINGS)
    is_foreign = missing + found.strange > len(found.layers) - found.strange and foreign_kind(tensors) is not None
    if is_foreign or missing > len(found.layers) or not found.layers:
        raise _no_adapter(path, tensors, found)
    _require_numbers(path, found.layers)
    left_out = tuple(LeftOut(tuple(names), why) for why, names in found.left_out.items())
    return AdapterFile(path, found.layers, metadata, found.layout, left_out)


def layers_for(
    file: AdapterFile, weights: Mapping[str, Tensor], facts: BaseFacts
) -> dict[str, tuple[Adapter, dict[str, Tensor]]]:
    """Settings and tensors of each layer that fits a base whose layers of these names have these weights. Raises
    `UserError` if so many don't that the adapter was made for another one.
    """
    found: dict[str, tuple[Adapter, dict[str, Tensor]]] = {}
    fits: dict[object, bool] = {}  # many layers are alike
    unfit: list[str] = []
    for name, tensors in file.layers.items():
        adapter = _kind_of(tensors)
        assert adapter is not None
        own = own_tensors(adapter, tensors)
        if name not in weights:
            continue
        shapes = (type(adapter), weights[name].shape, *((key, tensor.shape) for key, tensor in own.items()))
        if shapes not in fits:
            fits[shapes] = _fits(adapter, own, weights[name])
        if fits[shapes]:
            found[name] = (adapter, own)
        else:
            unfit.append(name)
    if len(found) * 2 <= len(file.layers) or len(unfit) > MOST_UNFIT * len(file.layers):
        require_build(file.path, made_for(shapes_of(file.layers), file.metadata), facts)
        raise _other_base(file, unfit + [name for name in file.layers if name not in weights], facts)
    return found


def fitting_part(file: AdapterFile, weights: Mapping[str, Tensor], facts: BaseFacts) -> AdapterFile:
    """An adapter without the layers that a base can't take, which are noted as left out. Raises `UserError` as
    `layers_for`.
    """
    found = layers_for(file, weights, facts)
    rest = tuple(name for name in file.layers if name not in found)
    if not rest:
        return file
    layers = {name: tensors for name, tensors in file.layers.items() if name in found}
    return replace(file, layers=layers, left_out=(*file.left_out, LeftOut(rest, ELSEWHERE)))


def write_adapter(path: Path, injection: "Injection", metadata: Mapping[str, str], precision: SavePrecision) -> str:
    """Write the injected adapter as a file; returns its `sshs_model_hash`."""
    tensors = {
        f"{name}.{suffix}": tensor
        for name, layer in injection.layers.items()
        for suffix, tensor in layer.adapter.to_file(dict(layer.tensors.items()), DTYPES[precision]).items()
    }
    return write_tensors(path, tensors, metadata)


def own_tensors(adapter: Adapter, found: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """One layer's tensors in a file, in float32 and by the names that its kind gives them."""
    return {name: found[suffix].float() for name, suffix in adapter.suffixes.items() if suffix in found}


def settings_in(file: AdapterFile) -> dict[str, Adapter]:
    """Each layer's settings, as far as its tensors tell them."""
    return {name: adapter for name, tensors in file.layers.items() if (adapter := _kind_of(tensors))}


def kind_in(file: AdapterFile) -> str:
    """The kind of an adapter file, e.g. "lora", or its kinds: "locon + lora"."""
    return " + ".join(sorted({kind_name(type(adapter)) for adapter in settings_in(file).values()}))


def _fits(adapter: Adapter, tensors: Mapping[str, Tensor], weight: Tensor) -> bool:
    """Whether ΔW has the weight's shape, and Δb fits it, worked out without computing them."""
    on_paper = {name: tensor.to("meta") for name, tensor in tensors.items()}
    try:
        shift = adapter.bias_delta(on_paper)
        return (shift is None or shift.shape == weight.shape[:1]) and (
            adapter.delta(on_paper, weight.to("meta")).shape == weight.shape
        )
    except RuntimeError:  # torch refuses the sizes
        return False


def _kind_of(tensors: Mapping[str, Tensor]) -> Adapter | None:
    for kind in kinds_of(Adapter).values():
        if (adapter := kind.from_file(tensors)) is not None:
            return adapter
    return None


def _require_numbers(path: Path, layers: Mapping[str, Mapping[str, Tensor]]) -> None:
    """Raise `UserError` for tensors with anything but numbers in them. (An alpha may be infinite: where it counts for
    nothing, some programs write one that large.)
    """
    for name, tensors in layers.items():
        for suffix, tensor in tensors.items():
            if suffix == "alpha" or not tensor.is_floating_point() or math.isfinite(float(tensor.float().sum())):
                continue
            if not bool(tensor.float().isfinite().all()):  # a sum of numbers may be too large for one
                raise damaged(path, name)


def damaged(path: Path, layer: str) -> UserError:
    """The error for a file with values that aren't numbers."""
    return UserError(
        f"'{path}' is damaged: layer '{layer}' holds values that aren't numbers (a training that went astray). "
        "Take an earlier epoch.",
        f"“{path}”已损坏：层“{layer}”中有非数值（训练发散所致）。请改用较早的轮次。",
    )


def _no_adapter(path: Path, keys: Sequence[str] | Mapping[str, Tensor], found: Canonical) -> UserError:
    """What a file is that can't be read as an adapter."""
    listed = list(keys)
    if not listed:
        return UserError(
            f"'{path}' holds no tensors: it is empty. Get it again.", f"“{path}”中没有任何张量：请重新获取。"
        )
    if kind := foreign_kind(listed):
        families_en = ", ".join(family.title for family in kinds_of(Family).values())
        return UserError(
            f"'{path}' is {kind.en}, and no LoRA or other adapter for {families_en}: it can't be used here.",
            f"“{path}”是 {kind.zh}，而不是 {families_en} 的 LoRA，无法在此使用。",
        )
    known = ", ".join(kinds_of(Adapter))
    shown = some_of(listed)
    why = next(iter(found.left_out), None)
    en, zh = (f" ({why.en})", f"（{why.zh}）") if why else ("", "")
    return UserError(
        f"'{path}' is no adapter that this version reads ({known}): it holds {shown.en}{en}.",
        f"“{path}”不是当前版本能读取的 LoRA（{known}）：其中的张量为 {shown.zh}{zh}。",
    )


def _other_base(file: AdapterFile, unfit: Sequence[str], facts: BaseFacts) -> UserError:
    """An adapter that was made for another base."""
    own, shown = family_of(file.layers, file.metadata), some_of(unfit)
    base = kinds_of(Family)[facts.family].title
    if own is not None and own is not kinds_of(Family)[facts.family]:
        made_en = made_zh = own.title
        do_en, do_zh = f"Choose a base of {own.title}.", f"请选择 {own.title} 的底模。"
    else:
        made_en, made_zh = "a base of another kind or size", "其他类型或尺寸的底模"
        do_en, do_zh = (
            "Choose the base that it was trained on, or one made from it.",
            "请选择训练时所用的底模或其衍生底模。",
        )
    return UserError(
        f"'{file.path}' doesn't fit the base '{facts.name}' ({base}): it was made for {made_en}, and {len(unfit)} of "
        f"its {len(file.layers)} layers don't exist there or are of another size ({shown.en}). {do_en}",
        f"“{file.path}”与底模“{facts.name}”（{base}）不匹配：它是为 {made_zh} 训练的，{len(file.layers)} 层中有 "
        f"{len(unfit)} 层不存在或尺寸不符（{shown.zh}）。{do_zh}",
    )
