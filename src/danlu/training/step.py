"""One optimizer step's gradient: a group of pictures goes in, the adapter's gradients and the loss come out.

The group is computed in micro-batches; each sample's share of the loss is 1 / group, so the portions change nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from danlu.adapters.injection import Injection
from danlu.cache.latents import Latents
from danlu.families.base import Base, Framing
from danlu.families.conditioning import Conditioning
from danlu.objectives.base import ObjectiveConfig
from danlu.objectives.diffusion import (
    add_noise,
    debiased_weights,
    gaussian_latents,
    min_snr_weights,
    stratified_timesteps,
    target_of,
)
from danlu.objectives.losses import errors, huber_widths, masked, per_sample
from danlu.objectives.noise import offset_strengths, unit_deviation
from danlu.training.randomness import Draw

Conditioner = Callable[[Sequence[str]], Conditioning]


@dataclass(frozen=True)
class Sample:
    """One picture of a group, with everything random about it already drawn."""

    latents: Latents
    draw: Draw
    caption: str
    preserved: str | None
    """The caption without its trigger, on which the base must stay as it was; None to leave that out."""
    framing: Framing
    weight: float
    """1, or the prior weight of a regularization picture."""


@dataclass(frozen=True)
class Noised:
    """A group after noise was added; tensors (B, C, h, w) or (B,), float32, on the device."""

    noisy: Tensor
    target: Tensor
    timesteps: Tensor
    weights: Tensor
    widths: Tensor
    """Of huber and smooth_l1."""
    masks: Tensor | None = None
    """How much each place counts (B, 1, h, w); None: all of it does, in all samples."""

    def part(self, rows: slice | list[int]) -> "Noised":
        """Some of the samples."""
        return self._each(lambda tensor: tensor[rows])

    def on(self, device: str) -> "Noised":
        """The same on a device."""
        return self._each(lambda tensor: tensor.to(device))

    def _each(self, change: Callable[[Tensor], Tensor]) -> "Noised":
        parts = (change(each) for each in (self.noisy, self.target, self.timesteps, self.weights, self.widths))
        return Noised(*parts, masks=None if self.masks is None else change(self.masks))


@dataclass(frozen=True)
class Stepper:
    """Computes gradients of an injected adapter."""

    base: Base
    injection: Injection
    conditioner: Conditioner
    """Captions to conditions, with a gradient if the text encoders are trained."""
    base_conditioner: Conditioner
    """The same through the base's own text encoders, without gradient."""
    objective: ObjectiveConfig
    micro_batch: int
    dtype: torch.dtype
    device: str

    def accumulate(self, samples: Sequence[Sample], scale: float = 1.0) -> Tensor:
        """Add the gradient of `scale` times the group's mean loss to the adapter's parameters; returns each sample's
        loss (B,), on the device: nothing is read from it.
        """
        noised = self.noise(samples)
        losses: list[Tensor] = []
        for start in range(0, len(samples), self.micro_batch):
            stop = min(start + self.micro_batch, len(samples))
            part = samples[start:stop]
            with self.injection.drawing(_dropout_keys(part)):
                loss = self.loss(noised.part(slice(start, stop)), part)
                (loss.sum() * (scale / len(samples))).backward()
            losses.append(loss.detach())
        return torch.cat(losses)

    @torch.no_grad()
    def measure(self, samples: Sequence[Sample]) -> Tensor:
        """The loss of each sample of a group (B,), without gradient and dropout. One at a time: it never needs more
        memory than training, and is the same to the bit whatever the batch.
        """
        noised = self.noise(samples)
        return torch.cat([self.loss(noised.part([row]), [sample]) for row, sample in enumerate(samples)])

    def noise(self, samples: Sequence[Sample]) -> Noised:
        """Latents, noise and timesteps of a whole group (timesteps are spread over the group, not the micro-batch)."""
        latents = self.base.scale_latents(
            torch.stack([gaussian_latents(s.latents.mean, s.latents.log_variance, s.draw.posterior) for s in samples])
        )
        noise = self._noise(samples, latents)
        alphas_cumprod = self.base.alphas_cumprod
        timesteps = self.timesteps(samples)
        alphas = alphas_cumprod.cpu()[timesteps].float()
        weights = self._weights(alphas) * torch.tensor([s.weight for s in samples])
        widths = huber_widths(
            timesteps,
            alphas,
            schedule=self.objective.huber_schedule,
            width=self.objective.huber_width,
            scale=self.objective.huber_scale,
            count=len(alphas_cumprod),
        )
        target = target_of(latents, noise, alphas, self.base.facts.prediction)
        seen = noise
        if self.objective.input_perturbation:
            seen = noise + torch.stack([s.draw.perturbation for s in samples])
        noisy = add_noise(latents, seen, alphas)
        return Noised(noisy, target, timesteps, weights, widths, _masks(samples)).on(self.device)

    def timesteps(self, samples: Sequence[Sample]) -> Tensor:
        """The timestep of each sample of a group (B,), on the CPU: known without asking the device."""
        uniform = torch.tensor([s.draw.uniform for s in samples], dtype=torch.float64)
        return stratified_timesteps(uniform, self.objective.min_timestep, self.objective.max_timestep)

    def _noise(self, samples: Sequence[Sample], latents: Tensor) -> Tensor:
        """What the U-Net should find in the samples (B, C, h, w)."""
        noise = torch.stack([s.draw.noise for s in samples])
        strengths = self.objective.noise_offset * torch.tensor([s.draw.offset_share for s in samples])
        offsets = torch.stack([s.draw.offset for s in samples])
        noise = noise + offset_strengths(latents, strengths, self.objective.noise_offset_adaptive) * offsets
        if self.objective.multires_iterations:
            noise = unit_deviation(noise + torch.stack([s.draw.coarse for s in samples]))
        return noise

    def _weights(self, alphas: Tensor) -> Tensor:
        prediction = self.base.facts.prediction
        if self.objective.debiased:
            return debiased_weights(alphas, prediction)
        return min_snr_weights(alphas, self.objective.min_snr_gamma, prediction)

    def loss(self, noised: Noised, samples: Sequence[Sample]) -> Tensor:
        """The weighted loss of each sample (B,)."""
        preserved = [sample.preserved for sample in samples if sample.preserved is not None]
        rows = [row for row, sample in enumerate(samples) if sample.preserved is not None]
        framings = [sample.framing for sample in samples]
        kept_framings = [framings[row] for row in rows]
        noisy = noised.noisy.to(self.dtype)
        captions = [sample.caption for sample in samples] + preserved
        told = self.conditioner(captions).to(self.dtype).framed(framings + kept_framings)
        all_noisy = torch.cat([noisy, noisy[rows]]) if rows else noisy
        all_steps = torch.cat([noised.timesteps, noised.timesteps[rows]]) if rows else noised.timesteps
        predicted = self.base.predict(all_noisy, all_steps, told)
        losses = self._error(predicted[: len(samples)], noised)
        if rows:
            reference = self._base_prediction(noisy[rows], noised.timesteps[rows], preserved, kept_framings)
            # Everywhere: where a mask lets nothing be learnt, nothing should be unlearnt either.
            drift = self._error(predicted[len(samples) :], replace(noised.part(rows), target=reference, masks=None))
            losses = losses.index_add(0, torch.tensor(rows, device=losses.device), self.objective.preservation * drift)
        return losses

    def _error(self, predicted: Tensor, noised: Noised) -> Tensor:
        found = errors(predicted, noised.target, self.objective.loss, noised.widths)
        return per_sample(found if noised.masks is None else masked(found, noised.masks)) * noised.weights

    def _base_prediction(
        self, noisy: Tensor, timesteps: Tensor, captions: Sequence[str], framings: Sequence[Framing]
    ) -> Tensor:
        with torch.no_grad(), self.injection.switched_off():
            told = self.base_conditioner(captions).to(self.dtype).framed(framings)
            return self.base.predict(noisy, timesteps, told)


def _dropout_keys(samples: Sequence[Sample]) -> list[int]:
    """One for each row of the batch that `loss` makes: the samples, then those that have a preserved caption."""
    return [s.draw.key for s in samples] + [s.draw.key for s in samples if s.preserved is not None]


def _masks(samples: Sequence[Sample]) -> Tensor | None:
    """The masks of a group, (B, 1, h, w); whole pictures are ones. None if all are whole."""
    masks = [sample.latents.mask for sample in samples]
    if all(mask is None for mask in masks):
        return None
    whole = torch.ones_like(samples[0].latents.mean[:1])
    return torch.stack([whole if mask is None else mask for mask in masks])
