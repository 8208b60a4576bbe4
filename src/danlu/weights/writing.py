"""From modules' tensors to the names and forms of the original (LDM) layout: the inverse of `single_file`.

In: the tensors of a base's components under diffusers' and transformers' names. Out: the tensors of one file that
A1111, ComfyUI, sd-scripts and `open_single_file` read. Nothing is written here.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from danlu.weights.components import plain_name
from danlu.weights.original_text import ENDS, LAYER, QKV
from danlu.weights.original_unet import unet_modules
from danlu.weights.original_vae import vae_modules
from danlu.weights.single_file import CLIP, CLIP_XL, OPEN_CLIP, OPEN_CLIP_XL, UNET, VAE

Stated = tuple[Mapping[str, Any], Mapping[str, Tensor]]
"""A component's config and its tensors."""


def original_tensors(components: Mapping[str, Stated]) -> dict[str, Tensor]:
    """The tensors of a checkpoint file, by original names, of a base's components by name."""
    tensors = _renamed(components["unet"], unet_modules(components["unet"][0]), UNET)
    tensors |= original_vae(components["vae"], prefix=VAE)
    _, text = components["text_encoder"]
    if "text_encoder_2" in components:
        tensors |= _clip(text, CLIP_XL) | _open_clip(components["text_encoder_2"][1], OPEN_CLIP_XL)
    elif components["unet"][0].get("use_linear_projection"):
        tensors |= _open_clip(_with_last_layer(text), OPEN_CLIP)
    else:
        tensors |= _clip(text, CLIP)
    return tensors


def original_vae(vae: Stated, *, prefix: str = "") -> dict[str, Tensor]:
    """The tensors of a VAE by original names; its attention as 1×1 convolutions."""
    renamed = _renamed(vae, vae_modules(vae[0]), prefix)
    return {
        key: tensor[:, :, None, None] if ".mid.attn_1." in key and tensor.dim() == 2 else tensor
        for key, tensor in renamed.items()
    }


def _renamed(component: Stated, modules: Mapping[str, str], prefix: str) -> dict[str, Tensor]:
    original = {own: old for old, own in modules.items()}
    renamed: dict[str, Tensor] = {}
    for name, tensor in component[1].items():
        module = name.rpartition(".")[0]
        while module not in original:
            module = module.rpartition(".")[0]
        renamed[prefix + original[module] + name[len(module) :]] = tensor
    return renamed


def _clip(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {f"{prefix}text_model.{plain_name(name)}": tensor for name, tensor in tensors.items()}


def _open_clip(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    ends, layer = ({own: old for old, own in table.items()} for table in (ENDS, LAYER))
    plain = {plain_name(name): tensor for name, tensor in tensors.items()}
    renamed: dict[str, Tensor] = {}
    for name, tensor in plain.items():
        if name in ends:
            renamed[prefix + ends[name]] = tensor.T if name == "text_projection.weight" else tensor
            continue
        number, _, rest = name.removeprefix("encoder.layers.").partition(".")
        module, _, kind = rest.rpartition(".")
        place = f"{prefix}transformer.resblocks.{number}"
        if module in layer:
            renamed[f"{place}.{layer[module]}.{kind}"] = tensor
        else:
            rows = [plain[f"encoder.layers.{number}.self_attn.{one}.{kind}"] for one in QKV]
            renamed.setdefault(f"{place}.attn.in_proj_{kind}", torch.cat(rows))
    return renamed


def _with_last_layer(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """SD2's text encoder with one layer more: readers expect it in a file though none uses its output."""
    plain = {plain_name(name): tensor for name, tensor in tensors.items()}
    last = max(int(name.split(".")[2]) for name in plain if name.startswith("encoder.layers."))
    mine, next_one = f"encoder.layers.{last}.", f"encoder.layers.{last + 1}."
    return plain | {
        name.replace(mine, next_one): tensor.clone() for name, tensor in plain.items() if name.startswith(mine)
    }
