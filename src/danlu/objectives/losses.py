"""How wrong a prediction is, element by element, as pure functions of tensors.

With d = prediction - target and a width c: l2 d² · l1 |d| · huber 2c(√(d²+c²) - c) · smooth_l1 2(√(d²+c²) - c).
huber is l2 near zero and 2c·|d| far out (Charbonnier et al., 1994); wide c is like l2, narrow c forgives outliers.
Shapes: predictions, targets and errors (B, C, h, w); widths, timesteps, ᾱ (B,); masks (B, 1, h, w) in [0, 1].
"""

import math
from typing import Literal

import torch
from torch import Tensor

LossKind = Literal["l2", "l1", "huber", "smooth_l1"]
WidthSchedule = Literal["constant", "exponential", "snr"]


def huber_widths(
    timesteps: Tensor, alphas: Tensor, *, schedule: WidthSchedule, width: float, scale: float, count: int
) -> Tensor:
    """The width c of each sample (B,), with T = `count`: constant c · exponential exp(t·ln(c)/T), from 1 down to c ·
    snr (1-c)/(1+σ)² + c with σ = √((1-ᾱ)/ᾱ), from about 1 at no noise to c at pure noise. All times `scale`.
    """
    if schedule == "constant":
        return torch.full_like(alphas, width * scale)
    if schedule == "exponential":
        return torch.exp(timesteps.to(alphas.dtype) * (math.log(width) / count)) * scale
    sigmas = ((1 - alphas) / alphas).sqrt()
    return ((1 - width) / (1 + sigmas).square() + width) * scale


def errors(prediction: Tensor, target: Tensor, kind: LossKind, widths: Tensor) -> Tensor:
    """The error of each element (B, C, h, w), in float32. `widths` is used by huber and smooth_l1."""
    difference = prediction.float() - target.float()
    if kind == "l2":
        return difference.square()
    if kind == "l1":
        return difference.abs()
    c = widths[:, None, None, None]
    # √(d²+c²) - c, written so that small differences don't drown in c.
    excess = difference.square() / ((difference.square() + c.square()).sqrt() + c)
    return 2 * c * excess if kind == "huber" else 2 * excess


def masked(errors: Tensor, mask: Tensor) -> Tensor:
    """Errors counted by a mask at the latents' size. Not divided by the mask's mean: a picture of which a tenth counts
    teaches a tenth as much.
    """
    return errors * mask


def per_sample(errors: Tensor) -> Tensor:
    """The mean error of each sample (B,)."""
    return errors.mean(dim=(1, 2, 3))
