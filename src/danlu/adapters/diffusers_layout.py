"""Adapter files in the layout that diffusers and PEFT write, to kohya's and back, without a number changed.

There, a layer is `<component>.<path>.lora_A.weight` and `.lora_B.weight` (earlier `.lora.down`, `.lora_linear_layer.up`
and the like), and alpha isn't a tensor but one of PEFT's settings, in the metadata as JSON; without them it is the
rank. Plain LoRA, with convolutions, is all that both layouts hold.
"""

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from danlu.adapters.origin import choose_family, context_width, family_of, is_possible
from danlu.families.base import Family
from danlu.families.layer_names import place_of
from danlu.kit.errors import UserError
from danlu.kit.variants import kinds_of

SETTINGS = "lora_adapter_metadata"
"""The metadata key of PEFT's settings, each under `<component>.<name>`."""
KOHYA = "danlu_kohya"
"""The metadata key of what the layout has no place for: how a file in kohya's layout kept alpha."""
DOWN, UP, ALPHA = "lora_down.weight", "lora_up.weight", "alpha"
COMPONENTS = ("unet", "text_encoder", "text_encoder_2")
_KEY = re.compile(r"(.+?)(?:\.lora_|\.lora\.|\.lora_linear_layer\.|_lora\.)(A|B|down|up)\.weight")
_EARLIER = {"to_q": "q_proj", "to_k": "k_proj", "to_v": "v_proj", "to_out": "out_proj"}
"""What attention was called in text encoders, as in the U-Net."""
_FORMATS = {str(one).removeprefix("torch."): one for one in (torch.float16, torch.bfloat16, torch.float64)}

Layers = Mapping[str, Mapping[str, Tensor]]


def is_diffusers_layout(names: Iterable[str]) -> bool:
    """Whether tensors of these names are those of such a file."""
    return any(name.startswith(tuple(f"{component}." for component in COMPONENTS)) for name in names)


def from_diffusers(
    tensors: Mapping[str, Tensor], metadata: Mapping[str, str], path: Path
) -> dict[str, dict[str, Tensor]]:
    """The layers of a file in that layout, by kohya's names. Raises `UserError` if it holds anything but LoRA layers of
    Stable Diffusion.
    """
    found: dict[tuple[str, str], dict[str, Tensor]] = {}
    for key, tensor in tensors.items():
        place, suffix = _place_of_key(key, path)
        found.setdefault(place, {})[suffix] = tensor
    families = kinds_of(Family).values()
    possible = [family for family in families if is_possible(family, found)]
    width = context_width({place[1]: layer for place, layer in found.items()})
    family = choose_family(possible, metadata, width) or next(iter(possible), None)
    settings, kept = (_read_json(metadata, key, path) for key in (SETTINGS, KOHYA))
    layers: dict[str, dict[str, Tensor]] = {}
    for (component, inner), layer in found.items():
        try:
            name = family.adapter_naming(family.usual_blocks, component)(inner) if family else None
        except KeyError:
            name = None
        if name is None or layer.keys() != {DOWN, UP}:
            raise _unknown(f"{component}.{inner}", path)
        alpha = _alpha_in(settings, component, inner, rank=layer[DOWN].shape[0])
        layers[name] = {**layer, **_alpha_tensor(alpha, kept.get("alpha", "float32"))}
    return layers


