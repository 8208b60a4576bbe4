"""Stable Diffusion 1.x (1.4, 1.5 and everything derived from them, and the embedded base): one CLIP text encoder, a
U-Net that predicts the noise (or v), an 8× VAE with 4 channels. Widths and depths are read from the config files.

Schedule: β_t = (√.00085 + t/(T-1)·(√.012 - √.00085))², T = 1000 (Rombach et al., 2022).
"""

import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from danlu.families.base import Base, BaseFacts, Family
from danlu.kit.errors import UserError

if TYPE_CHECKING:
    import torch

COMPONENTS = ("unet", "text_encoder", "vae", "tokenizer")
WEIGHTS = ("unet", "text_encoder", "vae")


class SD15(Family):
    """Stable Diffusion 1.x."""

    kind: Literal["sd15"] = "sd15"
    title: ClassVar[str] = "Stable Diffusion 1.x"
    metadata_name: ClassVar[str] = "sd_v1"

    @classmethod
    def recognises(cls, path: Path) -> bool:
        """A diffusers folder with one text encoder, and a U-Net without added conditions or linear projections."""
        if not all((path / name).is_dir() for name in COMPONENTS) or (path / "text_encoder_2").exists():
            return False
        unet = _config(path, "unet")
        return (
            unet.get("_class_name") == "UNet2DConditionModel"
            and not unet.get("use_linear_projection")
            and unet.get("addition_embed_type") is None
        )

    @classmethod
    def facts(cls, path: Path) -> BaseFacts:
        """What can be told without loading weights."""
        unet, vae, scheduler = _config(path, "unet"), _config(path, "vae"), _config(path, "scheduler")
        factor = 2 ** (len(vae["block_out_channels"]) - 1)
        files = {name: _weights_file(path, name) for name in WEIGHTS}
        return BaseFacts(
            name=path.name,
            path=path,
            family="sd15",
            native_px=int(unet["sample_size"]) * factor,
            step_px=factor * 2 ** (len(unet["block_out_channels"]) - 1),
            latent_channels=int(unet["in_channels"]),
            latent_factor=factor,
            prediction=scheduler.get("prediction_type", "epsilon"),
            weights_bytes=sum(file.stat().st_size for file in files.values()),
            files=files,
        )

    @classmethod
    def load(cls, path: Path, *, dtype: "torch.dtype", device: str) -> Base:
        """Load the frozen modules: U-Net and text encoder in `dtype`, the VAE in float32."""
        return SD15Base(cls.facts(path), dtype, device)

    @classmethod
    def adapter_prefixes(cls) -> dict[str, str]:
        """kohya's prefixes; transformers ≥ 5 dropped the `text_model.` level that adapter files still name."""
        return {"unet": "lora_unet_", "text_encoder": "lora_te_text_model_"}


