"""The one way from prompts to pictures: previews, evaluation and `danlu generate` all draw here.

Each picture's noise comes from a CPU generator with its own seed, in float32: the picture is the same on every device
and in every batch, and the same that diffusers' pipeline draws with that generator and scheduler.
Guidance (Ho & Salimans, 2022): ε = ε(negative) + cfg · (ε(text) - ε(negative)), both in one batch.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from typing import cast

import torch
from PIL import Image
from torch import Tensor, nn

from danlu.families.base import Base, Framing
from danlu.families.find import require_clip_skip
from danlu.generation.prompts import Prompt, SamplerName, check_prompt
from danlu.generation.samplers import make_scheduler, set_steps

OnStep = Callable[[int, int], None]
"""Told after every sampling step: how many of how many are done, over all batches."""


def draw(
    base: Base, prompts: Sequence[Prompt], *, batch_size: int = 4, on_step: OnStep | None = None
) -> list[Image.Image]:
    """Draw each prompt; returns RGB pictures in the prompts' order.

    Prompts of equal size, steps, guidance, sampler and clip skip share batches of at most `batch_size`. The global
    random state and the modules' training mode are left as they were. Raises `UserError` if a prompt doesn't fit.
    """
    for prompt in prompts:
        check_prompt(prompt, step_px=base.facts.step_px)
        require_clip_skip(base.facts, prompt.clip_skip)
    batches = list(_batches(prompts, batch_size))
    total = sum(prompts[batch[0]].steps for batch in batches)
    done = 0

    def count_step() -> None:
        nonlocal done
        done += 1
        if on_step:
            on_step(done, total)

    pictures: dict[int, Image.Image] = {}
    with torch.no_grad(), _in_eval_mode(*base.components.values()):
        for batch in batches:
            latents = _sample(base, [prompts[index] for index in batch], count_step)
            pictures |= zip(batch, map(to_picture, base.decode_latents(latents)), strict=True)
    return [pictures[index] for index in range(len(prompts))]


def to_picture(pixels: Tensor) -> Image.Image:
    """An RGB picture of pixels (3, H, W) in [-1, 1]."""
    levels = (pixels.float() / 2 + 0.5).clamp(0, 1).mul(255).round().to(torch.uint8)
    return Image.fromarray(levels.permute(1, 2, 0).cpu().numpy())


def _sample(base: Base, prompts: Sequence[Prompt], on_step: Callable[[], None]) -> Tensor:
    """Scaled latents (B, C, h, w), float32, of prompts that share all sampling settings."""
    shared = prompts[0]
    guided = shared.cfg > 1
    texts = [prompt.negative for prompt in prompts if guided] + [prompt.text for prompt in prompts]
    framing = Framing.whole(shared.size.width, shared.size.height)
    conditioning = base.encode_captions(texts, shared.reading).framed([framing] * len(texts))
    states = conditioning.states
    scheduler = make_scheduler(cast(SamplerName, shared.sampler), base.alphas_cumprod, base.facts.prediction)
    set_steps(scheduler, shared.steps, states.device)
    generators = [torch.Generator("cpu").manual_seed(prompt.seed) for prompt in prompts]
    latents = _noise(base, shared, generators).to(states.device) * scheduler.init_noise_sigma
    for timestep in scheduler.timesteps:
        noisy = scheduler.scale_model_input(torch.cat([latents, latents]) if guided else latents, timestep)
        predicted = base.predict(noisy.to(states.dtype), timestep.expand(len(noisy)), conditioning).float()
        if guided:
            without, with_text = predicted.chunk(2)
            predicted = without + shared.cfg * (with_text - without)
        latents = scheduler.step(predicted, timestep, latents, generator=generators, return_dict=False)[0]
        on_step()
    return latents


def _noise(base: Base, prompt: Prompt, generators: Sequence[torch.Generator]) -> Tensor:
    factor, channels = base.facts.latent_factor, base.facts.latent_channels
    shape = (1, channels, prompt.size.height // factor, prompt.size.width // factor)
    return torch.cat([torch.randn(shape, generator=generator) for generator in generators])


def _batches(prompts: Sequence[Prompt], batch_size: int) -> Iterator[list[int]]:
    alike: dict[tuple[object, ...], list[int]] = {}
    for index, prompt in enumerate(prompts):
        settings = (prompt.size, prompt.steps, prompt.cfg, prompt.sampler, prompt.reading)
        alike.setdefault(settings, []).append(index)
    for indexes in alike.values():
        for start in range(0, len(indexes), batch_size):
            yield indexes[start : start + batch_size]


@contextmanager
def _in_eval_mode(*roots: nn.Module) -> Generator[None]:
    """Switch off dropout, then put each module's own mode back (training goes on after a preview)."""
    modes = {module: module.training for root in roots for module in root.modules()}
    for root in roots:
        root.eval()
    try:
        yield
    finally:
        for module, mode in modes.items():
            module.training = mode
