"""What a base model is to the rest of Danlu: a family tells facts and loads; a loaded base encodes, predicts, decodes.

Flow: a checkpoint file or folder goes in at `find_base`, a `Base` of frozen modules comes out; captions and pixels go
through its encoders once (and are cached), noisy latents through `predict` at every training and sampling step.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple, get_args

from danlu.encoders import clip_tokens
from danlu.encoders.emphasis import Emphasis, read_pieces
from danlu.families.builds import Build, find_build
from danlu.families.layer_names import ROOTS, is_path_in, own_path, path_of
from danlu.kit.path_settings import PathSetting
from danlu.kit.places import EMBEDDED_BASE
from danlu.kit.variants import Variant, kind_name
from danlu.weights.components import Component, plain_name
from danlu.weights.stored import StoredBase

if TYPE_CHECKING:
    import torch

    from danlu.families.conditioning import Conditioning, Tokens

BASE_PATH = PathSetting(names=(EMBEDDED_BASE,), found_from_here=True)
"""A base, or a part of one, as settings name it."""
Prediction = Literal["epsilon", "v_prediction"]


class Framing(NamedTuple):
    """How a picture was cut, in pixels, in the order in which SDXL is told."""

    original_height: int
    original_width: int
    crop_top: int
    """What was cut off above and to the left, after scaling to the target."""
    crop_left: int
    target_height: int
    target_width: int

    @classmethod
    def whole(cls, width: int, height: int) -> "Framing":
        """A picture of which nothing was cut off, as one asks for when drawing."""
        return cls(height, width, 0, 0, height, width)


MaxTokens = Literal[75, 150, 225]
MAX_TOKENS: tuple[MaxTokens, ...] = get_args(MaxTokens)


@dataclass(frozen=True)
class Reading:
    """How captions are read."""

    clip_skip: int = 1
    """n takes the n-th layer from the end of those that the family uses, 1 being its usual one."""
    max_tokens: MaxTokens = 75
    """What is beyond is cut. More than 75 are read in portions of 75, each as a caption of its own."""
    emphasis: Emphasis = "off"
    """How (word:1.2) and its like are taken."""


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
    zero_terminal_snr: bool
    """Whether the noise schedule ends in pure noise."""
    max_clip_skip: int
    """How far `clip_skip` may go; 1 where the family always takes the same layer."""
    stored: StoredBase

    @property
    def drawn_step_px(self) -> int:
        """Both sides of a drawn picture must be multiples of this: one latent. Buckets keep to `step_px`, which the
        U-Net halves without a rest; drawing, it brings what is left over back to size.
        """
        return self.latent_factor

    @property
    def components(self) -> Mapping[str, Component]:
        """Where the weights of `unet`, `vae` and the text encoders lie."""
        return self.stored.components

    @property
    def text_encoders(self) -> list[str]:
        """The names of the text encoders: `text_encoder`, and `text_encoder_2` if there are two."""
        return [name for name in self.components if name.startswith("text_encoder")]

    @property
    def weights_bytes(self) -> int:
        """Bytes of all components on disk."""
        return sum(component.weights_bytes for component in self.components.values())


class Base(ABC):
    """A loaded base model: frozen modules and the functions that go through them."""

    facts: BaseFacts
    components: "Mapping[str, torch.nn.Module]"
    """The modules that adapters go into, each loaded when it is first asked for: `unet`, `text_encoder`, and
    `text_encoder_2` if there are two.
    """
    on_bytes: Callable[[int, int], None] | None = None
    """Told (bytes read, all) while a module is loaded."""
    alphas_cumprod: "torch.Tensor"
    """ᾱ_t of the noise schedule, shape (1000,), float64."""

    @property
    def unet(self) -> "torch.nn.Module":
        """The module that predicts the noise."""
        return self.components["unet"]

    @property
    def text_encoder(self) -> "torch.nn.Module":
        """The (first) text encoder."""
        return self.components["text_encoder"]

    @abstractmethod
    def tokenize(self, captions: Sequence[str], reading: Reading) -> "Tokens":
        """Captions as tokens for each text encoder."""

    @abstractmethod
    def encode_tokens(self, tokens: "Tokens", reading: Reading) -> "Conditioning":
        """Conditions for captions as tokens, the portions joined."""

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
    def free_vae(self) -> None:
        """Give back what the VAE takes: it is loaded again when it is next needed."""

    @abstractmethod
    def predict(self, noisy: "torch.Tensor", timesteps: "torch.Tensor", conditioning: "Conditioning") -> "torch.Tensor":
        """The U-Net's prediction (B, C, h, w) for noisy latents, integer timesteps (B,), and what it is told."""

    @abstractmethod
    def recompute_activations(self) -> None:
        """From now on, keep only what lies between the U-Net's blocks for the way back (Chen et al., 2016)."""

    def encode_captions(self, captions: Sequence[str], reading: Reading = Reading()) -> "Conditioning":
        """Conditions for captions."""
        return self.encode_tokens(self.tokenize(captions, reading), reading)


