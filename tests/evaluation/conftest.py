"""A world in which everything can be worked out by hand, run by the real sampler, injection and judge.

A picture is a grid of cells, one for each tag: white if the tag is true. The base's U-Net is one linear layer from the
words of the prompt to the cells, the tagger reads cells, and adapter files are real LoRAs on that layer.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from danlu.adapters.files import AdapterFile
from danlu.datasets.manifest import ConceptFacts, update_manifest
from danlu.datasets.pictures import Dataset
from danlu.datasets.scan import scan_dataset
from danlu.encoders.emphasis import plain_text
from danlu.families.base import Base, BaseFacts, Reading
from danlu.families.conditioning import Conditioning, Tokens
from danlu.tagging.base import Category, Tagger, TagInfo
from danlu.weights.components import Component
from danlu.weights.stored import StoredBase

TAGS = ("solo", "red hair", "round glasses", "smile", "sad", "blue background", "pink background", "hat", "beard")
GROUPS = {"mood": ("smile", "sad"), "background": ("blue background", "pink background")}
TRIGGER = "ohwx"
WORDS = (*TAGS, TRIGGER)
SIDE, CELL = 48, 16


class GridBase(Base):
    """Draws what it is told, and nothing else."""

    def __init__(self) -> None:
        self.facts = BaseFacts(
            name="grid",
            path=Path(),
            family="sd15",
            native_px=SIDE,
            step_px=16,
            latent_channels=len(TAGS),
            latent_factor=16,
            prediction="epsilon",
            zero_terminal_snr=False,
            max_clip_skip=12,
            stored=StoredBase(Path(), {"unet": Component("unet", Path(), {}, {})}, {}, {}),
        )
        unet = nn.ModuleDict({"attentions": nn.ModuleList([nn.Linear(len(WORDS), len(TAGS), bias=False)])})
        self.components = {"unet": unet, "text_encoder": nn.Identity()}
        nn.init.zeros_(self.layer.weight)
        with torch.no_grad():
            self.layer.weight[:, : len(TAGS)] = torch.eye(len(TAGS))
        self.alphas_cumprod = torch.cumprod(1 - torch.linspace(0.00085**0.5, 0.012**0.5, 1000).double() ** 2, 0)
        self.drawn = 0

    @property
    def layer(self) -> Any:
        return self.components["unet"]["attentions"][0]  # type: ignore[index]

    def tokenize(self, captions: Sequence[str], reading: Reading) -> Tokens:
        texts = [plain_text(caption) for caption in captions]
        return Tokens(torch.tensor([[word in caption.split(", ") for word in WORDS] for caption in texts]))

    def encode_tokens(self, tokens: Tokens, reading: Reading) -> Conditioning:
        return Conditioning(tokens.ids.float())

    def encode_images(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        raise NotImplementedError

    def scale_latents(self, latents: Tensor) -> Tensor:
        raise NotImplementedError

    def recompute_activations(self) -> None:
        pass

    def free_vae(self) -> None:
        pass

    def predict(self, noisy: Tensor, timesteps: Tensor, conditioning: Conditioning) -> Tensor:
        alpha = self.alphas_cumprod[timesteps.long()].float()[:, None, None, None]
        clean = self.layer(conditioning.states)[:, :, None, None]
        return (noisy - alpha.sqrt() * clean) / (1 - alpha).sqrt()

    def decode_latents(self, latents: Tensor) -> Tensor:
        self.drawn += len(latents)
        cells = latents.mean(dim=(2, 3)).view(-1, 1, 3, 3)
        return nn.functional.interpolate(cells, scale_factor=CELL).expand(-1, 3, -1, -1) * 2 - 1


class CellTagger(Tagger):
    """Reads the cells."""

    kind: Literal["cells"] = "cells"

    @classmethod
    def recognises(cls, path: Path) -> bool:
        return False

    @property
    def key(self) -> str:
        return "cells"

    @property
    def tags(self) -> tuple[TagInfo, ...]:
        rating: Category = "rating"
        return (TagInfo("general", rating), *(TagInfo(tag, "general") for tag in TAGS))

    @property
    def groups(self) -> Mapping[str, tuple[str, ...]]:
        return GROUPS

    def prepare(self, image: Image.Image) -> Any:
        return np.asarray(image.convert("L"), np.float32).reshape(3, CELL, 3, CELL).mean((1, 3)).reshape(-1) / 255

    def run(self, prepared: Sequence[Any]) -> Any:
        cells = np.array(prepared, np.float32).reshape(-1, len(TAGS))
        return np.concatenate([np.ones((len(prepared), 1), np.float32), cells], axis=1)


def picture_of(tags: Sequence[str], *, texture: int = 0) -> Image.Image:
    """The picture in which exactly these tags are true."""
    cells = np.array([tag in tags for tag in TAGS], np.uint8).reshape(3, 3) * 255
    pixels = np.kron(cells, np.ones((CELL, CELL), np.uint8))
    if texture:
        pixels = pixels ^ np.random.default_rng(texture).integers(0, 8, pixels.shape, np.uint8)
    return Image.fromarray(pixels).convert("RGB")


def make_lora(name: str, changes: Mapping[tuple[str, str], float]) -> AdapterFile:
    """A LoRA that adds `amount` of a tag's cell when a word is prompted: {(word, tag): amount}."""
    delta = torch.zeros(len(TAGS), len(WORDS))
    for (word, tag), amount in changes.items():
        delta[TAGS.index(tag), WORDS.index(word)] = amount
    tensors = {"lora_down.weight": delta, "lora_up.weight": torch.eye(len(TAGS)), "alpha": torch.tensor(9.0)}
    return AdapterFile(Path(f"{name}.safetensors"), {"lora_unet_attentions_0": tensors}, {})


@pytest.fixture
def base() -> GridBase:
    """The base."""
    return GridBase()


@pytest.fixture
def tagger() -> Tagger:
    """The tagger."""
    return CellTagger()


@pytest.fixture
def lora() -> Callable[[str, Mapping[tuple[str, str], float]], AdapterFile]:
    """`make_lora`."""
    return make_lora


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    """Four pictures of a red-haired character with round glasses."""
    root = tmp_path / "角色 set"
    root.mkdir()
    moods, backgrounds = ("smile", "sad", "smile", "hat"), ("blue background", "pink background", "pink background", "")
    for number, (mood, background) in enumerate(zip(moods, backgrounds, strict=True)):
        varied = [tag for tag in (mood, background) if tag]
        picture_of(["solo", "red hair", "round glasses", *varied], texture=number + 1).save(root / f"{number}.png")
        (root / f"{number}.txt").write_text(", ".join([TRIGGER, "solo", *varied]), encoding="utf-8")
    update_manifest(root, concepts={root.name: ConceptFacts(trigger=TRIGGER, traits=("red hair", "round glasses"))})
    return scan_dataset(root)
