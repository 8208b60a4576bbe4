"""Encoded pictures: mean and log-variance of the VAE, so that the posterior's noise is fresh at every step.

In: pictures with their crop and bucket. Out: `Latents`, from the cache where nothing that they depend on has changed:
the file's bytes, the crop, the bucket, the VAE's weights, the code that resizes.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from danlu.cache.store import TensorStore, key_of
from danlu.datasets.decode import crop_and_resize, decode_picture
from danlu.datasets.pictures import Picture, Size
from danlu.families.base import Base
from danlu.kit.errors import UserError
from danlu.kit.files import file_sha256

RESIZING = "lanczos-1"
"""Names how pixels are made; to be changed with the code in `datasets.decode`."""


@dataclass(frozen=True)
class Latents:
    """One encoded picture; both tensors (C, h, w), float32, unscaled."""

    mean: Tensor
    log_variance: Tensor


def latents_key(picture: Picture, bucket: Size, vae_key: str) -> str:
    """Everything that a picture's latents depend on. Raises `UserError` if the file can't be read."""
    try:
        content = file_sha256(picture.path)
    except OSError as error:
        raise UserError(
            f"The picture '{picture.path}' can't be read any more ({error.strerror}): put it back as it was.",
            f"无法再读取图片“{picture.path}”（{error.strerror}）：请恢复原文件。",
        ) from error
    return key_of(picture=content, crop=picture.crop, bucket=bucket, resizing=RESIZING, vae=vae_key)


def encode_picture(base: Base, picture: Picture, bucket: Size) -> Latents:
    """Decode, crop, resize and encode one picture. Alone, so that the result doesn't depend on its neighbours."""
    image = crop_and_resize(decode_picture(picture.path), picture.crop, bucket)
    pixels = torch.from_numpy(np.array(image, dtype=np.float32)).permute(2, 0, 1)[None] / 127.5 - 1
    with torch.no_grad():
        mean, log_variance = base.encode_images(pixels)
    return Latents(mean[0].float().cpu(), log_variance[0].float().cpu())


@dataclass
class LatentSource:
    """The latents of a run's pictures, by their index in the dataset."""

    base: Base
    pictures: tuple[Picture, ...]
    buckets: tuple[Size, ...]
    mode: Literal["disk", "memory", "off"]
    store: TensorStore = field(default_factory=lambda: TensorStore("latents"))
    _kept: dict[int, Latents] = field(default_factory=dict[int, Latents])

    def prepare(self, on_progress: Callable[[int, int], None]) -> int:
        """Encode what the cache doesn't have; returns how many pictures that were. With mode "off": nothing."""
        if self.mode == "off":
            return 0
        vae_key = self.base.facts.components["vae"].fingerprint()
        encoded = 0
        for index, picture in enumerate(self.pictures):
            key = latents_key(picture, self.buckets[index], vae_key)
            found = self.store.read(key) if self.mode == "disk" else None
            if found is None:
                encoded += 1
                latents = encode_picture(self.base, picture, self.buckets[index])
                if self.mode == "disk":
                    self.store.write(key, {"mean": latents.mean, "log_variance": latents.log_variance})
            else:
                latents = Latents(found["mean"], found["log_variance"])
            self._kept[index] = latents
            on_progress(index + 1, len(self.pictures))
        return encoded

    def __getitem__(self, index: int) -> Latents:
        """The latents of one picture."""
        if index in self._kept:
            return self._kept[index]
        return encode_picture(self.base, self.pictures[index], self.buckets[index])
