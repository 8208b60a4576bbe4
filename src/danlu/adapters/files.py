"""Adapter files in kohya's and LyCORIS' format: `<layer name>.<suffix>` tensors, metadata as strings.

LoRAs in diffusers' layout are read too, and look the same from here on.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import torch
from torch import Tensor

from danlu.adapters.base import Adapter
from danlu.adapters.diffusers_layout import from_diffusers, is_diffusers_layout
from danlu.families.base import BaseFacts
from danlu.kit.errors import UserError
from danlu.kit.variants import kind_name, kinds_of
from danlu.weights.safetensor_files import read_tensors, write_tensors

if TYPE_CHECKING:
    from danlu.adapters.injection import Injection

SavePrecision = Literal["fp32", "fp16", "bf16"]
Layout = Literal["kohya", "diffusers"]
DTYPES = {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}


@dataclass(frozen=True)
class AdapterFile:
    """An adapter as it lies in a file."""

    path: Path
    layers: dict[str, dict[str, Tensor]]
    """Layer name to its tensors by suffix."""
    metadata: dict[str, str]
    layout: Layout = "kohya"
    """How the file itself names its tensors; `layers` has kohya's names either way."""


def read_adapter(path: Path) -> AdapterFile:
    """Read an adapter file. Raises `UserError` if it is missing, broken, or of a kind that can't be read."""
    tensors, metadata = read_tensors(path)
    if is_diffusers_layout(tensors):
        return AdapterFile(path, from_diffusers(tensors, metadata, path), metadata, "diffusers")
    layers: dict[str, dict[str, Tensor]] = {}
    for key, tensor in tensors.items():
        layer, _, suffix = key.partition(".")
        layers.setdefault(layer, {})[suffix] = tensor
    for layer, found in layers.items():
        if _kind_of(found) is None:
            known = ", ".join(kinds_of(Adapter))
            raise UserError(
                f"'{path}' is no adapter that this version reads ({known}): layer '{layer}' has the tensors "
                f"{', '.join(sorted(found))}.",
                f"“{path}”不是当前版本能读取的 LoRA（{known}）：层“{layer}”的张量为 {'、'.join(sorted(found))}。",
            )
    return AdapterFile(path, layers, metadata)


def layers_for(
    file: AdapterFile, weights: Mapping[str, Tensor], facts: BaseFacts
) -> dict[str, tuple[Adapter, dict[str, Tensor]]]:
    """Settings and tensors of each layer, checked to fit a base whose layers of these names have these weights. Raises
    `UserError` if they don't.
    """
    found: dict[str, tuple[Adapter, dict[str, Tensor]]] = {}
    fits: dict[object, bool] = {}  # many layers are alike
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
    if len(found) < len(file.layers) or not found:
        made_for = file.metadata.get("ss_base_model_version") or "another family"
        unfit = len(file.layers) - len(found)
        raise UserError(
            f"'{file.path}' doesn't fit the base '{facts.name}' ({facts.family}): it was made for {made_for}, and "
            f"{unfit} of its {len(file.layers)} layers don't exist there or are of another size. Choose a base of its "
            "own family.",
            f"“{file.path}”与底模“{facts.name}”（{facts.family}）不匹配：它是为 {made_for} 训练的，"
            f"{len(file.layers)} 层中有 {unfit} 层不存在或尺寸不符。请选择同系列的底模。",
        )
    return found


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
