"""Encoded pictures: mean and log-variance of the VAE, so that the posterior's noise is fresh at every step.

In: pictures with their crop, bucket and mask. Out: `Latents`, from the cache where nothing that they depend on has
changed: the file's bytes, the crop, the bucket, the mask's bytes, the rendition, the VAE's weights, the code that makes
the pixels.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from danlu.cache.store import TensorStore, key_of
from danlu.datasets.augmentation import AS_IT_IS, AugmentationConfig, Rendition, render_picture, renditions
from danlu.datasets.masks import mask_values
from danlu.datasets.pictures import Picture, Size
from danlu.families.base import Base
from danlu.kit.errors import UserError
from danlu.kit.files import file_sha256

RESIZING = "lanczos-1"
"""Names how pixels are made; to be changed with the code in `datasets.decode`."""
COLOURING = "hue-gamma-1"
"""Names how colourings are made; to be changed with the code in `datasets.augmentation`."""


@dataclass(frozen=True)
class Latents:
    """One encoded picture; mean and log-variance (C, h, w), float32, unscaled."""

    mean: Tensor
    log_variance: Tensor
    mask: Tensor | None = None
    """How much each place counts (1, h, w), 0 to 1; None: all of it does."""

    def tensors(self) -> dict[str, Tensor]:
        """The tensors that are there, by the names of their fields."""
        named = {"mean": self.mean, "log_variance": self.log_variance, "mask": self.mask}
        return {name: tensor for name, tensor in named.items() if tensor is not None}


def latents_key(picture: Picture, bucket: Size, vae_key: str) -> str:
    """Everything that a picture's latents depend on. Raises `UserError` if the file can't be read."""
    try:
        content = file_sha256(picture.path)
        mask = None if picture.mask is None else (file_sha256(picture.mask.path), picture.mask.is_alpha)
    except OSError as error:
        raise UserError(
            f"The picture '{picture.path}' can't be read any more ({error.strerror}): put it back as it was.",
            f"无法再读取图片“{picture.path}”（{error.strerror}）：请恢复原文件。",
        ) from error
    parts: dict[str, object] = {"crop": picture.crop, "bucket": bucket, "resizing": RESIZING, "vae": vae_key}
    if picture.crop and not picture.crop.lies_within(picture.size):
        parts["extend"] = picture.extend
    if mask is not None:
        parts["mask"] = mask
    return key_of(picture=content, **parts)


def rendition_key(key: str, rendition: Rendition) -> str:
    """The key of another rendition of the picture whose latents lie under `key`."""
    return key if rendition == AS_IT_IS else key_of(of=key, rendition=rendition, colouring=COLOURING)


def encode_picture(base: Base, picture: Picture, bucket: Size, rendition: Rendition = AS_IT_IS) -> Latents:
    """Decode, crop, resize and encode one picture. Alone, so that the result doesn't depend on its neighbours."""
    image = render_picture(picture, bucket, rendition)
    pixels = torch.from_numpy(np.array(image, dtype=np.float32)).permute(2, 0, 1)[None] / 127.5 - 1
    with torch.no_grad():
        mean, log_variance = base.encode_images(pixels)
    values = mask_values(picture, bucket, Size(mean.shape[3], mean.shape[2]))
    mask = None if values is None else torch.from_numpy(values)[None]
    if mask is not None and rendition.flipped:
        mask = mask.flip(-1)
    return Latents(mean[0].float().cpu(), log_variance[0].float().cpu(), mask)


@dataclass
class LatentSource:
    """The latents of a run's pictures, by their index in the dataset and the rendition that is shown."""

    base: Base
    pictures: tuple[Picture, ...]
    buckets: tuple[Size, ...]
    mode: Literal["disk", "memory", "off"]
    store: TensorStore = field(default_factory=lambda: TensorStore("latents"))
    augmentation: AugmentationConfig = field(default_factory=AugmentationConfig)
    _kept: dict[tuple[int, Rendition], Latents] = field(default_factory=dict[tuple[int, Rendition], Latents])

    def prepare(self, on_progress: Callable[[int, int], None]) -> int:
        """Encode what the cache doesn't have; returns how many renditions that were. With mode "off": nothing."""
        if self.mode == "off" or not self.pictures:
            return 0
        vae_key = self.base.facts.components["vae"].fingerprint()
        wanted = [renditions(self.augmentation, picture.mirror) for picture in self.pictures]
        encoded, done, total = 0, 0, sum(map(len, wanted))
        for index, picture in enumerate(self.pictures):
            key = latents_key(picture, self.buckets[index], vae_key)
            for rendition in wanted[index]:
                encoded += self._keep(index, rendition, rendition_key(key, rendition))
                done += 1
                on_progress(done, total)
        return encoded

    def __getitem__(self, wanted: tuple[int, Rendition]) -> Latents:
        """The latents of one picture in one rendition."""
        if wanted in self._kept:
            return self._kept[wanted]
        index, rendition = wanted
        return encode_picture(self.base, self.pictures[index], self.buckets[index], rendition)

    def _keep(self, index: int, rendition: Rendition, key: str) -> bool:
        """Read or make a rendition's latents; whether they had to be made."""
        found = self.store.read(key) if self.mode == "disk" else None
        latents = self[index, rendition] if found is None else Latents(**found)
        if found is None and self.mode == "disk":
            self.store.write(key, latents.tensors())
        self._kept[index, rendition] = latents
        return found is None
