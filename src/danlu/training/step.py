"""One optimizer step's gradient: a group of pictures goes in, the adapter's gradients and the loss come out.

The group is computed in micro-batches; each sample's share of the loss is 1 / group, so the portions change nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from danlu.adapters.injection import Injection
from danlu.cache.latents import Latents
from danlu.families.base import Base
from danlu.objectives.base import ObjectiveConfig
from danlu.objectives.diffusion import (
    add_noise,
    debiased_weights,
    gaussian_latents,
    min_snr_weights,
    squared_error,
    stratified_timesteps,
    target_of,
)
from danlu.training.randomness import Draw

Conditioner = Callable[[Sequence[str]], Tensor]


@dataclass(frozen=True)
class Sample:
    """One picture of a group, with everything random about it already drawn."""

    latents: Latents
    draw: Draw
    caption: str
    preserved: str | None
    """The caption without its trigger, on which the base must stay as it was; None to leave that out."""
    weight: float
    """1, or the prior weight of a regularization picture."""


@dataclass(frozen=True)
class Noised:
    """A group after noise was added; tensors (B, C, h, w) or (B,), float32, on the device."""

    noisy: Tensor
    target: Tensor
    timesteps: Tensor
    weights: Tensor

    def part(self, start: int, stop: int) -> "Noised":
        """Samples start..stop-1."""
        return Noised(
            self.noisy[start:stop], self.target[start:stop], self.timesteps[start:stop], self.weights[start:stop]
        )


@dataclass(frozen=True)
class Stepper:
    """Computes gradients of an injected adapter."""

    base: Base
    injection: Injection
    conditioner: Conditioner
    """Captions to hidden states, with a gradient if the text encoder is trained."""
    base_conditioner: Conditioner
    """The same through the base's own text encoder, without gradient."""
    objective: ObjectiveConfig
    micro_batch: int
    dtype: torch.dtype
    device: str

    def accumulate(self, samples: Sequence[Sample]) -> float:
        """Add the gradient of the group's mean loss to the adapter's parameters; returns the loss."""
        noised = self.noise(samples)
        total = torch.zeros((), device=self.device)
        for start in range(0, len(samples), self.micro_batch):
            stop = min(start + self.micro_batch, len(samples))
            part = samples[start:stop]
            with self.injection.drawing(_dropout_keys(part)):
                loss = self.loss(noised.part(start, stop), part).sum() / len(samples)
                loss.backward()
            total += loss.detach()
        return float(total)

    def noise(self, samples: Sequence[Sample]) -> Noised:
        """Latents, noise and timesteps of a whole group (timesteps are spread over the group, not the micro-batch)."""
        latents = self.base.scale_latents(
            torch.stack([gaussian_latents(s.latents.mean, s.latents.log_variance, s.draw.posterior) for s in samples])
        )
        noise = torch.stack([s.draw.noise + self.objective.noise_offset * s.draw.offset for s in samples])
        alphas_cumprod = self.base.alphas_cumprod
        uniform = torch.tensor([s.draw.uniform for s in samples], dtype=torch.float64)
        timesteps = stratified_timesteps(uniform, len(alphas_cumprod))
        alphas = alphas_cumprod.cpu()[timesteps].float()
        prediction = self.base.facts.prediction
        weights = self._weights(alphas)
        weights = weights * torch.tensor([s.weight for s in samples])
        target = target_of(latents, noise, alphas, prediction)
        parts = add_noise(latents, noise, alphas), target, timesteps, weights
        return Noised(*(part.to(self.device) for part in parts))

    def _weights(self, alphas: Tensor) -> Tensor:
        prediction = self.base.facts.prediction
        if self.objective.debiased:
            return debiased_weights(alphas, prediction)
        return min_snr_weights(alphas, self.objective.min_snr_gamma, prediction)

    def loss(self, noised: Noised, samples: Sequence[Sample]) -> Tensor:
        """The weighted loss of each sample (B,)."""
        preserved = [sample.preserved for sample in samples if sample.preserved is not None]
        rows = [row for row, sample in enumerate(samples) if sample.preserved is not None]
        noisy = noised.noisy.to(self.dtype)
        context = self.conditioner([sample.caption for sample in samples] + preserved).to(self.dtype)
        all_noisy = torch.cat([noisy, noisy[rows]]) if rows else noisy
        all_steps = torch.cat([noised.timesteps, noised.timesteps[rows]]) if rows else noised.timesteps
        predicted = self.base.predict(all_noisy, all_steps, context)
        losses = squared_error(predicted[: len(samples)], noised.target) * noised.weights
        if rows:
            reference = self._base_prediction(noisy[rows], noised.timesteps[rows], preserved)
            drift = squared_error(predicted[len(samples) :], reference) * noised.weights[rows]
            losses = losses.index_add(0, torch.tensor(rows, device=losses.device), self.objective.preservation * drift)
        return losses

    def _base_prediction(self, noisy: Tensor, timesteps: Tensor, captions: Sequence[str]) -> Tensor:
        with torch.no_grad(), self.injection.switched_off():
            return self.base.predict(noisy, timesteps, self.base_conditioner(captions).to(self.dtype))


def _dropout_keys(samples: Sequence[Sample]) -> list[int]:
    """One for each row of the batch that `loss` makes: the samples, then those that have a preserved caption."""
    return [s.draw.key for s in samples] + [s.draw.key for s in samples if s.preserved is not None]
