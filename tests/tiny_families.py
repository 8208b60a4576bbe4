"""Bases of all three families with random weights, narrow but built as the real ones, in both layouts.

Heads, norms and the tokenizer are those of the real families (64 wide, 32 groups, CLIP's own), because a file in the
original layout doesn't tell them.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from diffusers import (
    AutoencoderKL,
    EulerDiscreteScheduler,
    StableDiffusionPipeline,
    StableDiffusionXLPipeline,
    UNet2DConditionModel,
)
from safetensors.torch import save_file
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer

from danlu.kit.places import EMBEDDED_BASE, data_folder
from danlu.weights.writing import original_tensors

FAMILIES = ("sd15", "sd2", "sdxl")
CHANNELS = (64, 128)


def make_pipeline(family: str) -> Any:
    """diffusers' own pipeline: 2 levels, factor 2, sides multiples of 4."""
    torch.manual_seed(1)
    parts = {
        "vae": _vae(0.13025 if family == "sdxl" else 0.18215),
        "tokenizer": _tokenizer("<|endoftext|>" if family != "sd2" else "!"),
        "unet": _unet(family),
        "scheduler": EulerDiscreteScheduler(
            beta_start=0.00085,
            beta_end=0.012,
            beta_schedule="scaled_linear",
            timestep_spacing="linspace",
            steps_offset=1,
        ),
    }
    text = _text_config(64, open_clip=family == "sd2")
    if family == "sdxl":
        second = CLIPTextModelWithProjection(_text_config(128, open_clip=True))
        pipeline = StableDiffusionXLPipeline(
            **parts,
            text_encoder=CLIPTextModel(text),
            text_encoder_2=second,
            tokenizer_2=_tokenizer("!"),
            force_zeros_for_empty_prompt=False,
            add_watermarker=False,
        )
    else:
        pipeline = StableDiffusionPipeline(
            **parts,
            text_encoder=CLIPTextModel(text),
            safety_checker=None,
            feature_extractor=None,
            requires_safety_checker=False,
        )
    _shake(pipeline)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def components_of(pipeline: Any) -> dict[str, tuple[dict[str, Any], dict[str, torch.Tensor]]]:
    """Config and tensors of each component, as `original_tensors` takes them."""
    names = [name for name in ("unet", "vae", "text_encoder", "text_encoder_2") if getattr(pipeline, name, None)]
    modules = {name: getattr(pipeline, name) for name in names}
    return {
        name: (dict(module.config if name in ("unet", "vae") else module.config.to_dict()), module.state_dict())
        for name, module in modules.items()
    }


def save_single_file(
    pipeline: Any,
    path: Path,
    *,
    dtype: torch.dtype = torch.float32,
    extra: Mapping[str, torch.Tensor] | None = None,
    metadata: Mapping[str, str] | None = None,
) -> Path:
    """Write a pipeline's weights as one file in the original layout."""
    tensors = {
        name: tensor.to(dtype).contiguous() for name, tensor in original_tensors(components_of(pipeline)).items()
    }
    save_file({**tensors, **(extra or {})}, path, dict(metadata) if metadata else None)
    return path


def _shake(pipeline: Any) -> None:
    """Random numbers where fresh modules have zeros and ones, so that no key can be mistaken for another."""
    generator = torch.Generator().manual_seed(2)
    for _, tensors in components_of(pipeline).values():
        for tensor in tensors.values():
            if tensor.dim() == 1:
                tensor.add_(torch.randn(tensor.shape, generator=generator), alpha=0.05)


def _tokenizer(pad: str) -> CLIPTokenizer:
    folder = data_folder() / EMBEDDED_BASE / "tokenizer"
    return CLIPTokenizer.from_pretrained(folder, pad_token=pad)


def _text_config(width: int, *, open_clip: bool) -> CLIPTextConfig:
    return CLIPTextConfig(
        vocab_size=49408,
        hidden_size=width,
        intermediate_size=2 * width,
        num_hidden_layers=3,
        num_attention_heads=width // 64,
        projection_dim=96 if width == 128 else width,
        hidden_act="gelu" if open_clip else "quick_gelu",
        bos_token_id=49406,
        eos_token_id=49407,
        pad_token_id=0 if open_clip else 49407,
    )


def _unet(family: str) -> UNet2DConditionModel:
    added: dict[str, Any] = {}
    if family == "sdxl":
        added = {
            "addition_embed_type": "text_time",
            "addition_time_embed_dim": 256,
            "projection_class_embeddings_input_dim": 96 + 6 * 256,
            "transformer_layers_per_block": (1, 2),
        }
    return UNet2DConditionModel(
        sample_size=16,
        block_out_channels=CHANNELS,
        layers_per_block=2 if family == "sdxl" else 1,
        cross_attention_dim=192 if family == "sdxl" else 64,
        attention_head_dim=8 if family == "sd15" else tuple(channels // 64 for channels in CHANNELS),
        use_linear_projection=family != "sd15",
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D")
        if family == "sdxl"
        else ("CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D") if family == "sdxl" else ("UpBlock2D", "CrossAttnUpBlock2D"),
        **added,
    )


def _vae(scale: float) -> AutoencoderKL:
    return AutoencoderKL(
        block_out_channels=(32, 64),
        down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2,
        latent_channels=4,
        scaling_factor=scale,
    )
