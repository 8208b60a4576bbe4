"""The diffusion objective as pure functions of tensors.

x_t = √ᾱ_t z + √(1-ᾱ_t) ε (Ho et al., 2020). The target is ε, or v = √ᾱ_t ε - √(1-ᾱ_t) z (Salimans & Ho, 2022).
SNR_t = ᾱ_t / (1-ᾱ_t). min-SNR-γ weights (Hang et al., 2023): ε: min(SNR, γ)/SNR; v: min(SNR, γ)/(SNR+1).
Shapes: latents, noise and targets (B, C, h, w); timesteps and weights (B,).
"""

import torch
from torch import Tensor

from danlu.families.base import Prediction


def add_noise(latents: Tensor, noise: Tensor, alphas: Tensor) -> Tensor:
    """x_t for scaled latents and ᾱ_t of each sample."""
    return _spread(alphas.sqrt()) * latents + _spread((1 - alphas).sqrt()) * noise


def target_of(latents: Tensor, noise: Tensor, alphas: Tensor, prediction: Prediction) -> Tensor:
    """What the U-Net should predict."""
    if prediction == "epsilon":
        return noise
    return _spread(alphas.sqrt()) * noise - _spread((1 - alphas).sqrt()) * latents


def min_snr_weights(alphas: Tensor, gamma: float | None, prediction: Prediction) -> Tensor:
    """The weight of each sample's error, in (0, 1]; all ones without γ."""
    if gamma is None:
        return torch.ones_like(alphas)
    snr = alphas / (1 - alphas)
    return snr.clamp(max=gamma) / (snr if prediction == "epsilon" else snr + 1)


def debiased_weights(alphas: Tensor, prediction: Prediction) -> Tensor:
    """ε: 1/√SNR; v: 1/(SNR+1), with SNR ≤ 1000 (Yu et al., 2023)."""
    snr = (alphas / (1 - alphas)).clamp(max=1000)
    return snr.rsqrt() if prediction == "epsilon" else 1 / (snr + 1)


def stratified_timesteps(uniform: Tensor, first: int, stop: int) -> Tensor:
    """One timestep per sample of a group, from uniform numbers (B,) in [0, 1): sample i of B draws from the i-th of B
    equal parts of first..stop-1. Each sample alone is uniform (its place in the group is random), while a group covers
    light and heavy noise evenly, which steadies the gradient.
    """
    size, count = len(uniform), stop - first
    strata = torch.arange(size, dtype=uniform.dtype, device=uniform.device)
    return first + ((strata + uniform) / size * count).long().clamp(max=count - 1)


def gaussian_latents(mean: Tensor, log_variance: Tensor, noise: Tensor) -> Tensor:
    """A sample of the VAE's posterior: mean + exp(½ log σ²) · noise."""
    return mean + torch.exp(0.5 * log_variance.clamp(-30, 20)) * noise


def _spread(values: Tensor) -> Tensor:
    """(B,) as (B, 1, 1, 1), to multiply latents."""
    return values[:, None, None, None]
