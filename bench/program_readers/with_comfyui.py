"""ComfyUI's loading code."""

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

from layers import differences, keys_of, state_of, unet_config
from safetensors.torch import load_file


def make_reader(folder: Path, base: Any) -> Callable[[Path, float], dict[str, Any]]:
    """ComfyUI's key maps, `load_lora` and `calculate_weight`."""
    sys.path.insert(0, str(folder))
    importlib.import_module("comfy.options")
    importlib.import_module("comfy.cli_args").args.cpu = True
    asked: Any = ModuleType("comfy.model_base")  # only whether the model is of one of other families
    asked.__getattr__ = lambda name: type(name, (), {})
    sys.modules["comfy.model_base"] = asked
    importlib.import_module("comfy").model_base = asked
    lora = importlib.import_module("comfy.lora")
    keys = keys_of(base)
    state = state_of(base, keys)
    unet = SimpleNamespace(
        state_dict=lambda: {key: one for key, one in state.items() if key.startswith("diffusion_model.")},
        model_config=SimpleNamespace(unet_config=unet_config(base)),
    )
    texts = SimpleNamespace(state_dict=lambda: {key: one for key, one in state.items() if key.startswith("clip_")})

    def apply(file: Path, strength: float) -> dict[str, Any]:
        names = lora.model_lora_keys_clip(texts, lora.model_lora_keys_unet(unet, {}))
        after = dict(state)
        for key, patch in lora.load_lora(load_file(file), names, log_missing=False).items():
            patches = [(strength, patch, 1.0, None, None)]
            after[key] = lora.calculate_weight(patches, state[key].clone(), key)
        return differences(state, after, keys)

    return apply
