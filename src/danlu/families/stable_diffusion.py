"""What all families of Stable Diffusion share: a U-Net, a VAE and text encoders as diffusers and transformers build
them, loaded from whichever layout they lie in; and the facts that follow from their configs.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from danlu.families.base import Base, BaseFacts, Prediction, Reading
from danlu.families.schedule import make_alphas_cumprod, require_known_schedule
from danlu.kit.errors import UserError
from danlu.weights.components import Component
from danlu.weights.original_vae import SCALE
from danlu.weights.stored import StoredBase

if TYPE_CHECKING:
    import torch

    from danlu.families.conditioning import Conditioning, Tokens

FOUR_LEVELS: Mapping[str, Any] = {
    "down_block_types": ("CrossAttnDownBlock2D",) * 3 + ("DownBlock2D",),
    "up_block_types": ("UpBlock2D",) + ("CrossAttnUpBlock2D",) * 3,
    "layers_per_block": 2,
    "transformer_depths": (1, 1, 1, 0),
}
"""The U-Net of all released bases of SD1 and SD2."""


def facts_of(stored: StoredBase, family: str, *, prediction: Prediction, native_px: int, clip_skips: int) -> BaseFacts:
    """The facts of a base; `native_px` is taken where its config doesn't tell. Raises `UserError` for one that can't
    be trained.
    """
    unet, vae = stored.components["unet"].config, stored.components["vae"].config
    require_known_schedule(stored.scheduler)
    if unet["in_channels"] != vae["latent_channels"]:
        raise UserError(
            f"base '{stored.path}' takes {unet['in_channels']} channels instead of {vae['latent_channels']}: it is an "
            "inpainting or editing model. Train on the ordinary version; the LoRA works with both.",
            f"底模“{stored.path}”的输入为 {unet['in_channels']} 通道而不是 {vae['latent_channels']}："
            "它是重绘或编辑模型。请用普通版本训练，得到的 LoRA 两者都能用。",
        )
    factor = 2 ** (len(vae["block_out_channels"]) - 1)
    return BaseFacts(
        name=stored.path.name,
        path=stored.path,
        family=family,
        native_px=int(unet["sample_size"]) * factor if unet.get("sample_size") else native_px,
        step_px=factor * 2 ** (len(unet["block_out_channels"]) - 1),
        latent_channels=int(vae["latent_channels"]),
        latent_factor=factor,
        prediction=prediction,
        zero_terminal_snr=prediction == "v_prediction" and bool(stored.scheduler.get("rescale_betas_zero_snr")),
        max_clip_skip=clip_skips,
        stored=stored,
    )


def told_prediction(stored: StoredBase) -> Prediction | None:
    """What the base's own config, markers or metadata say that it predicts; None if they don't. Raises `UserError` for
    anything but ε and v.
    """
    told = stored.scheduler.get("prediction_type")
    if told not in (None, "epsilon", "v_prediction"):
        raise UserError(
            f"base '{stored.path}' predicts '{told}'; only 'epsilon' and 'v_prediction' can be trained.",
            f"底模“{stored.path}”的预测目标为“{told}”；只支持“epsilon”和“v_prediction”。",
        )
    return told


def layers_of(stored: StoredBase) -> int:
    """How many layers the (first) text encoder has."""
    return int(stored.components["text_encoder"].config["num_hidden_layers"])


class LazyModules(Mapping[str, "torch.nn.Module"]):
    """Modules by name, each loaded when it is first asked for: with warm caches, training the U-Net needs no other."""

    def __init__(self, loaders: "Mapping[str, Callable[[], torch.nn.Module]]") -> None:
        self._loaders, self._loaded = loaders, dict[str, "torch.nn.Module"]()

    def __getitem__(self, name: str) -> "torch.nn.Module":
        """The module; KeyError if the base has none of this name."""
        if name not in self._loaded:
            self._loaded[name] = self._loaders[name]()
        return self._loaded[name]

    def __contains__(self, name: object) -> bool:
        """Whether the base has such a module, without loading it."""
        return name in self._loaders

    def __iter__(self) -> Iterator[str]:
        """The names."""
        return iter(self._loaders)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._loaders)


class StableDiffusionBase(Base):
    """A loaded base with one text encoder, whose hidden states are all that the U-Net is told."""

    def __init__(self, facts: BaseFacts, dtype: "torch.dtype", device: str) -> None:
        self.facts, self.device = facts, device
        parts = facts.components
        unet = partial(self._load, parts["unet"], partial(_make_unet, parts["unet"].config), dtype)
        texts = {name: partial(self._load_text_encoder, parts[name], dtype) for name in facts.text_encoders}
        self.components = LazyModules({"unet": unet, **texts})
        self.alphas_cumprod = make_alphas_cumprod(facts.stored.scheduler, zero_terminal_snr=facts.zero_terminal_snr)

    @cached_property
    def tokenizers(self) -> list[Any]:
        """The CLIP tokenizer of each text encoder."""
        from danlu.encoders.clip import load_tokenizer

        stored = self.facts.stored
        return [
            load_tokenizer(stored.tokenizers.get(name), pad=stored.components[name].config.get("pad_token_id"))
            for name in self.facts.text_encoders
        ]

    @cached_property
    def vae(self) -> Any:
        """The VAE in float32, loaded when first needed (a warm cache needs only its decoder, for previews)."""
        import torch

        part = self.facts.components["vae"]
        return self._load(part, partial(_make_vae, part.config), torch.float32)

    @property
    def latent_scale(self) -> float:
        """What latents are multiplied with for the U-Net."""
        return float(self.facts.components["vae"].config.get("scaling_factor", SCALE))

    def tokenize(self, captions: Sequence[str], reading: Reading) -> "Tokens":
        """Tokens of each text encoder in portions of 77."""
        import torch

        from danlu.encoders.clip import tokenize_captions
        from danlu.encoders.emphasis import read_pieces
        from danlu.families.conditioning import Tokens

        read = [read_pieces(caption, reading.emphasis) for caption in captions]
        parts = [tokenize_captions(tokenizer, read, reading.max_tokens) for tokenizer in self.tokenizers]
        ids, weights = (torch.stack(part, dim=1).to(self.device) for part in zip(*parts, strict=True))
        weighted = any(piece.weight != 1 for pieces in read for piece in pieces)
        return Tokens(ids, weights if weighted else None)

    def encode_tokens(self, tokens: "Tokens", reading: Reading) -> "Conditioning":
        """Hidden states (B, 75 K + 2, C)."""
        from danlu.encoders.clip import emphasise, hidden_states, join_portions
        from danlu.families.conditioning import Conditioning

        ids, weights = tokens.rows_of(0)
        states = emphasise(hidden_states(self.text_encoder, ids, reading.clip_skip), weights, reading.emphasis)
        return Conditioning(join_portions(states, tokens.ids.shape[2]))

    def encode_images(self, pixels: "torch.Tensor") -> "tuple[torch.Tensor, torch.Tensor]":
        """Mean and log-variance of the posterior, unscaled."""
        posterior = self.vae.encode(pixels.to(self.device)).latent_dist
        return posterior.mean, posterior.logvar

    def decode_latents(self, latents: "torch.Tensor") -> "torch.Tensor":
        """Pixels in [-1, 1] of scaled latents."""
        return self.vae.decode(latents.float() / self.latent_scale, return_dict=False)[0]

    def scale_latents(self, latents: "torch.Tensor") -> "torch.Tensor":
        """z = scale · x₀."""
        return latents * self.latent_scale

    def free_vae(self) -> None:
        """As if it had never been needed."""
        vars(self).pop("vae", None)

    def recompute_activations(self) -> None:
        """By diffusers' gradient checkpointing, which takes a U-Net's blocks one by one."""
        unet: Any = self.unet
        unet.enable_gradient_checkpointing()

    def predict(self, noisy: "torch.Tensor", timesteps: "torch.Tensor", conditioning: "Conditioning") -> "torch.Tensor":
        """The U-Net's prediction of ε (or v)."""
        return self.unet(noisy, timesteps, encoder_hidden_states=conditioning.states, return_dict=False)[0]

    def _load(
        self, component: Component, make: "Callable[[], torch.nn.Module]", dtype: "torch.dtype"
    ) -> "torch.nn.Module":
        from danlu.weights.loading import load_module

        told, device = self.on_bytes, self.device
        return load_module(component, make, dtype=dtype, device=device, channels_last=True, on_bytes=told)

    def _load_text_encoder(self, component: Component, dtype: "torch.dtype") -> "torch.nn.Module":
        from danlu.encoders.clip import make_text_encoder
        from danlu.weights.loading import load_module

        make = partial(make_text_encoder, component.config, projected=component.name == "text_encoder_2")
        return load_module(component, make, dtype=dtype, device=self.device, on_bytes=self.on_bytes)


def _make_unet(config: Mapping[str, Any]) -> "torch.nn.Module":
    from diffusers import UNet2DConditionModel

    unet: Any = UNet2DConditionModel.from_config(dict(config))
    return unet


def _make_vae(config: Mapping[str, Any]) -> "torch.nn.Module":
    from diffusers import AutoencoderKL

    vae: Any = AutoencoderKL.from_config(dict(config))
    return vae
