"""What a recipe will do, computed before anything heavy: buckets, steps, saves, file size. Executed exactly. How much
memory it takes is told by `memory`, in seconds instead of at once.
"""

import math
from collections import Counter

from pydantic import BaseModel, ConfigDict, ValidationError

from danlu.adapters.base import Adapter
from danlu.adapters.targets import choose_layers, planned_targets
from danlu.datasets.regularization import count_regularization
from danlu.families.base import BaseFacts
from danlu.kit.errors import UserError
from danlu.kit.language import Text
from danlu.kit.lengths import Length
from danlu.pipeline.speeds import expected_seconds, is_rough_time
from danlu.pipeline.survey import Survey, survey_recipe
from danlu.recipe import Recipe
from danlu.rundir.layout import RunFolder
from danlu.training.order import Order
from danlu.training.rates import planned_shares

BYTES = {"fp32": 4, "bf16": 2, "fp16": 2, "auto": 4}


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class PlannedBucket(_Frozen):
    """One picture size of the run."""

    size: str
    pictures: int
    images_per_epoch: int
    steps_per_epoch: int


class PlannedConcept(_Frozen):
    """One concept of the run."""

    name: str
    pictures: int
    repeats: int
    trigger: str | None
    traits: tuple[str, ...]
    regularization: bool


class PlannedGroup(_Frozen):
    """What is trained at one rate."""

    name: str
    layers: int
    rate: float


class Plan(_Frozen):
    """What a recipe will do."""

    name: str
    base: str
    family: str
    concepts: tuple[PlannedConcept, ...]
    buckets: tuple[PlannedBucket, ...]
    images_per_epoch: int
    images_by_concept: tuple[int, ...] = ()
    """In the order of `concepts`: how much of the training each gets."""
    regularization_images: int = 0
    """How many of them are for regularization."""
    start: str | None = None
    """The SHA-256 of the adapter file that the run begins from."""
    held_out: tuple[str, ...] = ()
    """Names of the pictures that are never trained on, for validation."""
    validations: int = 0
    batch_size: int
    accumulation: int
    steps_per_epoch: int
    epochs: int
    total_steps: int
    warmup_steps: int
    checkpoints: int
    previews: int
    preview_pictures: int
    groups: tuple[PlannedGroup, ...] = ()
    trained_parameters: int
    file_bytes: int
    base_bytes: int = 0
    """Of the whole checkpoint that the run ends with; 0 if it writes none."""
    expected_seconds: float | None
    """Training time by the speed of earlier runs on this machine; None before the first on this base."""
    is_rough_time: bool = False
    """Whether that is the speed of a run with another batch, precision or kind of adapter."""
    warnings: tuple[Text, ...]
    cautions: tuple[Text, ...] = ()
    """What everybody should have read before anything is trained: pictures or captions that the base doesn't know."""

    @property
    def arithmetic(self) -> Text:
        """How the number of steps comes about."""
        parts = " + ".join(f"⌈{b.images_per_epoch}/{self.batch_size * self.accumulation}⌉" for b in self.buckets)
        regularizing = self.regularization_images
        en = f"pictures × repeats, and {regularizing} for regularization" if regularizing else "pictures × repeats"
        zh = f"图片 × 重复，另加正则化 {regularizing} 张" if regularizing else "图片 × 重复"
        return Text(
            f"{self.images_per_epoch} images an epoch ({en}), {parts} = {self.steps_per_epoch} steps an "
            f"epoch, {self.epochs} epochs: {self.total_steps} steps",
            f"每轮 {self.images_per_epoch} 张（{zh}），{parts} = 每轮 {self.steps_per_epoch} 步，"
            f"{self.epochs} 轮：共 {self.total_steps} 步",
        )


def make_plan(recipe: Recipe) -> Plan:
    """Scan the dataset and plan. Raises `UserError` for everything that can't be trained."""
    return plan_survey(survey_recipe(recipe))


def read_plan(run: RunFolder) -> Plan:
    """The plan of a run. Raises `UserError` if it is damaged."""
    try:
        return Plan.model_validate_json(run.plan.read_bytes())
    except (ValidationError, OSError) as error:
        raise UserError(
            f"'{run.plan}' can't be read, or is of another version: `danlu plan '{run.recipe}'` computes it again; "
            "`danlu resume` of a run that isn't finished writes it anew.",
            f"无法读取“{run.plan}”，或其来自其他版本：可用 `danlu plan '{run.recipe}'` 重新计算；"
            "未完成的训练用 `danlu resume` 会重新写入。",
        ) from error


