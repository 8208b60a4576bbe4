"""What a U-Net is told besides noise and time: encoded captions, and for SDXL the framing of the picture.

Captions become `Tokens`, then a `Conditioning`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from danlu.families.base import Framing


@dataclass(frozen=True)
class Tokens:
    """B captions for each of E text encoders, in K portions of L tokens: shape (B, E, K, L)."""

    ids: Tensor
    """int64."""
    weights: Tensor | None = None
    """How much each token counts, float32; None where all count 1."""

    def rows_of(self, encoder: int) -> tuple[Tensor, Tensor | None]:
        """Ids and weights for one of the text encoders, a row for each portion: (B · K, L)."""
        weights = None if self.weights is None else self.weights[:, encoder].flatten(0, 1)
        return self.ids[:, encoder].flatten(0, 1), weights


@dataclass(frozen=True)
class Conditioning:
    """Conditions of B pictures; a tensor is None where the family has no such input."""

    states: Tensor
    """Hidden states of the captions' tokens (B, L, C)."""
    pooled: Tensor | None = None
    """The captions as a whole (B, P)."""
    sizes: Tensor | None = None
    """Original height and width, top and left of the crop, target height and width, in pixels: (B, 6), float32."""

    @classmethod
    def join(cls, parts: Sequence["Conditioning"]) -> "Conditioning":
        """The rows of all parts, in order."""
        named = [part.tensors() for part in parts]
        return cls(**{name: torch.cat([one[name] for one in named]) for name in named[0]})

    def __len__(self) -> int:
        return len(self.states)

    def rows(self, index: slice | list[int]) -> "Conditioning":
        """Some of the rows."""
        return Conditioning(**{name: tensor[index] for name, tensor in self.tensors().items()})

    def tensors(self) -> dict[str, Tensor]:
        """The tensors that are there, by the names of their fields."""
        named = {"states": self.states, "pooled": self.pooled, "sizes": self.sizes}
        return {name: tensor for name, tensor in named.items() if tensor is not None}

    def to(self, dtype: torch.dtype, device: str | None = None) -> "Conditioning":
        """Captions in another number format, and on a device; sizes stay in float32, in which 1023 isn't 1024."""
        pooled = None if self.pooled is None else self.pooled.to(device, dtype)
        sizes = None if self.sizes is None else self.sizes.to(device)
        return replace(self, states=self.states.to(device, dtype), pooled=pooled, sizes=sizes)

    def framed(self, framings: Sequence[Framing]) -> "Conditioning":
        """The same captions for pictures that are framed like this, one framing a row."""
        return replace(self, sizes=torch.tensor(framings, dtype=torch.float32, device=self.states.device))
