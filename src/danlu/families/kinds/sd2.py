"""Stable Diffusion 2.0 and 2.1: as 1.x, with OpenCLIP's text encoder without its last layer, and linear projections.

Base versions predict the noise at 512 px, the others v at 768 px. Folders say which; files mostly don't, and are told
apart as ComfyUI does it: training on v left the biases of one norm spread more widely.
"""

import statistics
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from danlu.families.base import Base, BaseFacts, Family, Prediction
from danlu.families.builds import Build
from danlu.families.stable_diffusion import FOUR_LEVELS, StableDiffusionBase, facts_of, layers_of, told_prediction
from danlu.weights.stored import StoredBase

if TYPE_CHECKING:
    import torch

NATIVE_PX: dict[Prediction, int] = {"epsilon": 512, "v_prediction": 768}
TELLING_BIAS = "transformer_blocks.0.norm1.bias"
"""In the last transformer of the U-Net."""
SPREAD_OF_V = 0.09


class SD2(Family):
    """Stable Diffusion 2.x."""

    kind: Literal["sd2"] = "sd2"
    title: ClassVar[str] = "Stable Diffusion 2.x"
    adapter_versions: ClassVar[tuple[str, ...]] = ("sd_v2", "stable-diffusion-v2", "narrow-sd2")
    usual_blocks: ClassVar[Mapping[str, Any]] = FOUR_LEVELS
    context_width: ClassVar[int] = 1024
    builds: ClassVar[tuple[Build, ...]] = (Build("sd2", (320, 640, 1280, 1280), (1024,)),)

    @classmethod
    def recognises(cls, stored: StoredBase) -> bool:
        """One text encoder, and a U-Net with linear projections but without added conditions."""
        unet = stored.components["unet"].config
        return (
            "text_encoder_2" not in stored.components
            and bool(unet.get("use_linear_projection"))
            and unet.get("addition_embed_type") is None
        )

    @classmethod
    def facts(cls, stored: StoredBase, prediction: Prediction | None) -> BaseFacts:
        """What can be told without loading weights; where nothing says what it predicts, one norm's biases do."""
        predicted = prediction or told_prediction(stored) or _prediction_by_spread(stored)
        native_px = NATIVE_PX[predicted]
        return facts_of(stored, "sd2", prediction=predicted, native_px=native_px, clip_skips=layers_of(stored))

    @classmethod
    def load(cls, facts: BaseFacts, *, dtype: "torch.dtype", device: str) -> Base:
        """Load the frozen modules: U-Net and text encoder in `dtype`, the VAE in float32."""
        return StableDiffusionBase(facts, dtype, device)

    @classmethod
    def released_metadata(cls, facts: BaseFacts) -> dict[str, str]:
        """As kohya names the base."""
        predicts_v = facts.prediction == "v_prediction"
        return {
            "ss_base_model_version": "sd_v2_v" if predicts_v else "sd_v2",
            "ss_v2": "True",
            "modelspec.architecture": f"stable-diffusion-v2-{'768-v' if predicts_v else '512'}/lora",
            "modelspec.implementation": "diffusers",
        }


def _prediction_by_spread(stored: StoredBase) -> Prediction:
    unet = stored.components["unet"]
    last = max(name for name in unet.parts if name.startswith("up_blocks.") and name.endswith(TELLING_BIAS))
    return "v_prediction" if statistics.pstdev(unet.read_numbers(last)) > SPREAD_OF_V else "epsilon"
