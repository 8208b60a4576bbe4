"""Full-size checkpoints with random weights, in both layouts, and how long it takes to open them.

    python bench/checkpoints.py                          SD1.5 in fp16 into a temporary folder, opened, deleted
    python bench/checkpoints.py sdxl --out F --dtype bf16   kept as F/sdxl.safetensors and F/sdxl/

Weights are normal with standard deviation 1/√fan-in, norms are 1, biases 0: forward passes stay finite, pictures are
noise. Sizes in fp16: SD1.5 2.0 GiB, SD2.1 2.4 GiB, SDXL 6.5 GiB for each layout.
"""

import argparse
import json
import shutil
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from diffusers import AutoencoderKL, UNet2DConditionModel
from safetensors.torch import save_file
from torch import Tensor, nn

from danlu.encoders.clip import make_text_encoder
from danlu.families.find import find_base, load_base
from danlu.kit.places import EMBEDDED_BASE, data_folder
from danlu.weights.writing import original_tensors

DOWN, UP = ("CrossAttnDownBlock2D",) * 3 + ("DownBlock2D",), ("UpBlock2D",) + ("CrossAttnUpBlock2D",) * 3
UNETS: dict[str, dict[str, Any]] = {
    "sd15": {"cross_attention_dim": 768, "attention_head_dim": 8, "sample_size": 64},
    "sd2": {
        "cross_attention_dim": 1024,
        "attention_head_dim": (5, 10, 20, 20),
        "use_linear_projection": True,
        "sample_size": 96,
    },
    "sdxl": {
        "cross_attention_dim": 2048,
        "attention_head_dim": (5, 10, 20),
        "use_linear_projection": True,
        "block_out_channels": (320, 640, 1280),
        "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
        "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
        "transformer_layers_per_block": (1, 2, 10),
        "addition_embed_type": "text_time",
        "addition_time_embed_dim": 256,
        "projection_class_embeddings_input_dim": 2816,
        "sample_size": 128,
    },
}
CLIP_L = {
    "hidden_size": 768,
    "intermediate_size": 3072,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "hidden_act": "quick_gelu",
    "projection_dim": 768,
    "pad_token_id": 49407,
}
CLIP_H = {
    "hidden_size": 1024,
    "intermediate_size": 4096,
    "num_hidden_layers": 23,
    "num_attention_heads": 16,
    "hidden_act": "gelu",
    "projection_dim": 1024,
    "pad_token_id": 0,
}
CLIP_G = {
    "hidden_size": 1280,
    "intermediate_size": 5120,
    "num_hidden_layers": 32,
    "num_attention_heads": 20,
    "hidden_act": "gelu",
    "projection_dim": 1280,
    "pad_token_id": 0,
}
TEXTS: dict[str, tuple[dict[str, Any], ...]] = {"sd15": (CLIP_L,), "sd2": (CLIP_H,), "sdxl": (CLIP_L, CLIP_G)}
DTYPES = {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}


def make_modules(family: str) -> dict[str, Any]:
    """The components of a real base on the meta device, by name."""
    with torch.device("meta"):
        unet = UNet2DConditionModel(**{"down_block_types": DOWN, "up_block_types": UP, **UNETS[family]})
        vae = AutoencoderKL(
            block_out_channels=(128, 256, 512, 512),
            layers_per_block=2,
            down_block_types=("DownEncoderBlock2D",) * 4,
            up_block_types=("UpDecoderBlock2D",) * 4,
            latent_channels=4,
            scaling_factor=0.13025 if family == "sdxl" else 0.18215,
        )
        texts = [make_text_encoder(config, projected=number == 1) for number, config in enumerate(TEXTS[family])]
    return {"unet": unet, "vae": vae, **dict(zip(("text_encoder", "text_encoder_2"), texts, strict=False))}


def config_of(module: Any) -> dict[str, Any]:
    """A module's config as its `config.json` has it."""
    return dict(module.config) if hasattr(module.config, "items") else module.config.to_dict()