class Family(Variant, ABC):
    """A generation of base models that share their layout; one file each in `kinds/`."""

    title: ClassVar[str]
    adapter_prefixes: ClassVar[Mapping[str, str]] = {"unet": "lora_unet_", "text_encoder": "lora_te_"}
    """kohya's prefix of each component's layers in an adapter file."""
    adapter_versions: ClassVar[tuple[str, ...]]
    """How `ss_base_model_version` and `modelspec.architecture` of adapters for such bases begin."""
    usual_blocks: ClassVar[Mapping[str, Any]]
    """What the released bases' U-Net is built of, in the words of its config: adapter files are read without a base."""
    context_width: ClassVar[int]
    """How wide a caption's hidden states are in the released bases."""
    builds: ClassVar[tuple[Build, ...]]
    """How wide its bases are built; the first as all released ones."""

    @classmethod
    @abstractmethod
    def recognises(cls, stored: StoredBase) -> bool:
        """Whether what was found on disk is of this family, judged by its components and their configs."""

    @classmethod
    @abstractmethod
    def facts(cls, stored: StoredBase, prediction: Prediction | None) -> BaseFacts:
        """What can be told without loading weights; `prediction` is the user's word, None to find it out."""

    @classmethod
    @abstractmethod
    def load(cls, facts: BaseFacts, *, dtype: Any, device: str) -> Base:
        """Load the frozen modules: U-Net and text encoders in `dtype`, the VAE in float32."""

    @classmethod
    @abstractmethod
    def released_metadata(cls, facts: BaseFacts) -> dict[str, str]:
        """What an adapter file for a base of the released build says of it, as other programs look for it."""

    @classmethod
    def build(cls, facts: BaseFacts) -> Build:
        """How wide a base is built."""
        configs = {name: component.config for name, component in facts.components.items()}
        return find_build(cls.builds, kind_name(cls), configs)

    @classmethod
    def adapter_metadata(cls, facts: BaseFacts) -> dict[str, str]:
        """What an adapter file says of the base it was made for."""
        build = cls.build(facts)
        return cls.released_metadata(facts) if build == cls.builds[0] else build.metadata()

    @classmethod
    def count_tokens(cls, facts: BaseFacts, captions: Sequence[str], emphasis: Emphasis) -> list[int]:
        """How many tokens each caption has, its begin and end not counted; needs the tokenizer, but neither weights nor
        torch.
        """
        pieces = [[piece.text for piece in read_pieces(caption, emphasis)] for caption in captions]
        counts = iter(clip_tokens.count_tokens(list(chain(*pieces)), facts.stored.tokenizers.get("text_encoder")))
        return [sum(islice(counts, len(one))) for one in pieces]

    @classmethod
    def split_captions(
        cls, facts: BaseFacts, captions: Sequence[str], emphasis: Emphasis
    ) -> "list[list[tuple[str, int]]]":
        """Each caption, without emphasis, in the portions that are read at once, and how many tokens each has; needs
        the tokenizer, but no weights.
        """
        from danlu.encoders.clip import load_tokenizer, split_portions

        tokenizer = load_tokenizer(facts.stored.tokenizers.get("text_encoder"))
        portions = [split_portions(tokenizer, read_pieces(caption, emphasis)) for caption in captions]
        return [[(one.text, one.tokens) for one in caption] for caption in portions]

    @classmethod
    def adapter_naming(cls, unet: Mapping[str, Any], component: str) -> Callable[[str], str]:  # noqa: ARG003
        """How kohya's format calls a component's layers, from their path among its modules; `unet` is the U-Net's
        config.
        """
        prefix = cls.adapter_prefixes[component] + ("" if component == "unet" else "text_model_")
        return lambda path: prefix + plain_name(path).replace(".", "_")

    @classmethod
    def adapter_place(cls, name: str) -> tuple[str, str] | None:
        """The component and the path that kohya's format calls `name`: the inverse of `adapter_naming` for the released
        bases, whichever layout's words it takes for the U-Net. None if it is no layer of this family.
        """
        for component, prefix in cls.adapter_prefixes.items():
            if name.startswith(prefix):
                path = path_of(name.removeprefix(prefix))
                own = cls.layer_path(component, path.removeprefix("text_model.") if component != "unet" else path)
                return (component, own) if own else None
        return None

    @classmethod
    def layer_path(cls, component: str, path: str) -> str | None:
        """The path of a component's layer in the words of its module, from that or the original layout's; None if the
        released bases can't have it.
        """
        if component not in cls.adapter_prefixes:
            return None
        own = own_path(path, cls.usual_blocks) if component == "unet" else path
        if own is None or own.partition(".")[0] not in ROOTS[component]:
            return None
        return own if component != "unet" or is_path_in(cls.usual_blocks, own) else None
