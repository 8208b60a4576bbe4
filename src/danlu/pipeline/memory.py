"""How much memory a run will take, by part: the recipe's largest step is gone through without values.

In: a survey. Out: bytes by part, and what the whole will be at its peak. Nothing is loaded: a base of the same shapes
is built from the headers of its files.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import nn

from danlu.adapters.injection import Injection, inject
from danlu.cache.latents import Latents
from danlu.encoders.clip_tokens import PORTION
from danlu.families.base import Base, BaseFacts, Framing
from danlu.families.conditioning import Conditioning, Tokens
from danlu.optimizers.base import Optimizer
from danlu.pipeline.survey import Survey
from danlu.recipe import Recipe
from danlu.training.footprint import module_bytes, optimizer_bytes, peak_bytes, without_values
from danlu.training.precision import choose_compute
from danlu.training.randomness import draw_sample
from danlu.training.step import Sample, Stepper

CAPTION = "a caption"
PROGRAM_BYTES = 520 << 20
"""What Python and its libraries take on a CPU."""
COPIED_SHARE = 0.4
"""Of the activations: what those libraries copy them into on a CPU, and what falls between allocations. Both constants
were fitted to what `bench/memory.py` measures."""


@dataclass(frozen=True)
class MemoryPlan:
    """Bytes on the computing device while training."""

    weights: int
    """Of the base's components that stay there, with those that previews are drawn with."""
    adapter: int
    """Its tensors, their gradients, and the average of the weights if there is one."""
    optimizer: int
    activations: int
    """What a step of the largest bucket adds at its peak."""
    program: int
    """The program and its libraries, where they compute in the machine's own memory."""

    @property
    def total(self) -> int:
        """All of it."""
        return self.on_card + self.program

    @property
    def on_card(self) -> int:
        """What a graphics card holds of it."""
        return self.weights + self.adapter + self.optimizer + self.activations


def plan_memory(survey: Survey) -> MemoryPlan:
    """What a run of this survey needs. Takes seconds: the step is gone through operation by operation."""
    recipe = survey.recipe
    compute = choose_compute(recipe.training.precision, recipe.training.device)
    base = survey.family.load(survey.facts, dtype=compute.dtype, device="meta")
    modules = list(base.components.values())
    samples = largest_samples(survey)
    with without_values():
        for module in modules:
            module.to_empty(device="cpu")
        if recipe.training.gradient_checkpointing:
            base.recompute_activations()
        injection = inject(base, recipe.adapter, seed=0)
        stepper = make_uncached_stepper(survey, base, injection, compute.dtype)
        activations = peak_bytes(lambda: stepper.accumulate(samples))
        trained = [parameter for layer in injection.layers.values() for parameter in layer.tensors.values()]
        shapes = [parameter.shape for parameter in trained]
        adapter = sum(parameter.numel() for parameter in trained) * 4
        held = modules if _holds_text_encoders(recipe) else [base.unet]
        weights = module_bytes(held) - adapter + (_vae_bytes(survey.facts) if _holds_vae(recipe) else 0)
    activations = max(0, activations - adapter)  # the gradients of the adapter are counted with it
    copies = 3 if recipe.training.ema is not None else 2
    return MemoryPlan(
        weights=weights,
        adapter=adapter * copies,
        optimizer=_optimizer_bytes(recipe.optimizer, shapes, compute.device),
        activations=activations,
        program=PROGRAM_BYTES + round(COPIED_SHARE * activations) if compute.device == "cpu" else 0,
    )


def plan_with_checkpointing(survey: Survey) -> MemoryPlan | None:
    """What the run would need with gradient checkpointing; None if it has that already."""
    training = survey.recipe.training
    if training.gradient_checkpointing:
        return None
    changed = training.model_copy(update={"gradient_checkpointing": True})
    return plan_memory(replace(survey, recipe=survey.recipe.model_copy(update={"training": changed})))


def make_uncached_stepper(survey: Survey, base: Base, injection: Injection, dtype: torch.dtype) -> Stepper:
    """What computes the survey's steps, with text encoders instead of caches."""
    recipe = survey.recipe

    def read(captions: Sequence[str]) -> Conditioning:
        portions = recipe.reading.max_tokens // PORTION
        ids = torch.zeros(len(captions), len(survey.facts.text_encoders), portions, PORTION + 2, dtype=torch.int64)
        return base.encode_tokens(Tokens(ids), recipe.reading)

    def cached(captions: Sequence[str]) -> Conditioning:
        with torch.no_grad():
            return read(captions)

    return Stepper(
        base=base,
        injection=injection,
        conditioner=read if recipe.adapter.text_encoder else cached,
        base_conditioner=cached,
        objective=recipe.objective,
        micro_batch=recipe.training.batch_size,
        dtype=dtype,
        device="cpu",
    )


def largest_samples(survey: Survey) -> list[Sample]:
    """A batch of the largest bucket, of empty pictures."""
    recipe, facts = survey.recipe, survey.facts
    bucket = max(survey.order.entries, key=lambda size: size.width * size.height)
    shape = (facts.latent_channels, bucket.height // facts.latent_factor, bucket.width // facts.latent_factor)
    latents = Latents(torch.zeros(shape), torch.zeros(shape))
    draw = draw_sample(shape, recipe.objective, seed=0, epoch=1, place=0)
    kept = CAPTION if recipe.objective.preservation and survey.concept.trigger else None
    framing = Framing.whole(bucket.width, bucket.height)
    return [Sample(latents, draw, CAPTION, kept, framing, 1.0)] * recipe.training.batch_size


def _draws(recipe: Recipe) -> bool:
    return recipe.previews.every.unit != "never"


def _holds_text_encoders(recipe: Recipe) -> bool:
    """Whether they stay loaded: to be trained, to draw, or for captions that no cache has."""
    return recipe.adapter.text_encoder or _draws(recipe) or not recipe.cache.keeps_texts(recipe.dataset.captions)


def _holds_vae(recipe: Recipe) -> bool:
    """Whether it stays loaded: to draw, or to encode at every step."""
    return _draws(recipe) or recipe.cache.latents == "off"


def _vae_bytes(facts: BaseFacts) -> int:
    return sum(math.prod(shape) for shape in facts.components["vae"].shapes.values()) * 4


def _optimizer_bytes(config: Optimizer, shapes: Sequence[torch.Size], device: str) -> int:
    told = [config.state_bytes(shape.numel(), device) for shape in shapes]
    if known := [size for size in told if size is not None]:
        return sum(known)

    def build(parameters: list[nn.Parameter]) -> torch.optim.Optimizer:
        return config.build([{"name": "unet", "params": parameters, "lr": config.lr}])

    return optimizer_bytes(build, shapes)