class SD15Base(Base):
    """A loaded Stable Diffusion 1.x base."""

    def __init__(self, facts: BaseFacts, dtype: "torch.dtype", device: str) -> None:
        import torch
        from diffusers import UNet2DConditionModel
        from transformers import CLIPTextModel
        from transformers.utils import logging

        logging.disable_progress_bar()  # a second's work needs none, and the caller shows the stages
        self.facts, self.device = facts, device
        path = facts.path
        options: dict[str, Any] = {"local_files_only": True, "use_safetensors": True}
        unet: Any = UNet2DConditionModel.from_pretrained(path / "unet", torch_dtype=dtype, **options)
        text: Any = CLIPTextModel.from_pretrained(path / "text_encoder", dtype=dtype, **options)
        self.unet = unet.to(device=device, memory_format=torch.channels_last).eval().requires_grad_(False)
        self.text_encoder = text.to(device).eval().requires_grad_(False)
        self.alphas_cumprod = _alphas_cumprod(_config(path, "scheduler"))

    @cached_property
    def tokenizer(self) -> Any:
        """The CLIP tokenizer."""
        from danlu.encoders.clip import load_tokenizer

        return load_tokenizer(self.facts.path / "tokenizer")

    @cached_property
    def vae(self) -> Any:
        """The VAE in float32, loaded when first needed (a warm cache needs only its decoder, for previews)."""
        import torch
        from diffusers import AutoencoderKL

        vae: Any = AutoencoderKL.from_pretrained(
            self.facts.path / "vae", torch_dtype=torch.float32, local_files_only=True, use_safetensors=True
        )
        return vae.to(device=self.device, memory_format=torch.channels_last).eval().requires_grad_(False)

    def tokenize(self, captions: Sequence[str]) -> "torch.Tensor":
        """Token ids (B, 77)."""
        from danlu.encoders.clip import tokenize_captions

        return tokenize_captions(self.tokenizer, captions, 77).to(self.device)

    def encode_tokens(self, tokens: "torch.Tensor", clip_skip: int = 1) -> "torch.Tensor":
        """Hidden states (B, 77, C)."""
        from danlu.encoders.clip import hidden_states

        return hidden_states(self.text_encoder, tokens, clip_skip)

    def encode_images(self, pixels: "torch.Tensor") -> "tuple[torch.Tensor, torch.Tensor]":
        """Mean and log-variance of the posterior, unscaled."""
        posterior = self.vae.encode(pixels.to(self.device)).latent_dist
        return posterior.mean, posterior.logvar

    def decode_latents(self, latents: "torch.Tensor") -> "torch.Tensor":
        """Pixels in [-1, 1] of scaled latents."""
        return self.vae.decode(latents.float() / self.vae.config.scaling_factor, return_dict=False)[0]

    def scale_latents(self, latents: "torch.Tensor") -> "torch.Tensor":
        """z = scale · x₀."""
        return latents * float(_config(self.facts.path, "vae").get("scaling_factor", 0.18215))

    def predict(self, noisy: "torch.Tensor", timesteps: "torch.Tensor", context: "torch.Tensor") -> "torch.Tensor":
        """The U-Net's prediction of ε (or v)."""
        return self.unet(noisy, timesteps, encoder_hidden_states=context, return_dict=False)[0]


def _alphas_cumprod(config: dict[str, Any]) -> "torch.Tensor":
    import torch

    if config.get("beta_schedule", "scaled_linear") != "scaled_linear":
        raise UserError(
            f"the base's scheduler has beta_schedule '{config['beta_schedule']}'; only 'scaled_linear' can be trained.",
            f"底模的 beta_schedule 为“{config['beta_schedule']}”；只支持“scaled_linear”。",
        )
    start, end = config.get("beta_start", 0.00085), config.get("beta_end", 0.012)
    steps = int(config.get("num_train_timesteps", 1000))
    betas = torch.linspace(start**0.5, end**0.5, steps, dtype=torch.float64) ** 2
    return torch.cumprod(1 - betas, dim=0)


def _config(path: Path, component: str) -> dict[str, Any]:
    """A component's config file. Raises `UserError` if it is missing or isn't JSON."""
    file = path / component / ("scheduler_config.json" if component == "scheduler" else "config.json")
    try:
        return json.loads(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(
            f"'{file}' can't be read ({error}): the base's folder is incomplete, get it again.",
            f"无法读取“{file}”（{error}）：底模文件夹不完整，请重新获取。",
        ) from error


def _weights_file(path: Path, component: str) -> Path:
    folder = path / component
    names = ("diffusion_pytorch_model.safetensors", "model.safetensors")
    found = next((folder / name for name in names if (folder / name).exists()), None)
    if found is None:
        raise UserError(
            f"'{folder}' holds no safetensors weights ({' or '.join(names)}): the base's folder is incomplete.",
            f"“{folder}”中没有 safetensors 权重（{' 或 '.join(names)}）：底模文件夹不完整。",
        )
    return found
