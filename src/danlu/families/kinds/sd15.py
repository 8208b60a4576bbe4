"""Stable Diffusion 1.x (1.4, 1.5 and everything derived from them, and the embedded base): one CLIP text encoder, a
U-Net that predicts the noise (or v), an 8× VAE with 4 channels. Widths and depths are read from configs or shapes.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from danlu.families.base import Base, BaseFacts, Family, Prediction
from danlu.families.builds import EMBEDDED, Build
from danlu.families.stable_diffusion import FOUR_LEVELS, StableDiffusionBase, facts_of, layers_of, told_prediction
from danlu.weights.stored import StoredBase

if TYPE_CHECKING:
    import torch

NATIVE_PX = 512


class SD15(Family):
    """Stable Diffusion 1.x."""

    kind: Literal["sd15"] = "sd15"
    title: ClassVar[str] = "Stable Diffusion 1.x"
    adapter_versions: ClassVar[tuple[str, ...]] = ("sd_v1", "stable-diffusion-v1", EMBEDDED.name, "narrow-sd15")
    usual_blocks: ClassVar[Mapping[str, Any]] = FOUR_LEVELS
    context_width: ClassVar[int] = 768
    builds: ClassVar[tuple[Build, ...]] = (Build("sd15", (320, 640, 1280, 1280), (768,)), EMBEDDED)

    @classmethod
    def recognises(cls, stored: StoredBase) -> bool:
        """One text encoder, and a U-Net without added conditions or linear projections."""
        unet = stored.components["unet"].config
        return (
            "text_encoder_2" not in stored.components
            and not unet.get("use_linear_projection")
            and unet.get("addition_embed_type") is None
        )

    @classmethod
    def facts(cls, stored: StoredBase, prediction: Prediction | None) -> BaseFacts:
        """What can be told without loading weights; ε unless a marker says otherwise."""
        predicted = prediction or told_prediction(stored) or "epsilon"
        return facts_of(stored, "sd15", prediction=predicted, native_px=NATIVE_PX, clip_skips=layers_of(stored))

    @classmethod
    def load(cls, facts: BaseFacts, *, dtype: "torch.dtype", device: str) -> Base:
        """Load the frozen modules: U-Net and text encoder in `dtype`, the VAE in float32."""
        return StableDiffusionBase(facts, dtype, device)

    @classmethod
    def released_metadata(cls, facts: BaseFacts) -> dict[str, str]:  # noqa: ARG003  as its base declares
        """As kohya names the base."""
        return {
            "ss_base_model_version": "sd_v1",
            "ss_v2": "False",
            "modelspec.architecture": "stable-diffusion-v1/lora",
            "modelspec.implementation": "diffusers",
        }
