"""The parts of a run, put together: base, latents, texts, adapter, optimizer, loop, observers."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import torch

from danlu.adapters.files import DTYPES as SAVE_DTYPES
from danlu.adapters.injection import Injection, inject
from danlu.cache.latents import LatentSource
from danlu.cache.texts import TextSource
from danlu.checkpoints.state import has_state
from danlu.checkpoints.writer import CheckpointWriter
from danlu.datasets.framing import framing_of
from danlu.encoders.emphasis import escape_emphasis
from danlu.families.base import Base
from danlu.families.conditioning import Conditioning
from danlu.generation.prompts import Prompt
from danlu.kit.quantities import percent
from danlu.pipeline.heldout import HeldOutSamples
from danlu.pipeline.metadata import adapter_metadata
from danlu.pipeline.restoring import take_up_state
from danlu.pipeline.sameness import made_with
from danlu.pipeline.showings import shown_at
from danlu.pipeline.starting_point import read_start
from danlu.pipeline.survey import Survey, without_trigger
from danlu.previews.prompts import preview_prompts, prompts_of
from danlu.previews.writer import PreviewWriter
from danlu.rundir.events import Stage, Warned
from danlu.rundir.journal import Journal
from danlu.rundir.layout import RunFolder
from danlu.rundir.stopping import StopWatch
from danlu.training.ema import Ema
from danlu.training.groups import parameter_groups
from danlu.training.loop import Loop
from danlu.training.norms import NormLimit
from danlu.training.order import PlannedStep
from danlu.training.precision import Compute, choose_compute
from danlu.training.randomness import draw_sample, key_of
from danlu.training.scaling import LossScale
from danlu.training.step import Sample, Stepper
from danlu.validation.observer import Validator


@dataclass(frozen=True)
class Assembly:
    """A run that is ready to go."""

    loop: Loop
    previews: PreviewWriter
    validator: Validator
    compute: Compute
    injection: Injection
    averaged: Callable[[], AbstractContextManager[None]]
    """While it lasts, the adapter holds the weights that are meant for use."""


def assemble(survey: Survey, folder: RunFolder, journal: Journal, stop: StopWatch) -> Assembly:
    """Load, encode, inject; take up the saved state if there is one. Raises `StopAskedError` if it is asked to stop."""
    recipe = survey.recipe
    compute = _settle_compute(survey, journal)
    base = _load_base(survey, compute, journal, stop)
    latents, held_out = _latents(survey, base, journal, stop), _held_out_samples(survey, base, journal, stop)
    base.free_vae()  # every picture is encoded, unless nothing is kept
    injection = _inject(survey, base, folder, journal)
    optimizer = recipe.optimizer.build(parameter_groups(injection, recipe.optimizer))
    limit, ema = recipe.training.max_weight_norm, make_ema(survey, optimizer)
    loop = Loop(
        stepper=make_stepper(survey, base, injection, compute),
        optimizer=optimizer,
        optimizer_config=recipe.optimizer,
        schedule=recipe.schedule,
        training=recipe.training,
        order=survey.order,
        samples_of=SampleSource(survey, latents),
        name_of=lambda index: survey.dataset.pictures[index].name,
        journal=journal,
        observers=(),
        must_stop=stop.is_asked,
        ema=ema,
        scale=LossScale() if compute.precision == "fp16" else None,
        norm_limit=NormLimit(injection, limit) if limit is not None else None,
    )
    take_up_state(loop, survey, folder, injection)
    averaged = ema.applied if ema is not None else lambda: recipe.optimizer.averaged(optimizer)
    base.on_bytes = None  # what is loaded later, previews are drawn with
    previews, validator = _add_observers(loop, survey, folder, compute, held_out=held_out, averaged=averaged, stop=stop)
    return Assembly(loop, previews, validator, compute, injection, averaged)


def _inject(survey: Survey, base: Base, folder: RunFolder, journal: Journal) -> Injection:
    """The adapter, fresh or from the file that the recipe begins from; a saved state is taken up afterwards."""
    adapter, training = survey.recipe.adapter, survey.recipe.training
    begins = survey.start is not None and not has_state(folder.state)
    start = read_start(survey.start, survey.facts) if survey.start and begins else None
    injection = inject(base, adapter, seed=key_of("adapter", training.seed) % 2**32, start=start)
    if start and start.cut:
        name, least = min(start.cut.items(), key=lambda item: item[1])
        path = start.file.path.name
        journal.write(
            Warned(
                en=f"'{path}' was cut to the recipe's rank in {len(start.cut)} layers; least is kept in {name}: "
                f"{percent(least, 1)}.",
                zh=f"“{path}”有 {len(start.cut)} 层截取到配方的 rank；保留最少的层为 {name}：{percent(least, 1)}。",
            )
        )
    return injection


def _add_observers(
    loop: Loop,
    survey: Survey,
    folder: RunFolder,
    compute: Compute,
    *,
    held_out: HeldOutSamples,
    averaged: Callable[[], AbstractContextManager[None]],
    stop: StopWatch,
) -> tuple[PreviewWriter, Validator]:
    """Give a loop its checkpoints, previews and validation; returns the latter two."""
    recipe, injection, optimizer, ema = survey.recipe, loop.stepper.injection, loop.optimizer, loop.ema
    previews = PreviewWriter(
        recipe.previews,
        _preview_prompts(survey),
        loop.stepper.base,
        injection,
        SAVE_DTYPES[recipe.checkpoints.precision],
        recipe.name,
        folder,
        loop.journal,
        averaged,
        stop.check,
    )
    saves = CheckpointWriter(
        recipe.checkpoints,
        recipe.name,
        folder,
        injection,
        optimizer,
        lambda trained: adapter_metadata(survey, compute.precision, trained),
        loop.journal,
        ema,
        averaged,
        loop.state,
        made_with(survey, compute.precision),
    )
    validator = Validator(
        recipe.validation, len(survey.held_out), held_out, lambda: loop.stepper, loop.journal, averaged, stop.check
    )
    loop.observers = (saves, validator, previews)
    return previews, validator


def _load_base(survey: Survey, compute: Compute, journal: Journal, stop: StopWatch) -> Base:
    def tell(done: int, total: int) -> None:
        journal.write(Stage(name="load", done=_in_mb(done), total=_in_mb(total)))
        stop.check()

    journal.write(Stage(name="load"))
    base = survey.family.load(survey.facts, dtype=compute.dtype, device=compute.device)
    base.on_bytes = tell
    if survey.recipe.training.gradient_checkpointing:
        base.recompute_activations()
    return base


def _in_mb(count: int) -> int:
    return -(-count // 10**6)


def _latents(survey: Survey, base: Base, journal: Journal, stop: StopWatch) -> LatentSource:
    latents = LatentSource(
        base,
        survey.dataset.pictures,
        survey.arrangement.buckets,
        survey.recipe.cache.latents,
        augmentation=survey.recipe.dataset.augmentation,
    )
    latents.prepare(_tell_latents(journal, stop))
    return latents


def _tell_latents(journal: Journal, stop: StopWatch) -> Callable[[int, int], None]:
    def tell(done: int, total: int) -> None:
        journal.write(Stage(name="latents", done=done, total=total))
        stop.check()

    return tell


def _held_out_samples(survey: Survey, base: Base, journal: Journal, stop: StopWatch) -> HeldOutSamples:
    latents = LatentSource(base, survey.held_out, survey.held_out_buckets, survey.recipe.cache.latents)
    latents.prepare(_tell_latents(journal, stop))
    return HeldOutSamples(survey.recipe, latents)


def _settle_compute(survey: Survey, journal: Journal) -> Compute:
    """Where and in which format to compute; what the optimizer has to say of the device is a warning."""
    training = survey.recipe.training
    compute = choose_compute(training.precision, training.device)
    if notice := survey.recipe.optimizer.notice(compute.device):
        journal.write(Warned(en=notice.en, zh=notice.zh))
    return compute


def make_stepper(survey: Survey, base: Base, injection: Injection, compute: Compute) -> Stepper:
    """The gradient computation, with the text encoder in the graph if it is trained, else through the cache."""
    recipe = survey.recipe
    kept = recipe.cache.keeps_texts(recipe.dataset.captions)
    frozen = TextSource(base, recipe.reading, compute.dtype, compute.device, on_disk=kept)

    def trained(captions: Sequence[str]) -> Conditioning:
        return base.encode_captions(captions, recipe.reading)

    return Stepper(
        base=base,
        injection=injection,
        conditioner=trained if recipe.adapter.text_encoder else frozen,
        base_conditioner=frozen,
        objective=recipe.objective,
        micro_batch=recipe.training.batch_size,
        dtype=compute.dtype,
        device=compute.device,
    )


@dataclass(frozen=True)
class SampleSource:
    """The samples of a step: latents, final captions and random numbers, each a function of the sample's place."""

    survey: Survey
    latents: LatentSource

    def __call__(self, planned: PlannedStep) -> list[Sample]:
        """The samples of one optimizer step, in the group's order."""
        return [
            self._sample(index, planned, planned.place + offset) for offset, index in enumerate(planned.group.items)
        ]

    def _sample(self, index: int, planned: PlannedStep, place: int) -> Sample:
        bucket, epoch = planned.group.bucket, planned.epoch
        recipe, facts, picture = self.survey.recipe, self.survey.facts, self.survey.dataset.pictures[index]
        concept = self.survey.dataset.concepts[picture.concept]
        seed = recipe.training.seed
        caption, rendition = shown_at(self.survey, index, planned, place)
        kept = None
        if recipe.objective.preservation and concept.trigger and not concept.regularization:
            kept = without_trigger(caption, concept.trigger, recipe.dataset.captions)
        shape = (facts.latent_channels, bucket.height // facts.latent_factor, bucket.width // facts.latent_factor)
        draw = draw_sample(shape, recipe.objective, seed=seed, epoch=epoch, place=place)
        framing = framing_of(picture, bucket, flipped=rendition.flipped)
        weight = recipe.objective.prior_weight if concept.regularization else 1.0
        return Sample(self.latents[index, rendition], draw, caption, kept, framing, weight)


def make_ema(survey: Survey, optimizer: torch.optim.Optimizer) -> Ema | None:
    """The average of the trained weights, if the recipe asks for one."""
    decay = survey.recipe.training.ema
    if decay is None:
        return None
    return Ema([parameter for group in optimizer.param_groups for parameter in group["params"]], decay)


def _preview_prompts(survey: Survey) -> list[Prompt]:
    config, facts = survey.recipe.previews, survey.facts
    captions = [
        picture.caption or ""
        for picture in survey.prompted.pictures
        if not survey.dataset.concepts[picture.concept].regularization
    ]
    texts = config.prompts or [escape_emphasis(text) for text in preview_prompts(captions, count=4)]
    base = survey.recipe.base
    return prompts_of(config, texts, native_px=facts.native_px, clip_skip=base.clip_skip, max_tokens=base.max_tokens)
