"""One component of a base on disk (a U-Net, a VAE, a text encoder): its config, and where each of its tensors lies.

A component is known by the names that diffusers and transformers give its tensors, whichever layout the file has: a
`Part` says under which key, and in which form, a tensor is kept. So the loader, the plan and the cache need to know
nothing of layouts.
"""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from danlu.weights.headers import ITEM_BYTES, Header


@dataclass(frozen=True)
class Part:
    """Where one tensor of a component lies."""

    header: Header
    key: str
    shape: tuple[int, ...]
    """The tensor's own shape; where it differs from the file's in trailing ones only, it is reshaped."""
    third: int | None = None
    """Which third of the rows it is: OpenCLIP keeps q, k and v in one tensor."""
    transposed: bool = False

    @property
    def file_bytes(self) -> int:
        """How much of the file the tensor takes."""
        return math.prod(self.shape) * ITEM_BYTES[self.header.entries[self.key].dtype]


@dataclass(frozen=True)
class Component:
    """A component as it lies on disk."""

    name: str
    """`unet`, `vae`, `text_encoder` or `text_encoder_2`."""
    path: Path
    """The file, or the folder of files."""
    config: Mapping[str, Any]
    """As in diffusers' or transformers' `config.json`."""
    parts: Mapping[str, Part]
    """Tensor name to its place. Names are those of the component's module, without a leading `text_model.`."""

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Tensor name to shape."""
        return {name: part.shape for name, part in self.parts.items()}

    @property
    def weights_bytes(self) -> int:
        """How many bytes of the file the component takes."""
        return sum(part.file_bytes for part in self.parts.values())

    def read_numbers(self, name: str) -> list[float]:
        """The values of a small tensor."""
        part = self.parts[name]
        return part.header.read_numbers(part.key)

    def fingerprint(self) -> str:
        """A SHA-256 over everything that the component computes from: config, names, shapes, dtypes and values."""
        digest = hashlib.sha256(json.dumps(dict(self.config), sort_keys=True).encode())
        for name, part in sorted(self.parts.items()):
            entry = part.header.entries[part.key]
            digest.update(f"{name} {part.key} {part.third} {entry.dtype} {entry.shape}\n".encode())
        keys = {(part.header.path, part.key): part for part in self.parts.values()}
        for _, part in sorted(keys.items()):
            digest.update(part.header.read_bytes(part.key))
        return digest.hexdigest()


def plain_name(name: str) -> str:
    """A tensor's name without the level that some releases of transformers put over a text encoder."""
    return name.removeprefix("text_model.")
