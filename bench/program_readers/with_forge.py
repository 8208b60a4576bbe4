"""Forge's loading code."""

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

from layers import Weights, differences, keys_of, state_of, unet_config
from safetensors.torch import load_file


def make_reader(folder: Path, base: Any) -> Callable[[Path, float], dict[str, Any]]:
    """Forge's `load_lora_for_models` and `merge_lora_to_weight`."""
    for name in ("gguf", "backend.args", "backend.memory_management", "backend.utils", "backend.operations", "modules"):
        sys.modules[name] = MagicMock()
    for name in ("modules.shared", "modules.sd_models", "modules.errors", "modules.scripts", "network"):
        sys.modules[name] = MagicMock()
    sys.modules["backend.memory_management"].cast_to_device = lambda one, device, dtype: one.to(device, dtype)
    sys.path[:0] = [str(folder), str(folder / "extensions-builtin" / "sd_forge_lora")]
    import backend

    backend.memory_management = sys.modules["backend.memory_management"]
    backend.utils, backend.operations = sys.modules["backend.utils"], sys.modules["backend.operations"]
    loading, merging = importlib.import_module("networks"), importlib.import_module("backend.patcher.lora")
    keys = keys_of(base)
    state = state_of(base, keys)
    unet_state = {key: one for key, one in state.items() if key.startswith("diffusion_model.")}
    text_state = {key: one for key, one in state.items() if key.startswith("clip_")}

    class Patched:
        """A model that keeps its patches."""

        def __init__(self, state: Weights, model: Any, kept: dict[str, Any] | None = None) -> None:
            self.state, self.model, self.cond_stage_model, self.kept = state, model, model, kept or {}

        def clone(self) -> "Patched":
            return Patched(self.state, self.model, dict(self.kept))

        def add_patches(self, *, patches: Any, strength_patch: float, **_: Any) -> set[str]:
            taken = {key for key in patches if key in self.state}
            self.kept |= {key: [strength_patch, patches[key], 1.0, None, None] for key in taken}
            return taken

    about = SimpleNamespace(huggingface_repo="stable-diffusion")
    config = SimpleNamespace(config=unet_config(base))
    unet = Patched(unet_state, SimpleNamespace(state_dict=lambda: unet_state, diffusion_model=config, config=about))
    texts = Patched(text_state, SimpleNamespace(state_dict=lambda: text_state))

    def apply(file: Path, strength: float) -> dict[str, Any]:
        after = dict(state)
        for made in loading.load_lora_for_models(unet, texts, load_file(file), strength, strength, str(file)):
            for key, patch in made.kept.items():
                after[key] = merging.merge_lora_to_weight([patch], state[key].clone(), key)
        return differences(state, after, keys)

    return apply
