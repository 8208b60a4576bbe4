"""Encoded captions: hidden states by final caption (after shuffle and dropout), kept while the encoder is frozen."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from danlu.cache.store import TensorStore, key_of
from danlu.families.base import Base
from danlu.kit.files import file_sha256


def text_key(caption: str, *, encoder_key: str, clip_skip: int, dtype: torch.dtype) -> str:
    """Everything that a caption's hidden states depend on."""
    return key_of(caption=caption, encoder=encoder_key, clip_skip=clip_skip, dtype=dtype)


@dataclass
class TextSource:
    """Hidden states of captions from a frozen text encoder; each distinct caption is encoded once."""

    base: Base
    clip_skip: int
    dtype: torch.dtype
    on_disk: bool = True
    store: TensorStore = field(default_factory=lambda: TensorStore("texts"))
    encoded: int = 0
    """How many captions had to be encoded."""
    _kept: dict[str, Tensor] = field(default_factory=dict[str, Tensor])
    _encoder_key: str = ""

    def __post_init__(self) -> None:
        self._encoder_key = file_sha256(self.base.facts.files["text_encoder"])

    def __call__(self, captions: Sequence[str]) -> Tensor:
        """Hidden states (B, L, C)."""
        return torch.stack([self._one(caption) for caption in captions])

    def _one(self, caption: str) -> Tensor:
        if caption not in self._kept:
            key = text_key(caption, encoder_key=self._encoder_key, clip_skip=self.clip_skip, dtype=self.dtype)
            found = self.store.read(key) if self.on_disk else None
            if found is None:
                self.encoded += 1
                with torch.no_grad():
                    states = self.base.encode_captions([caption], self.clip_skip)[0]
                found = {"states": states}
                if self.on_disk:
                    self.store.write(key, found)
            self._kept[caption] = found["states"].to(self.dtype)
        return self._kept[caption]
