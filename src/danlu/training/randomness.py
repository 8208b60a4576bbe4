"""All randomness of a run is a function of (seed, epoch, place in the epoch): there is no generator state to save.

So a resumed run draws what the uninterrupted one would have drawn, and neither micro-batches nor caches change it.
"""

import hashlib
import random
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Draw:
    """The random numbers of one sample; latents-shaped ones are (C, h, w), float32, on the CPU."""

    uniform: float
    """Where in its stratum the timestep lies, in [0, 1)."""
    noise: Tensor
    posterior: Tensor
    """Noise for the VAE's posterior."""
    offset: Tensor
    """Noise per channel (C, 1, 1), for the noise offset."""
    key: int
    """What the adapter's dropout draws by (see `adapters.chance`)."""


def key_of(*parts: object) -> int:
    """A 63-bit number that depends on all parts."""
    digest = hashlib.blake2b(" ".join(map(str, parts)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") >> 1


def draw_sample(shape: tuple[int, int, int], *, seed: int, epoch: int, place: int) -> Draw:
    """The random numbers of the sample at `place` of an epoch's order, for latents of `shape`."""
    generator = torch.Generator().manual_seed(key_of("sample", seed, epoch, place))
    return Draw(
        uniform=float(torch.rand((), generator=generator)),
        noise=torch.randn(shape, generator=generator),
        posterior=torch.randn(shape, generator=generator),
        offset=torch.randn((shape[0], 1, 1), generator=generator),
        key=key_of("dropout", seed, epoch, place),
    )


def caption_random(*, seed: int, epoch: int, place: int) -> random.Random:
    """The generator for the caption (shuffle, dropout) of one sample."""
    return random.Random(key_of("caption", seed, epoch, place))
