"""Stable Diffusion XL (0.9, 1.0, and what was made from them: Pony, Illustrious, NoobAI, Animagine): two text encoders
whose hidden states are joined, the second one's pooled output, and the framing of the picture.

Both encoders give the layer before the last without the final norm (Podell et al., 2023), whatever `clip_skip` other
programs show. Adapter files name the U-Net's layers as the original layout does.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from danlu.families.base import Base, BaseFacts, Family, Prediction, Reading
from danlu.families.builds import Build
from danlu.families.layer_names import innermost
from danlu.families.stable_diffusion import StableDiffusionBase, facts_of, told_prediction
from danlu.weights.original_unet import unet_modules
from danlu.weights.stored import StoredBase

if TYPE_CHECKING:
    import torch

    from danlu.families.conditioning import Conditioning, Tokens

NATIVE_PX = 1024
THREE_LEVELS: Mapping[str, Any] = {
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
    "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
    "layers_per_block": 2,
    "transformer_depths": (0, 2, 10),
    "addition_embed_type": "text_time",
}


class SDXL(Family):
    """Stable Diffusion XL."""

    kind: Literal["sdxl"] = "sdxl"
    title: ClassVar[str] = "Stable Diffusion XL"
    adapter_versions: ClassVar[tuple[str, ...]] = ("sdxl", "stable-diffusion-xl", "narrow-sdxl")
    usual_blocks: ClassVar[Mapping[str, Any]] = THREE_LEVELS
    context_width: ClassVar[int] = 2048
    builds: ClassVar[tuple[Build, ...]] = (Build("sdxl", (320, 640, 1280), (768, 1280)),)
    adapter_prefixes: ClassVar[Mapping[str, str]] = {
        "unet": "lora_unet_",
        "text_encoder": "lora_te1_",
        "text_encoder_2": "lora_te2_",
    }

    @classmethod
    def recognises(cls, stored: StoredBase) -> bool:
        """Two text encoders, and a U-Net that is told pooled captions and sizes."""
        unet = stored.components["unet"].config
        return "text_encoder_2" in stored.components and unet.get("addition_embed_type") == "text_time"

    @classmethod
    def facts(cls, stored: StoredBase, prediction: Prediction | None) -> BaseFacts:
        """What can be told without loading weights; ε unless a marker says otherwise."""
        predicted = prediction or told_prediction(stored) or "epsilon"
        return facts_of(stored, "sdxl", prediction=predicted, native_px=NATIVE_PX, clip_skips=1)

    @classmethod
    def load(cls, facts: BaseFacts, *, dtype: "torch.dtype", device: str) -> Base:
        """Load the frozen modules: U-Net and text encoders in `dtype`, the VAE in float32 (in fp16 it overflows)."""
        return SDXLBase(facts, dtype, device)

    @classmethod
    def released_metadata(cls, facts: BaseFacts) -> dict[str, str]:  # noqa: ARG003  as its base declares
        """As kohya names the base."""
        return {
            "ss_base_model_version": "sdxl_base_v1-0",
            "ss_v2": "False",
            "modelspec.architecture": "stable-diffusion-xl-v1-base/lora",
            "modelspec.implementation": "https://github.com/Stability-AI/generative-models",
        }

    @classmethod
    def adapter_naming(cls, unet: Mapping[str, Any], component: str) -> Callable[[str], str]:
        """kohya's names: for the U-Net, those of the original layout. The function raises `KeyError` for a path that
        such a U-Net hasn't.
        """
        if component != "unet":
            return super().adapter_naming(unet, component)
        original = {own: old for old, own in unet_modules(unet).items()}

        def name(path: str) -> str:
            module = innermost(path, original)
            return cls.adapter_prefixes["unet"] + (original[module] + path[len(module) :]).replace(".", "_")

        return name


class SDXLBase(StableDiffusionBase):
    """A loaded Stable Diffusion XL base."""

    def encode_tokens(self, tokens: "Tokens", reading: Reading) -> "Conditioning":
        """Hidden states (B, 75 K + 2, C₁ + C₂) and the second encoder's pooled output (B, C₂) of the first portion,
        which emphasis leaves alone.
        """
        import torch

        from danlu.encoders.clip import emphasise, hidden_states_before_last, join_portions
        from danlu.families.conditioning import Conditioning

        portions = tokens.ids.shape[2]
        ids, weights = tokens.rows_of(0)
        first = emphasise(hidden_states_before_last(self.text_encoder, ids)[0], weights, reading.emphasis)
        ids, weights = tokens.rows_of(1)
        second, outputs = hidden_states_before_last(self.components["text_encoder_2"], ids)
        states = torch.cat([first, emphasise(second, weights, reading.emphasis)], dim=-1)
        return Conditioning(join_portions(states, portions), outputs.text_embeds[::portions])

    def predict(self, noisy: "torch.Tensor", timesteps: "torch.Tensor", conditioning: "Conditioning") -> "torch.Tensor":
        """The U-Net's prediction of ε (or v)."""
        added: dict[str, Any] = {"text_embeds": conditioning.pooled, "time_ids": conditioning.sizes}
        return self.unet(
            noisy,
            timesteps,
            encoder_hidden_states=conditioning.states,
            added_cond_kwargs=added,
            return_dict=False,
        )[0]
