"""All randomness of a run is a function of (seed, epoch, place in the epoch): there is no generator state to save.

So a resumed run draws what the uninterrupted one would have drawn, and neither micro-batches nor caches change it.
"""

import hashlib
import random
from dataclasses import dataclass

import torch
from torch import Tensor

from danlu.datasets.augmentation import AugmentationConfig, Rendition, sides
from danlu.datasets.pictures import Mirror
from danlu.objectives.base import ObjectiveConfig
from danlu.objectives.noise import pyramid

COLOURED_SHARE = 1 / 3
"""How often a picture is shown in other colours, if it has any: as often as in sd-scripts."""


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
    offset_share: float
    """How much of the noise offset is used, in [0, 1]."""
    coarse: Tensor
    """The coarse layers of multires noise; zero where it isn't asked for."""
    perturbation: Tensor
    """Noise that only the input gets, as strong as it should be; zero where it isn't asked for."""
    key: int
    """What the adapter's dropout draws by (see `adapters.chance`)."""


def key_of(*parts: object) -> int:
    """A 63-bit number that depends on all parts."""
    digest = hashlib.blake2b(" ".join(map(str, parts)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") >> 1


def draw_sample(shape: tuple[int, int, int], objective: ObjectiveConfig, *, seed: int, epoch: int, place: int) -> Draw:
    """The random numbers of the sample at `place` of an epoch's order, for latents of `shape`.

    What every objective needs comes from one generator, each option's own numbers from another: switching an option on
    changes nothing else.
    """

    def generator(purpose: str) -> torch.Generator:
        return torch.Generator().manual_seed(key_of(purpose, seed, epoch, place))

    def share(purpose: str) -> float:
        return float(torch.rand((), generator=generator(purpose)))

    coarse = perturbation = torch.zeros(shape)
    if objective.multires_iterations:
        coarse = pyramid(shape, objective.multires_iterations, objective.multires_discount, generator("multires"))
    if strength := objective.input_perturbation:
        perturbation = strength * torch.randn(shape, generator=generator("perturbation"))
        if objective.input_perturbation_random:
            perturbation *= share("perturbation share")
    common = generator("sample")
    return Draw(
        uniform=float(torch.rand((), generator=common)),
        noise=torch.randn(shape, generator=common),
        posterior=torch.randn(shape, generator=common),
        offset=torch.randn((shape[0], 1, 1), generator=common),
        offset_share=share("offset share") if objective.noise_offset_random else 1.0,
        coarse=coarse,
        perturbation=perturbation,
        key=key_of("dropout", seed, epoch, place),
    )


def caption_random(*, seed: int, epoch: int, place: int) -> random.Random:
    """The generator for the caption (shuffle, dropout) of one sample."""
    return random.Random(key_of("caption", seed, epoch, place))


def draw_rendition(
    config: AugmentationConfig, mirror: Mirror | None = None, *, seed: int, epoch: int, place: int
) -> Rendition:
    """How the picture at `place` of an epoch's order is shown this time; `mirror` is its own word."""
    shown = sides(config.flip, mirror)
    flipped = shown[key_of("flip", seed, epoch, place) % len(shown)]
    rng = random.Random(key_of("colours", seed, epoch, place))
    varied = config.colours > 0 and rng.random() < COLOURED_SHARE
    return Rendition(flipped, rng.randint(1, config.colours) if varied else 0)
