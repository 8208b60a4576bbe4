"""What a run says of itself: typed events, one JSON object a line in `journal.jsonl`.

The engine writes them, everything that watches a run (progress display, report, studio) reads them; they are the only
thing that the two sides share besides the folder's layout.
"""

from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

StageName = Literal["scan", "latents", "texts", "load", "previews", "validation"]

WaitsFor = Literal["base", "picture", "preview", "validation", "step"]
"""What a run that was asked to stop finishes first: reading the base, the picture that is being encoded, a sampling
step, a held-out picture, a training step and its checkpoint.
"""


class Event(BaseModel):
    """Base of all events; `time` is seconds since the epoch (UTC). What a later version adds is passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    time: float = 0.0


class ParameterGroup(BaseModel):
    """What is trained at one rate: `numbers` in `tensors`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    tensors: int
    numbers: int
    rate: float
    """As settled, before the schedule; 1 for optimizers that find their rate."""
    weight_decay: float


class Started(Event):
    """A process began (or resumed) the run. `step` is the optimizer step that it starts after, `groups` the table of
    what is trained how.
    """

    event: Literal["started"] = "started"
    step: int = 0
    total_steps: int = 0
    epochs: int = 0
    device: str = ""
    precision: str = ""
    groups: tuple[ParameterGroup, ...] = ()


class Stage(Event):
    """A stage moved on: `done` of `total` items, for `load` MB (10⁶ bytes) of a module. First come the stages of
    preparation; while it trains, `previews` and `validation` come in between.
    """

    event: Literal["stage"] = "stage"
    name: StageName
    done: int = 0
    total: int = 0


class Step(Event):
    """One optimizer step is done. `rates` are the learning rates by parameter group (d·lr for adaptive optimizers)."""

    event: Literal["step"] = "step"
    step: int
    epoch: int
    loss: float
    rates: dict[str, float]
    gradient_norm: float | None = None
    seconds: float
    images: int
    timesteps: tuple[int, ...] = ()
    """Of each picture of the step, from 0 (hardly any noise) to 999; empty in journals of earlier versions."""
    losses: tuple[float, ...] = ()
    """Of each picture, in the same order."""


class Skipped(Event):
    """One step was left out because its loss or its gradient wasn't finite: weights, optimizer and average are as they
    were. It still is one of the planned steps.
    """

    event: Literal["skipped"] = "skipped"
    step: int
    epoch: int
    part: Literal["loss", "gradient"]
    """What wasn't finite."""
    pictures: list[str]
    """Those whose loss it was; all of the step if it was the gradient."""
    in_row: int
    """How many steps in a row were left out so far."""
    loss_scale: float | None = None
    """fp16: by how much the loss is scaled from now on."""
    seconds: float
    images: int


class Checkpoint(Event):
    """An adapter file was written; `resumable` tells that the training state lies beside it."""

    event: Literal["checkpoint"] = "checkpoint"
    step: int
    epoch: int
    path: str
    final: bool = False
    """Whether the run ended here as it was planned then; it may have gone on since (see `final_among`)."""


def final_among(checkpoints: Iterable[Checkpoint]) -> Checkpoint | None:
    """The checkpoint that a run ended with: of a run that was extended, the last one alone, once it is there."""
    last = max(checkpoints, key=lambda one: (one.step, one.final), default=None)
    return last if last is not None and last.final else None


class BaseWritten(Event):
    """At its end, a run wrote its base with the adapter in its weights; the path is relative to the run folder."""

    event: Literal["base"] = "base"
    step: int
    path: str


class Preview(Event):
    """The previews of one epoch were drawn; paths relative to the run folder, in the order of the prompts."""

    event: Literal["preview"] = "preview"
    step: int
    epoch: int
    paths: list[str]


class Validation(Event):
    """The loss on held-out pictures after a step (0: before the first), with the same noise each time."""

    event: Literal["validation"] = "validation"
    step: int
    epoch: int
    loss: float
    pictures: int


class Evaluation(Event):
    """One kept epoch was measured (see `danlu.evaluation`)."""

    event: Literal["evaluation"] = "evaluation"
    epoch: int
    trait_recall: float
    prompt_control: float
    leak: float
    copying: float
    score: float


class Stopping(Event):
    """A stop was asked for and heard; what is finished first."""

    event: Literal["stopping"] = "stopping"
    waits_for: WaitsFor


class Warned(Event):
    """Something the user should know, in both languages."""

    event: Literal["warning"] = "warning"
    en: str
    zh: str


class Failed(Event):
    """The run ended by an error; it can be resumed if a checkpoint exists."""

    event: Literal["failed"] = "failed"
    message: str


class Ended(Event):
    """The process ended in order: `finished` all its steps, or `stopped` on request."""

    event: Literal["ended"] = "ended"
    step: int
    outcome: Literal["finished", "stopped"]
    training_seconds: float = 0.0


AnyEvent = Annotated[
    Started
    | Stage
    | Step
    | Skipped
    | Checkpoint
    | BaseWritten
    | Preview
    | Validation
    | Evaluation
    | Stopping
    | Warned
    | Failed
    | Ended,
    Field(discriminator="event"),
]
EVENT = TypeAdapter[AnyEvent](AnyEvent)
