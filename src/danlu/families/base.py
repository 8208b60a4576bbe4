"""What a base model is to the rest of Danlu: a family tells facts and loads; a loaded base encodes, predicts, decodes.

Flow: a checkpoint folder goes in at `find_base`, a `Base` of frozen modules comes out; captions and pixels go through
its encoders once (and are cached), noisy latents through `predict` at every training step and sampling step.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from danlu.kit.variants import Variant

if TYPE_CHECKING:
    import torch

Prediction = Literal["epsilon", "v_prediction"]


@dataclass(frozen=True)
class BaseFacts:
    """What can be known of a base without loading its weights."""

    name: str
    path: Path
    family: str
    native_px: int
    """Side of the square that the base was trained on."""
    step_px: int
    """Both sides of a picture must be multiples of this."""
    latent_channels: int
    latent_factor: int
    """Pixels per latent, in each direction."""
    prediction: Prediction
    weights_bytes: int
    files: dict[str, Path]
    """The weight file of each component (`unet`, `text_encoder`, `vae`)."""


class Base(ABC):
    """A loaded base model: frozen modules and the functions that go through them."""

    facts: BaseFacts
    unet: "torch.nn.Module"
    text_encoder: "torch.nn.Module"
    alphas_cumprod: "torch.Tensor"
    """ᾱ_t of the noise schedule, shape (1000,), float64."""

    @abstractmethod
    def tokenize(self, captions: Sequence[str]) -> "torch.Tensor":
        """Token ids of captions, shape (B, L), int64; longer captions are cut at the encoder's length."""

    @abstractmethod
    def encode_tokens(self, tokens: "torch.Tensor", clip_skip: int = 1) -> "torch.Tensor":
        """Hidden states (B, L, C) for token ids (B, L); `clip_skip` n takes the n-th layer from the end, then the
        final layer norm (1 = the last layer).
        """

    @abstractmethod
    def encode_images(self, pixels: "torch.Tensor") -> "tuple[torch.Tensor, torch.Tensor]":
        """Mean and log-variance, each (B, C, H/f, W/f), float32, *unscaled*, of pixels (B, 3, H, W) in [-1, 1]."""

    @abstractmethod
    def decode_latents(self, latents: "torch.Tensor") -> "torch.Tensor":
        """Pixels (B, 3, H, W) in [-1, 1], float32, of *scaled* latents (B, C, H/f, W/f)."""

    @abstractmethod
    def scale_latents(self, latents: "torch.Tensor") -> "torch.Tensor":
        """Bring encoder output to the scale that the U-Net sees."""

    @abstractmethod
    def predict(self, noisy: "torch.Tensor", timesteps: "torch.Tensor", context: "torch.Tensor") -> "torch.Tensor":
        """The U-Net's prediction (B, C, h, w) for noisy latents, integer timesteps (B,), hidden states (B, L, D)."""

    def encode_captions(self, captions: Sequence[str], clip_skip: int = 1) -> "torch.Tensor":
        """Hidden states (B, L, C) of captions."""
        return self.encode_tokens(self.tokenize(captions), clip_skip)


class Family(Variant, ABC):
    """A generation of base models that share their layout; one file each in `kinds/`."""

    title: ClassVar[str]
    metadata_name: ClassVar[str]
    """The family in an adapter file's `ss_base_model_version`."""

    @classmethod
    @abstractmethod
    def recognises(cls, path: Path) -> bool:
        """Whether the checkpoint at `path` is of this family, judged by its files, without loading weights."""

    @classmethod
    @abstractmethod
    def facts(cls, path: Path) -> BaseFacts:
        """What can be told without loading weights."""

    @classmethod
    @abstractmethod
    def load(cls, path: Path, *, dtype: Any, device: str) -> Base:
        """Load the frozen modules: U-Net and text encoder in `dtype`, the VAE in float32."""

    @classmethod
    @abstractmethod
    def adapter_prefixes(cls) -> dict[str, str]:
        """Component name (`unet`, `text_encoder`) to the prefix of its names in an adapter file."""
