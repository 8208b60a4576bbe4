"""Encoded captions: conditions by final caption (after shuffle and dropout), kept while the encoders are frozen.

Disk keeps them for the next run, memory up to a limit for this one; what isn't kept any more is read or encoded again.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import torch

from danlu.cache.store import TensorStore, key_of
from danlu.families.base import Base, Reading
from danlu.families.conditioning import Conditioning
from danlu.kit.files import file_sha256

KEPT_BYTES = 512 << 20
"""How much is kept in memory; captions that change at every step would fill it otherwise."""


def text_key(caption: str, *, encoder_key: str, reading: Reading, dtype: torch.dtype) -> str:
    """Everything that a caption's conditions depend on."""
    return key_of(caption=caption, encoder=encoder_key, reading=reading, dtype=dtype)


@dataclass
class TextSource:
    """Conditions of captions from frozen text encoders; each distinct caption is encoded once while it is kept."""

    base: Base
    reading: Reading
    dtype: torch.dtype
    device: str
    """Where the conditions are wanted; the disk knows none."""
    on_disk: bool = True
    store: TensorStore = field(default_factory=lambda: TensorStore("texts"))
    encoded: int = 0
    """How many captions had to be encoded."""
    kept_bytes: int = KEPT_BYTES
    """How much may be kept in memory; the captions used last stay."""
    _kept: OrderedDict[str, Conditioning] = field(default_factory=OrderedDict[str, Conditioning])

    @cached_property
    def _encoder_key(self) -> str:
        """Weights and tokenizers; only when it is needed: a fingerprint reads all of an encoder's weights. CLIP's own
        tokenizer, where a base has none, never changes.
        """
        facts = self.base.facts
        weights = [facts.components[name].fingerprint() for name in facts.text_encoders]
        folders = [folder for _, folder in sorted(facts.stored.tokenizers.items())]
        files = [path for folder in folders for path in sorted(folder.glob("*")) if path.is_file()]
        return " ".join(weights + [f"{path.parent.name}/{path.name} {file_sha256(path)}" for path in files])

    def __call__(self, captions: Sequence[str]) -> Conditioning:
        """Conditions, one row a caption."""
        return Conditioning.join([self._one(caption) for caption in captions])

    def _one(self, caption: str) -> Conditioning:
        if caption in self._kept:
            self._kept.move_to_end(caption)
            return self._kept[caption]
        key = self._key(caption) if self.on_disk else ""
        found = self.store.read(key) if self.on_disk else None
        if found is None:
            self.encoded += 1
            with torch.no_grad():
                found = self.base.encode_captions([caption], self.reading).tensors()
            if self.on_disk:
                self.store.write(key, found)
        one = self._kept[caption] = Conditioning(**found).to(self.dtype, self.device)
        each = sum(tensor.nbytes for tensor in one.tensors().values())  # the same for every caption
        while len(self._kept) * each > self.kept_bytes:
            self._kept.popitem(last=False)
        return one

    def _key(self, caption: str) -> str:
        return text_key(caption, encoder_key=self._encoder_key, reading=self.reading, dtype=self.dtype)
