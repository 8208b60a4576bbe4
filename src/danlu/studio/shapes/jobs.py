"""Jobs, as they are sent and received."""

from typing import Annotated

from pydantic import Field

from danlu.jobs.base import Order
from danlu.kit.variants import kinds_of
from danlu.store.records import JobState
from danlu.studio.shapes.common import ProgressShape, Said, Shape

KindName = Annotated[str, Field(json_schema_extra={"enum": [*sorted(kinds_of(Order))]})]


class JobShape(Shape):
    """A job."""

    id: str
    kind: KindName
    state: JobState
    dataset_id: str | None
    dataset_name: str | None
    run_id: str | None
    run_name: str | None
    title: str | None
    """What it is about, if that is neither a dataset nor a run: a drawing's prompt."""
    place: int | None
    """Among the waiting, from 0; null if it isn't waiting."""
    attempts: int
    created_at: float
    started_at: float | None
    ended_at: float | None
    expected_start_seconds: float | None
    """Until it probably begins; null if that isn't known."""
    expected_seconds: float | None
    """How long it will take, or still takes; null if that isn't known."""
    progress: ProgressShape | None
    has_results: bool
    """Whether it has made files for whoever asked: `GET /jobs/ID/results`."""
    exit_code: int | None
    error: Said | None
    can_stop: bool
    """Save and end; it can be resumed."""
    can_cancel: bool
    can_retry: bool
    """Try again, or go on where it was: trainings go on from their last saved state."""


class JobPage(Shape):
    """Jobs: those at work and waiting in the queue's order, then those that are over, the newest first."""

    jobs: list[JobShape]
    paused: bool
    """Whether the queue is paused: none of those that wait begins."""


class QueueShape(Shape):
    """The queue as a whole."""

    paused: bool
    """No job begins as long as it is; one that is at work goes on."""


class JobMove(Shape):
    """Where a waiting job is to stand."""

    place: Annotated[int, Field(ge=0, le=100_000)]


class JobResume(Shape):
    """How a training goes on."""

    extend: Annotated[str, Field(max_length=40)] | None = None
    """Longer than planned, as `5 epochs`; needed if it is finished."""
    accept_changes: bool = False
    """Go on although pictures, captions, the base or settings changed since it was saved."""


class JobLog(Shape):
    """What a job's process said."""

    text: str
    """The end of it."""
