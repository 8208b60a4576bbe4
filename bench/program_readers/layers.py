"""A base's layers under other programs' names, and what a program has made of their weights."""

from typing import Any

from torch import Tensor

Weights = dict[str, Tensor]


def keys_of(base: Any) -> dict[str, str]:
    """ComfyUI's and Forge's name of each layer."""
    texts = {"sd15": ("clip_l",), "sd2": ("clip_h",), "sdxl": ("clip_l", "clip_g")}[base["family"]]
    named = dict(zip(("text_encoder", "text_encoder_2"), texts, strict=False))
    return {
        name: f"diffusion_model.{old}" if component == "unet" else f"{named[component]}.transformer.{with_model(path)}"
        for name, (component, path, old) in base["layers"].items()
    }


def with_model(path: str) -> str:
    """A text encoder's path as transformers had it for long."""
    return path if path.startswith("text_model.") else f"text_model.{path}"


def state_of(base: Any, keys: dict[str, str]) -> Weights:
    """The weights of all layers under a program's names."""
    state: Weights = {}
    for name, (component, path, _) in base["layers"].items():
        for part in ("weight", "bias"):
            if f"{path}.{part}" in base["weights"][component]:
                state[f"{keys[name]}.{part}"] = base["weights"][component][f"{path}.{part}"].float()
    return state


def differences(before: Weights, after: Weights, keys: dict[str, str]) -> dict[str, Any]:
    """The changed layers, each with the change of its weight and of its bias."""
    changed: dict[str, Any] = {}
    for name, key in keys.items():
        parts = [
            after[f"{key}.{part}"] - before[f"{key}.{part}"] if f"{key}.{part}" in after else None
            for part in ("weight", "bias")
        ]
        if any(part is not None and bool(part.any()) for part in parts):
            changed[name] = parts
    return changed


def unet_config(base: Any) -> dict[str, Any]:
    """The U-Net as ComfyUI describes it."""
    if base["family"] == "sdxl":
        depths, levels = ([0, 0, 2, 2, 3, 3], [0, 0, 0, 2, 2, 2, 3, 3, 3]), 3
    else:
        depths, levels = ([1, 1, 1, 1, 1, 1, 0, 0], [1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0]), 4
    return {
        "num_res_blocks": [2] * levels,
        "channel_mult": [1] * levels,
        "transformer_depth": depths[0],
        "transformer_depth_output": depths[1],
        "transformer_depth_middle": 3 if base["family"] == "sdxl" else 1,
    }
