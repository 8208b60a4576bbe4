"""A content-addressed store of tensors: the key says everything that the value depends on, so nothing is ever stale."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import safetensors.torch
from safetensors import SafetensorError
from torch import Tensor

from danlu.kit.cache_files import keep, read_kept
from danlu.kit.places import cache_folder


def key_of(**parts: object) -> str:
    """The key of a value that depends on `parts`: a SHA-256 over their names and values."""
    text = json.dumps({name: str(value) for name, value in sorted(parts.items())}, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


class TensorStore:
    """Tensors by key, in a folder of the user's cache."""

    def __init__(self, room: str, folder: Path | None = None) -> None:
        self.folder = (folder or cache_folder()) / room

    def read(self, key: str) -> dict[str, Tensor] | None:
        """What lies under a key, or None. A damaged file counts as missing."""
        content = read_kept(self._path(key))
        try:
            return None if content is None else safetensors.torch.load(content)
        except SafetensorError:
            return None

    def write(self, key: str, tensors: Mapping[str, Tensor]) -> None:
        """Keep tensors under a key, if the disk takes them."""
        plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
        keep(self._path(key), safetensors.torch.save(plain))

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / f"{key}.safetensors"
