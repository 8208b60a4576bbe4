"""Put the trained world into the package: `python -m embedded.export`.

In: `build/embedded/{vae,text_encoder,unet,tagger}`. Out: `src/danlu/data/danlu-mini` (a diffusers folder in
fp16, SD1.5's names) and `src/danlu/data/danlu-mini-tagger`. Each file is replaced by rename; parts not yet trained
are skipped.
"""

import argparse
import json
import shutil
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from embedded.pictures import BUILD

DATA = Path("src/danlu/data")
BASE = DATA / "danlu-mini"
TAGGER = DATA / "danlu-mini-tagger"
WEIGHTS = {
    "vae": "diffusion_pytorch_model.safetensors",
    "unet": "diffusion_pytorch_model.safetensors",
    "text_encoder": "model.safetensors",
}
SCHEDULER = {
    "_class_name": "PNDMScheduler",
    "_diffusers_version": "0.42.0",
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "beta_start": 0.00085,
    "clip_sample": False,
    "num_train_timesteps": 1000,
    "prediction_type": "epsilon",
    "set_alpha_to_one": False,
    "skip_prk_steps": True,
    "steps_offset": 1,
    "timestep_spacing": "leading",
    "trained_betas": None,
}
INDEX = {
    "_class_name": "StableDiffusionPipeline",
    "_diffusers_version": "0.42.0",
    "feature_extractor": [None, None],
    "image_encoder": [None, None],
    "requires_safety_checker": False,
    "safety_checker": [None, None],
    "scheduler": ["diffusers", "PNDMScheduler"],
    "text_encoder": ["transformers", "CLIPTextModel"],
    "tokenizer": ["transformers", "CLIPTokenizer"],
    "unet": ["diffusers", "UNet2DConditionModel"],
    "vae": ["diffusers", "AutoencoderKL"],
}


def put_file(source: Path, target: Path) -> None:
    """Copy by rename."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    shutil.copyfile(source, part)
    part.replace(target)


def put_json(value: object, target: Path) -> None:
    """Write JSON by rename."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    part.write_text(json.dumps(value, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    part.replace(target)


def put_weights(part: str) -> None:
    """fp16 weights and config of one model; refuses weights that fp16 can't hold."""
    source, target = BUILD / part, BASE / part
    state = load_file(source / WEIGHTS[part])
    if part == "text_encoder":  # SD1.5's own names
        state = {key if key.startswith("text_model.") else f"text_model.{key}": value for key, value in state.items()}
    half = {key: value.half().contiguous() for key, value in state.items()}
    if any(not torch.isfinite(value).all() for value in half.values()):
        raise SystemExit(f"{part}: a weight is too large for fp16")
    config = json.loads((source / "config.json").read_text(encoding="utf-8"))
    config.pop("_name_or_path", None)
    if part == "text_encoder":
        config["architectures"] = ["CLIPTextModel"]
        config["dtype"] = "float16"
    put_json(config, target / "config.json")
    scratch = target / "weights.part"
    save_file(half, scratch, metadata={"format": "pt"})
    scratch.replace(target / WEIGHTS[part])
    print(part, f"{sum(value.numel() for value in half.values()) / 1e6:.2f} M parameters")


def main() -> None:
    """Export whatever is there."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    for part in WEIGHTS:
        if (BUILD / part / "config.json").exists():
            put_weights(part)
    put_json(SCHEDULER, BASE / "scheduler" / "scheduler_config.json")
    put_json(INDEX, BASE / "model_index.json")
    for file in sorted((BUILD / "tagger").glob("*")):
        put_file(file, TAGGER / file.name)
    for folder, limit in ((BASE, 60), (TAGGER, 10)):
        size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6
        print(f"{folder}: {size:.1f} MB")
        if size > limit:
            raise SystemExit(f"{folder} is larger than {limit} MB")


if __name__ == "__main__":
    main()
