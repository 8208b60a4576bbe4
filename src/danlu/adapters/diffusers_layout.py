"""Adapter files in the layout that diffusers and PEFT write, made from kohya's layers without a number changed.

There, a layer is `<component>.<path>.lora_A.weight` and `.lora_B.weight`, and alpha isn't a tensor but one of PEFT's
settings, in the metadata as JSON. Plain LoRA, with convolutions, is all that both layouts hold. (`canonical` reads such
files, as it does all others.)
"""

import json
from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from danlu.adapters.origin import family_of
from danlu.adapters.peft_settings import KOHYA, SETTINGS, Layers, how_alpha_is_kept, rank_and_alpha, settings_of
from danlu.adapters.tensor_names import ALPHA, DOWN, UP
from danlu.families.base import Family
from danlu.kit.errors import UserError
from danlu.kit.language import some_of
from danlu.kit.variants import kinds_of


def to_diffusers(layers: Layers, metadata: Mapping[str, str], path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The tensors of a file in that layout, and the metadata that belong to it. Raises `UserError` for layers that it
    can't hold; one without a place there is left out, unless all are.
    """
    family = family_of(layers, metadata) or max(
        kinds_of(Family).values(), key=lambda one: sum(one.adapter_place(name) is not None for name in layers)
    )
    tensors: dict[str, Tensor] = {}
    scales: dict[str, dict[str, tuple[int, float]]] = {}
    for name, layer in layers.items():
        place = family.adapter_place(name)
        if place is None:
            continue
        if not {DOWN, UP} <= layer.keys() <= {DOWN, UP, ALPHA}:
            shown = some_of(sorted(layer))
            raise UserError(
                f"'{path}' can't be converted: diffusers' layout holds plain LoRA only, and layer '{name}' has the "
                f"tensors {shown.en}. Make it a LoRA first, by danlu resize with --rank and --base; "
                "norms (w_norm) have no place there at all.",
                f"无法转换“{path}”：diffusers 格式只能存放普通 LoRA，而层“{name}”的张量为 {shown.zh}。"
                "请先用 danlu resize（加 --rank 与 --base）转为 LoRA；归一化层（w_norm）在该格式中无处存放。",
            )
        component, inner = place
        key = f"{component}.{'' if component == 'unet' else 'text_model.'}{inner}"
        tensors |= {f"{key}.lora_A.weight": layer[DOWN], f"{key}.lora_B.weight": layer[UP]}
        scales.setdefault(component, {})[inner] = rank_and_alpha(layer)
    if not tensors:
        shown = some_of(list(layers))
        raise UserError(
            f"'{path}' can't be converted: its layers have no place in diffusers' layout ({shown.en}).",
            f"无法转换“{path}”：其中的层在 diffusers 格式中没有对应的位置（{shown.zh}）。",
        )
    settings = {
        f"{component}.{key}": value for component, inner in scales.items() for key, value in settings_of(inner).items()
    }
    return tensors, {SETTINGS: json.dumps(settings, sort_keys=True), KOHYA: json.dumps(how_alpha_is_kept(layers))}
