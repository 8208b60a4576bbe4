"""A base as it lies on disk, whatever its layout: components, what is told of its noise schedule, its tokenizers."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from danlu.weights.components import Component


@dataclass(frozen=True)
class StoredBase:
    """What was found in a file or folder."""

    path: Path
    components: Mapping[str, Component]
    """By name: `unet`, `vae`, `text_encoder` and, for two of them, `text_encoder_2`."""
    scheduler: Mapping[str, Any]
    """In the words of diffusers' scheduler configs; what isn't told isn't there."""
    tokenizers: Mapping[str, Path]
    """The folder of each text encoder's tokenizer; without one, it is CLIP's own."""