def random_tensors(module: nn.Module, dtype: torch.dtype, generator: torch.Generator) -> dict[str, Tensor]:
    """Random weights for a module, by name."""
    tensors: dict[str, Tensor] = {}
    for name, meta in module.state_dict().items():
        if meta.dim() > 1:
            tensor = torch.empty(meta.shape).normal_(0, meta[0].numel() ** -0.5, generator=generator)
        else:
            tensor = torch.full(meta.shape, float(name.endswith("weight")))
        tensors[name] = tensor.to(dtype)
    return tensors


def write_base(family: str, folder: Path, dtype: torch.dtype) -> tuple[Path, Path]:
    """Write one base as a file and as a diffusers folder; returns both paths."""
    modules, generator = make_modules(family), torch.Generator().manual_seed(0)
    tensors = {name: random_tensors(module, dtype, generator) for name, module in modules.items()}
    configs = {name: config_of(module) for name, module in modules.items()}
    file, root = folder / f"{family}.safetensors", folder / family
    named = original_tensors({name: (configs[name], tensors[name]) for name in modules})
    save_file({name: tensor.contiguous() for name, tensor in named.items()}, file)
    for name, config in configs.items():
        (root / name).mkdir(parents=True, exist_ok=True)
        stem = "model" if name.startswith("text_encoder") else "diffusion_pytorch_model"
        save_file(tensors[name], root / name / f"{stem}.safetensors")
        (root / name / "config.json").write_text(json.dumps(config, default=list))
    write_small_parts(root, family)
    return file, root


def write_small_parts(root: Path, family: str) -> None:
    """The tokenizers and the scheduler's config."""
    for number, config in enumerate(TEXTS[family]):
        target = root / ("tokenizer" if number == 0 else "tokenizer_2")
        shutil.copytree(data_folder() / EMBEDDED_BASE / "tokenizer", target, dirs_exist_ok=True)
        if config["pad_token_id"] == 0:
            for name in ("tokenizer_config.json", "special_tokens_map.json"):
                values = json.loads((target / name).read_text("utf-8"))
                (target / name).write_text(json.dumps({**values, "pad_token": "!"}))
    scheduler: Mapping[str, Any] = {
        "_class_name": "EulerDiscreteScheduler",
        "beta_start": 0.00085,
        "beta_end": 0.012,
        "beta_schedule": "scaled_linear",
        "num_train_timesteps": 1000,
        "prediction_type": "v_prediction" if family == "sd2" else "epsilon",
        "steps_offset": 1,
    }
    (root / "scheduler").mkdir(exist_ok=True)
    (root / "scheduler" / "scheduler_config.json").write_text(json.dumps(scheduler))


def main() -> None:
    """Make, open, measure."""
    from machine import save

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("families", nargs="*", default=["sd15"])
    parser.add_argument("--dtype", choices=DTYPES, default="fp16")
    parser.add_argument("--out", type=Path, help="keep the checkpoints here")
    asked = parser.parse_args()
    if unknown := set(asked.families) - set(UNETS):
        parser.error(f"{', '.join(sorted(unknown))}: choose among {', '.join(UNETS)}")
    with tempfile.TemporaryDirectory() as temporary:
        out = asked.out or Path(temporary)
        out.mkdir(parents=True, exist_ok=True)
        dtype = DTYPES[asked.dtype]
        save(
            "opening",
            {"opened": [measure(path, dtype) for one in asked.families for path in write_base(one, out, dtype)]},
        )


def measure(path: Path, dtype: torch.dtype) -> dict[str, Any]:
    """How long recognising and loading take, the file still being in the page cache."""
    started = time.perf_counter()
    family, facts = find_base(str(path))
    found = time.perf_counter()
    load_base(str(path), dtype=dtype)
    loaded = time.perf_counter()
    return {
        "base": path.name,
        "family": family.title,
        "weights_GiB": round(facts.weights_bytes / 2**30, 2),
        "recognised_ms": round((found - started) * 1000),
        "loaded_s": round(loaded - found, 1),
    }


if __name__ == "__main__":
    main()
