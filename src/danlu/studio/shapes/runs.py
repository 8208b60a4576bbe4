"""Runs, as they are sent and received."""

from typing import Any, Literal

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


class StageShape(Shape):
    """A stage of preparation."""

    name: Literal["scan", "latents", "texts", "load"]
    done: int
    total: int


class RunDetail(RunShape):
    """A training with all that its page shows."""

    base: str | None
    family: str | None
    device: str | None
    precision: str | None
    stage: StageShape | None
    """What is being prepared; null once it trains."""
    seconds_per_step: float | None
    remaining_seconds: float | None
    training_seconds: float
    warnings: list[Said]
    recipe: dict[str, Any] | None
    """Every setting; null until it has begun."""
    plan: dict[str, Any] | None
    has_report: bool


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


class Asked(Shape):
    """What a running training was asked for."""

    what: Literal["save", "preview"]
    text: Said
