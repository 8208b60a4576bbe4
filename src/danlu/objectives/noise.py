"""Noise that differs from white noise, as pure functions of tensors and generators.

Noise offset (Guttenberg, 2023): ε + o·n with n ~ N(0,1) per picture and channel; adaptive: o ← max(0, o + a·|mean z|).
Multires or pyramid noise (Whitaker, 2023): ε + Σ δⁱ·enlarged(N(0,1) at h/rⁱ × w/rⁱ), r ~ U(2,4), then divided by its
standard deviation. Shapes: latents and noise (B, C, h, w), one sample's noise (C, h, w), strengths (B,).
"""

import torch
from torch import Tensor
from torch.nn import functional as F


def offset_strengths(latents: Tensor, strengths: Tensor, adaptive: float) -> Tensor:
    """How strong the noise offset is for each sample and channel (B, C, 1, 1), at least 0.

    `latents` are scaled; `adaptive` raises the strength with the distance of a channel's mean from zero.
    """
    return (strengths[:, None, None, None] + adaptive * latents.mean(dim=(2, 3), keepdim=True).abs()).clamp(min=0)


def pyramid(shape: tuple[int, int, int], iterations: int, discount: float, generator: torch.Generator) -> Tensor:
    """The coarse layers of one sample's multires noise, to be added to its white noise. Layer 0 is at full size, each
    next one smaller; it stops at a side of 1.
    """
    channels, height, width = shape
    total = torch.zeros(shape)
    for layer in range(iterations):
        shrink = float(torch.rand((), generator=generator) * 2 + 2) ** layer
        h, w = max(1, int(height / shrink)), max(1, int(width / shrink))
        coarse = torch.randn((1, channels, h, w), generator=generator)
        total += discount**layer * F.interpolate(coarse, size=(height, width), mode="bilinear")[0]
        if 1 in (h, w):
            break
    return total


def unit_deviation(noise: Tensor) -> Tensor:
    """Noise divided by its standard deviation, sample by sample: what one sample sees never depends on the others."""
    return noise / noise.std(dim=(1, 2, 3), keepdim=True)
