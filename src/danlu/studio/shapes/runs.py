"""Runs, as they are sent and received."""

from typing import Annotated, Any, Literal

from pydantic import Field

from danlu.evaluation.diagnosis import Fit
from danlu.rundir.events import StageName
from danlu.studio.shapes.common import Said, Shape
from danlu.studio.shapes.jobs import JobShape


class RunShape(Shape):
    """A training."""

    id: str
    name: str
    dataset_id: str | None
    created_at: float
    job: JobShape
    step: int
    total_steps: int
    epoch: int
    epochs: int
    loss: float | None
    """Smoothed."""
    cover: str | None
    """URL of its newest preview."""
    checkpoints: int
    pick: str | None
    """Name of the adapter file that its owner has chosen."""


class StageShape(Shape):
    """A stage of preparation, or what comes in between while it trains."""

    name: StageName
    done: int
    total: int
    remaining_seconds: float | None
    """By its speed so far."""


class RunDetail(RunShape):
    """A training with all that its page shows."""

    base: str | None
    family: str | None
    device: str | None
    precision: str | None
    stage: StageShape | None
    """What is being done besides training; null while it trains."""
    seconds_per_step: float | None
    remaining_seconds: float | None
    images_per_second: float | None
    training_seconds: float
    finds_rate: bool
    """Whether the optimizer finds its rate itself, so that rates are d·lr."""
    skipped_steps: int
    """Left out because their loss or gradient wasn't finite."""
    warnings: list[Said]
    cautions: list[Said]
    """Pictures or captions that the base doesn't know: what comes out won't look like them."""
    recipe: dict[str, Any] | None
    """Every setting; null until it has begun."""
    plan: dict[str, Any] | None
    has_report: bool


class BandShape(Shape):
    """The loss of the pictures that were shown with about the same noise."""

    first: int
    """Timesteps from here,"""
    last: int
    """up to here: 0 is hardly any noise, 999 nothing but noise."""
    loss: list[float | None]
    """For each point the mean; null if no picture of its steps fell into the band."""


class CurveShape(Shape):
    """The loss over the steps, in as many points as were asked for; each point stands for the steps up to the next."""

    steps: list[int]
    loss: list[float]
    """Mean of the point's steps."""
    low: list[float]
    high: list[float]
    smooth: list[float]
    """Exponential moving average."""
    epochs: list[int]
    rates: dict[str, list[float]]
    """By parameter group; d·lr for adaptive optimizers."""
    seconds: list[float]
    """Per step."""
    images_per_second: list[float]
    gradient_norm: list[float | None]
    """Before it is clipped."""
    bands: list[BandShape]
    """Empty for runs of versions that didn't write timesteps."""
    validation_steps: list[int]
    validation_loss: list[float]
    next_step: int
    """Give it as `after` to get what has come since."""


class PreviewPicture(Shape):
    """A preview."""

    prompt: str
    url: str
    width: int
    height: int
    seed: int | None
    parameters: str
    """All that it was drawn with, as A1111 writes it."""


class PreviewRow(Shape):
    """The previews at one place of a run, in the order of the prompts; a missing one is null."""

    epoch: int | None
    """Null: the base without what is trained (strength 0)."""
    step: int | None
    pictures: list[PreviewPicture | None]


class PreviewMatrix(Shape):
    """All previews of a run, the base first, then in the order of training."""

    prompts: list[str]
    rows: list[PreviewRow]


class CheckpointShape(Shape):
    """An adapter file of a run."""

    name: str
    epoch: int
    step: int
    final: bool
    size_bytes: int
    sha256: str | None
    """Null until it was computed, by the first download."""
    url: str
    """To download it."""


class CheckpointList(Shape):
    """The adapter files of a run, oldest first."""

    checkpoints: list[CheckpointShape]


class Pick(Shape):
    """Which adapter file of a run its owner likes best."""

    checkpoint: Annotated[str, Field(min_length=1, max_length=255)] | None
    """Its name; null for none."""


class EpochJudged(Shape):
    """What was measured of one kept epoch; shares are from 0 to 1."""

    epoch: int
    checkpoint: str
    """Name of its adapter file."""
    pictures: int
    trait_recall: float
    """How much of what defines the concept appears when only its trigger word is prompted."""
    prompt_control: float
    """How often other prompted tags appear, relative to the base (1: as often)."""
    leak: float
    """How much more often than in the base the traits appear without the trigger word."""
    copying: float | None
    """Pictures that lie closer to a training picture than that one's own nearest neighbour; null if not measured."""
    score: float
    noise: float
    """Standard error of the score."""
    fit: Fit
    traits: dict[str, float]


class JudgementShape(Shape):
    """Which epoch is the best and why; and whether the run is over- or underfitted at its end."""

    best_epoch: int | None
    """Null until the epochs were judged."""
    best_checkpoint: str | None
    reason: Said | None
    tagger: str | None
    base_recall: float | None
    """What the base alone shows of the concept."""
    epochs: list[EpochJudged]
    notices: list[Said]
    sheet: str | None
    """URL of the pictures behind the figures."""
    fit: Fit | None
    """Of the last epoch; null if nothing that was measured tells."""
    evidence: list[Said]
    advice: list[Said]


class Asked(Shape):
    """What a running training was asked for."""

    what: Literal["save", "preview"]
    text: Said