def to_diffusers(layers: Layers, metadata: Mapping[str, str], path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The tensors of a file in that layout, and the metadata that belong to it. Raises `UserError` for layers that it
    can't hold.
    """
    possible = [one for one in kinds_of(Family).values() if all(one.adapter_place(name) for name in layers)]
    family = family_of(layers, metadata) or next(iter(possible), None)
    tensors: dict[str, Tensor] = {}
    scales: dict[str, dict[str, tuple[int, float]]] = {}
    for name, layer in layers.items():
        place = family.adapter_place(name) if family else None
        if place is None:
            raise _unknown(name, path)
        if not {DOWN, UP} <= layer.keys() <= {DOWN, UP, ALPHA}:
            raise UserError(
                f"'{path}' can't be converted: diffusers' layout holds plain LoRA only, and layer '{name}' has the "
                f"tensors {', '.join(sorted(layer))}. Make it a LoRA first, by danlu resize with --rank and --base; "
                "norms (w_norm) have no place there at all.",
                f"无法转换“{path}”：diffusers 格式只能存放普通 LoRA，而层“{name}”的张量为 {'、'.join(sorted(layer))}。"
                "请先用 danlu resize（加 --rank 与 --base）转为 LoRA；归一化层（w_norm）在该格式中无处存放。",
            )
        component, inner = place
        key = f"{component}.{'' if component == 'unet' else 'text_model.'}{inner}"
        tensors |= {f"{key}.lora_A.weight": layer[DOWN], f"{key}.lora_B.weight": layer[UP]}
        rank = layer[DOWN].shape[0]
        alpha = float(layer[ALPHA]) if ALPHA in layer else 0.0
        scales.setdefault(component, {})[inner] = (rank, alpha or float(rank))
    settings = {
        f"{component}.{key}": value for component, inner in scales.items() for key, value in _settings(inner).items()
    }
    return tensors, {SETTINGS: json.dumps(settings, sort_keys=True), KOHYA: json.dumps(_how_alpha_is_kept(layers))}


def _place_of_key(key: str, path: Path) -> tuple[tuple[str, str], str]:
    """Component and path of a tensor's layer, and which of its tensors it is."""
    component, _, rest = key.partition(".")
    found = _KEY.fullmatch(rest.replace(".processor.", "."))
    if component not in COMPONENTS or found is None:
        raise _unknown(key, path)
    inner = found[1]
    if "_lora." in rest:
        module, _, leaf = inner.rpartition(".")
        renamed = f"{leaf}.0" if leaf == "to_out" else leaf
        inner = f"{module}.{renamed if component == 'unet' else _EARLIER.get(leaf, leaf)}"
    place = place_of(component, inner)
    if place is None:
        raise _unknown(key, path)
    return place, DOWN if found[2] in ("A", "down") else UP


def _read_json(metadata: Mapping[str, str], key: str, path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(metadata.get(key, "{}")))
    except (ValueError, TypeError) as error:
        raise UserError(
            f"'{path}' has broken metadata ('{key}'): get it again.",
            f"“{path}”的元数据（“{key}”）已损坏：请重新获取。",
        ) from error


def _alpha_in(settings: Mapping[str, Any], component: str, inner: str, *, rank: int) -> float:
    """The alpha by which readers of alpha/rank get the scale that PEFT's settings ask for."""
    alpha = settings.get(f"{component}.lora_alpha")
    if alpha is None:
        return float(rank)
    for pattern, value in (settings.get(f"{component}.alpha_pattern") or {}).items():
        if re.fullmatch(rf"(.*\.)?({pattern})", f"text_model.{inner}"):  # as PEFT looks them up
            alpha = value
            break
    return float(alpha) * (math.sqrt(rank) if settings.get(f"{component}.use_rslora") else 1.0)


def _alpha_tensor(alpha: float, kept: str | None) -> dict[str, Tensor]:
    return {} if kept is None else {ALPHA: torch.tensor(alpha, dtype=_FORMATS.get(kept, torch.float32))}


def _how_alpha_is_kept(layers: Layers) -> dict[str, str | None]:
    """The number format of all alphas, None if there are none; where layers differ, nothing is told."""
    formats = {str(layer[ALPHA].dtype).removeprefix("torch.") if ALPHA in layer else None for layer in layers.values()}
    return {"alpha": formats.pop()} if len(formats) == 1 else {}


def _settings(layers: Mapping[str, tuple[int, float]]) -> dict[str, Any]:
    """PEFT's settings for the layers of one component, from their ranks and alphas."""
    (rank, _), *_ = Counter(rank for rank, _ in layers.values()).most_common(1)
    (alpha, _), *_ = Counter(alpha for _, alpha in layers.values()).most_common(1)
    return {
        "r": rank,
        "lora_alpha": alpha,
        "rank_pattern": {inner: own for inner, (own, _) in layers.items() if own != rank},
        "alpha_pattern": {inner: own for inner, (_, own) in layers.items() if own != alpha},
        "target_modules": list(layers),
    }


def _unknown(key: str, path: Path) -> UserError:
    return UserError(
        f"'{path}' holds more than a plain LoRA of Stable Diffusion: '{key}' can't be read in diffusers' layout or "
        "brought into it.",
        f"“{path}”不是 Stable Diffusion 的普通 LoRA：无法以 diffusers 格式读写“{key}”。",
    )
