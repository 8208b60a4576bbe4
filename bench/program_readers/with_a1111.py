"""A1111's loading code."""

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import torch
from layers import Weights, differences, with_model
from safetensors.torch import load_file
from torch import Tensor, nn


def make_reader(folder: Path, base: Any) -> Callable[[Path, float], dict[str, Any]]:
    """A1111's `load_network` and `network_apply_weights`."""
    stub_a1111()
    sys.path.insert(0, str(folder / "extensions-builtin" / "Lora"))
    networks = importlib.import_module("networks")
    networks.extra_network_lora = SimpleNamespace(errors={})
    modules, read = a1111_modules(base)
    shared = sys.modules["modules.shared"]
    shared.sd_model = SimpleNamespace(network_layer_mapping=modules, is_sdxl=base["family"] == "sdxl")
    sys.modules["modules.sd_models"].read_state_dict = load_file
    before = read()
    used = [one for one in modules.values() if not isinstance(one, nn.modules.linear.NonDynamicallyQuantizableLinear)]
    """Weights change when a module is called; torch's attention reads its last layer's and doesn't call it."""

    def apply(file: Path, strength: float) -> dict[str, Any]:
        on_disk = SimpleNamespace(filename=str(file))
        loaded = networks.load_network("a", on_disk)
        loaded.te_multiplier = loaded.unet_multiplier = strength
        loaded.dyn_dim = None
        networks.loaded_networks[:] = [loaded]
        for module in used:
            module.network_current_names = ()
            networks.network_apply_weights(module)
        after = read()
        networks.loaded_networks.clear()
        for module in used:
            networks.network_apply_weights(module)
        return differences(before, after, {name: name for name in base["layers"]})

    return apply


def stub_a1111() -> None:
    """What A1111's loading code imports beside torch."""
    names = (
        "gradio",
        "lora_patches",
        "lora_logger",
        "modules",
        "modules.shared",
        "modules.devices",
        "modules.sd_models",
    )
    more = ("errors", "scripts", "sd_hijack", "cache", "hashes", "textual_inversion", "models", "models.sd3")
    for name in (*names, *(f"modules.{one}" for one in more), "modules.textual_inversion.textual_inversion"):
        sys.modules[name] = MagicMock(spec=ModuleType(name)) if name == "modules.models.sd3" else MagicMock()
    mmdit: Any = ModuleType("modules.models.sd3.mmdit")
    mmdit.QkvLinear = type("QkvLinear", (nn.Linear,), {})
    sys.modules["modules.models.sd3.mmdit"] = mmdit
    every = sys.modules["modules"]
    every.models.sd3.mmdit = mmdit
    every.shared, every.devices, every.sd_models = (
        sys.modules[f"modules.{one}"] for one in ("shared", "devices", "sd_models")
    )
    every.devices.cpu, every.devices.dtype = torch.device("cpu"), torch.float32


def a1111_modules(base: Any) -> tuple[dict[str, nn.Module], Callable[[], Weights]]:
    """Modules by A1111's names with the base's weights, and what reads the weights back by layer."""
    modules: dict[str, nn.Module] = {}
    readers: dict[str, tuple[nn.Module, str, slice | None]] = {}
    for name, (component, path, old) in base["layers"].items():
        weights = base["weights"][component]
        weight, bias = weights[f"{path}.weight"].float(), weights.get(f"{path}.bias")
        open_clip = component == "text_encoder_2" or (component == "text_encoder" and base["family"] == "sd2")
        if component == "unet":
            key = f"diffusion_model_{old.replace('.', '_')}"
        elif not open_clip:
            key = ("0_" if base["family"] == "sdxl" else "") + f"transformer_{with_model(path).replace('.', '_')}"
        else:
            key = open_clip_key(with_model(path), "1_" if base["family"] == "sdxl" else "")
        head, _, last = key.rpartition("_attn_")
        if open_clip and head and last in ("q_proj", "k_proj", "v_proj", "out_proj"):
            attention: Any = modules.setdefault(f"{head}_attn", nn.MultiheadAttention(len(weight), 1))
            put_attention(attention, last, weight, bias)
            readers[name] = (attention, last, None)
            modules.setdefault(f"{head}_attn_out_proj", attention.out_proj)
            continue
        modules[key] = module_of(weight, bias)
        readers[name] = (modules[key], "", None)
    for key, module in modules.items():
        module.network_layer_name = key
    if base["family"] == "sd2":  # by this A1111 knows which family it has
        modules["model_transformer_resblocks"] = nn.ModuleList()

    def read() -> Weights:
        return {f"{name}.{part}": one for name, about in readers.items() for part, one in parts_of(*about[:2]).items()}

    return modules, read


def open_clip_key(path: str, prefix: str) -> str:
    """A layer of OpenCLIP's text encoder, as A1111 calls it."""
    path = path.replace("text_model.encoder.layers.", "model.transformer.resblocks.")
    path = path.replace("text_model.final_layer_norm", "model.ln_final")
    names = {"self_attn": "attn", "mlp.fc1": "mlp.c_fc", "mlp.fc2": "mlp.c_proj", "layer_norm": "ln_"}
    for own, theirs in names.items():
        path = path.replace(own, theirs)
    return prefix + path.replace(".", "_")


def put_attention(attention: Any, part: str, weight: Tensor, bias: Tensor | None) -> None:
    """One projection's weights, into torch's attention."""
    if part == "out_proj":
        attention.out_proj.weight.copy_(weight)
        attention.out_proj.bias.copy_(bias)
        return
    place = "qkv".index(part[0]) * len(weight)
    attention.in_proj_weight[place : place + len(weight)].copy_(weight)
    attention.in_proj_bias[place : place + len(weight)].copy_(bias)


def module_of(weight: Tensor, bias: Tensor | None) -> nn.Module:
    """A layer with these weights."""
    if weight.ndim == 4:
        module: Any = nn.Conv2d(weight.shape[1], len(weight), tuple(weight.shape[2:]), bias=bias is not None)
    elif weight.ndim == 2:
        module = nn.Linear(weight.shape[1], len(weight), bias=bias is not None)
    else:
        module = nn.LayerNorm(len(weight))
    module.weight.copy_(weight)
    if bias is not None:
        module.bias.copy_(bias)
    return module


def parts_of(module: Any, part: str) -> Weights:
    """A copy of a layer's weight and bias."""
    if part in ("q_proj", "k_proj", "v_proj"):
        place = "qkv".index(part[0])
        return {
            "weight": module.in_proj_weight.chunk(3)[place].clone(),
            "bias": module.in_proj_bias.chunk(3)[place].clone(),
        }
    layer = module.out_proj if part else module
    return {"weight": layer.weight.clone()} | ({} if layer.bias is None else {"bias": layer.bias.clone()})