def plan_survey(survey: Survey) -> Plan:
    """The plan of a survey; a pure function."""
    recipe, dataset, order = survey.recipe, survey.dataset, survey.order
    parameters = count_parameters(survey.facts, recipe.adapter)
    preview_rounds = 0 if recipe.previews.every.unit == "never" else _times(recipe.previews.every, survey)
    return Plan(
        name=recipe.name,
        base=survey.facts.name,
        family=survey.facts.family,
        concepts=_concepts(survey),
        buckets=tuple(
            PlannedBucket(
                size=str(bucket),
                pictures=len(set(items)),
                images_per_epoch=len(items),
                steps_per_epoch=math.ceil(len(items) / order.effective_batch),
            )
            for bucket, items in order.entries.items()
        ),
        images_per_epoch=sum(len(items) for items in order.entries.values()),
        images_by_concept=_images_by_concept(survey),
        regularization_images=sum(count_regularization(dataset, items) for items in order.entries.values()),
        start=survey.start.sha256 if survey.start else None,
        held_out=tuple(picture.name for picture in survey.held_out),
        validations=_times(recipe.validation.every, survey) + 1 if survey.held_out else 0,
        batch_size=recipe.training.batch_size,
        accumulation=recipe.training.accumulation,
        steps_per_epoch=order.steps_per_epoch,
        epochs=order.epochs,
        total_steps=order.total_steps,
        warmup_steps=recipe.schedule.warmup_steps(order.total_steps),
        checkpoints=_times(recipe.checkpoints.every, survey),
        previews=preview_rounds,
        preview_pictures=preview_rounds * (len(recipe.previews.prompts) or 4),
        groups=plan_groups(survey),
        trained_parameters=parameters,
        file_bytes=parameters * BYTES[recipe.checkpoints.precision],
        base_bytes=survey.facts.weights_bytes if recipe.adapter.writes_base else 0,
        expected_seconds=expected_seconds(recipe, planned_images(order), mean_pixels(order)),
        is_rough_time=is_rough_time(recipe),
        warnings=survey.warnings,
        cautions=survey.cautions,
    )


def _concepts(survey: Survey) -> tuple[PlannedConcept, ...]:
    """Every concept of the dataset, in its order."""
    dataset = survey.dataset
    return tuple(
        PlannedConcept(
            name=concept.name,
            pictures=len(dataset.of_concept(index)),
            repeats=concept.repeats,
            trigger=concept.trigger,
            traits=concept.traits,
            regularization=concept.regularization,
        )
        for index, concept in enumerate(dataset.concepts)
    )


def _images_by_concept(survey: Survey) -> tuple[int, ...]:
    """How many of an epoch's images are of each concept."""
    dataset = survey.dataset
    counts = Counter(dataset.pictures[one].concept for items in survey.order.entries.values() for one in items)
    return tuple(counts[index] for index in range(len(dataset.concepts)))


def plan_groups(survey: Survey) -> tuple[PlannedGroup, ...]:
    """What is trained at which rate. Raises `UserError` for rates that name nothing that is trained."""
    adapter, optimizer = survey.recipe.adapter, survey.recipe.optimizer
    shares = planned_shares(optimizer, choose_layers(adapter, planned_targets(survey.facts)))
    return tuple(
        PlannedGroup(name=share.name, layers=layers, rate=share.rate(optimizer)) for share, layers in shares.items()
    )


def planned_images(order: Order) -> int:
    """Images of the whole run; of an epoch that `max_steps` cuts off, its share."""
    per_epoch = sum(len(items) for items in order.entries.values())
    return round(per_epoch * order.total_steps / order.steps_per_epoch)


def mean_pixels(order: Order) -> float:
    """Mean area of the images of an epoch, in pixels."""
    areas = [bucket.width * bucket.height * len(items) for bucket, items in order.entries.items()]
    return sum(areas) / sum(len(items) for items in order.entries.values())


def count_parameters(facts: BaseFacts, adapter: Adapter) -> int:
    """How many numbers the adapter trains, from the headers of the base's weight files. Raises `UserError` if its
    settings don't fit the base.
    """
    return sum(own.count(target.shape) for target, own in choose_layers(adapter, planned_targets(facts)))


def _times(every: Length, survey: Survey) -> int:
    """How often something due `every` so often happens; the end of the run always counts."""
    if every.unit == "never":
        return 1
    order = survey.order
    span = every.count * (order.steps_per_epoch if every.unit == "epochs" else 1)
    return math.ceil(order.total_steps / span)
