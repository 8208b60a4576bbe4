"""The one way from prompts to pictures: previews, evaluation and `danlu generate` all draw here.

Each picture's noise comes from a CPU generator with its own seed, in float32: the picture is the same on every device
and in every batch, and the same that diffusers' pipeline draws with that generator and scheduler.
Guidance (Ho & Salimans, 2022): ε = ε(negative) + cfg · (ε(text) - ε(negative)), both in one batch.
"""

from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from typing import cast

import torch
from PIL import Image
from torch import Tensor, nn

from danlu.families.base import Base, Framing
from danlu.families.find import require_clip_skip
from danlu.generation.prompts import Prompt, SamplerName, check_prompt
from danlu.generation.samplers import make_scheduler, set_steps
from danlu.kit.errors import UserError
from danlu.kit.memory import first_sentence, is_out_of_memory, release_memory

OnStep = Callable[[int, int], None]
"""Told after every sampling step: how many of how many are done, over all pictures."""


def draw(
    base: Base, prompts: Sequence[Prompt], *, batch_size: int = 4, on_step: OnStep | None = None
) -> list[Image.Image]:
    """Draw each prompt; returns RGB pictures in the prompts' order.

    Prompts of equal size, steps, guidance, sampler and clip skip share batches of at most `batch_size`, and fewer after
    memory ran out; each is decoded alone, which for large pictures takes more than all sampling. The global random
    state and the modules' training mode are left as they were. Raises `UserError` if a prompt doesn't fit, or a single
    picture not into memory.
    """
    for prompt in prompts:
        check_prompt(prompt, step_px=base.facts.drawn_step_px)
        require_clip_skip(base.facts, prompt.clip_skip)
    total = sum(prompt.steps for prompt in prompts)
    pictures: dict[int, Image.Image] = {}

    def tell(steps: int) -> None:
        if on_step:
            on_step(sum(prompts[index].steps for index in pictures) + steps, total)

    with torch.no_grad(), _in_eval_mode(*base.components.values()):
        for waiting in _alike(prompts):
            while waiting:
                batch = waiting[:batch_size]
                made = _try_to_draw(base, [prompts[index] for index in batch], tell)
                if made is None:
                    batch_size = (len(batch) + 1) // 2
                else:
                    pictures |= zip(batch, made, strict=True)
                    waiting = waiting[len(batch) :]
    return [pictures[index] for index in range(len(prompts))]


def to_picture(pixels: Tensor) -> Image.Image:
    """An RGB picture of pixels (3, H, W) in [-1, 1]."""
    levels = (pixels.float() / 2 + 0.5).clamp(0, 1).mul(255).round().to(torch.uint8)
    return Image.fromarray(levels.permute(1, 2, 0).cpu().numpy())


def _try_to_draw(base: Base, prompts: Sequence[Prompt], tell: Callable[[int], None]) -> list[Image.Image] | None:
    """Pictures of prompts that share all sampling settings; None if memory doesn't hold so many at once. Raises
    `UserError` if it doesn't hold one.
    """
    try:
        return [to_picture(base.decode_latents(latents[None])[0]) for latents in _sample(base, prompts, tell)]
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        message = str(error)
    # Only here, where the error is gone, are the tensors gone that its traceback held.
    release_memory(str(next(base.unet.parameters()).device))
    if len(prompts) == 1:
        raise _too_large(prompts[0], message)
    return None


def _too_large(prompt: Prompt, message: str) -> UserError:
    size, said = f"{prompt.size.width}x{prompt.size.height}", first_sentence(message)
    return UserError(
        f"Memory ran out while a single picture of {size} was drawn ({said}): draw smaller pictures, or close other "
        "programs.",
        f"出 {size} 的图时内存（显存）不足（{said}）：请缩小图片尺寸，或关闭其他程序。",
    )


def _sample(base: Base, prompts: Sequence[Prompt], tell: Callable[[int], None]) -> Tensor:
    """Scaled latents (B, C, h, w), float32, of prompts that share all sampling settings; `tell` gets the number of
    steps done, each picture's counted.
    """
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
    for number, timestep in enumerate(scheduler.timesteps, start=1):
        noisy = scheduler.scale_model_input(torch.cat([latents, latents]) if guided else latents, timestep)
        predicted = base.predict(noisy.to(states.dtype), timestep.expand(len(noisy)), conditioning).float()
        if guided:
            without, with_text = predicted.chunk(2)
            predicted = without + shared.cfg * (with_text - without)
        latents = scheduler.step(predicted, timestep, latents, generator=generators, return_dict=False)[0]
        tell(number * len(prompts))
    return latents


def _noise(base: Base, prompt: Prompt, generators: Sequence[torch.Generator]) -> Tensor:
    factor, channels = base.facts.latent_factor, base.facts.latent_channels
    shape = (1, channels, prompt.size.height // factor, prompt.size.width // factor)
    return torch.cat([torch.randn(shape, generator=generator) for generator in generators])


def _alike(prompts: Sequence[Prompt]) -> Iterable[list[int]]:
    """The places of those that can share a batch."""
    alike: dict[tuple[object, ...], list[int]] = {}
    for index, prompt in enumerate(prompts):
        settings = (prompt.size, prompt.steps, prompt.cfg, prompt.sampler, prompt.reading)
        alike.setdefault(settings, []).append(index)
    return alike.values()


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
