"""What the store gives out: plain, frozen values."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

JobState = Literal["queued", "starting", "running", "stopping", "succeeded", "failed", "cancelled", "interrupted"]
Wanted = Literal["stop", "cancel"]
AT_WORK: tuple[JobState, ...] = ("starting", "running", "stopping")
OVER: tuple[JobState, ...] = ("succeeded", "failed", "cancelled", "interrupted")
LOCAL_OWNER = "local"


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: str
    owner_id: str
    created_at: float


class DatasetRecord(_Record):
    """A dataset."""

    name: str
    folder: str
    version: int
    changed_at: float


class JobRecord(_Record):
    """A job."""

    dataset_id: str | None
    kind: str
    order: dict[str, Any]
    state: JobState
    wanted: Wanted | None
    wanted_at: float | None
    position: float
    attempts: int
    lease_holder: str | None
    lease_until: float | None
    token: int
    """Counts who has been at work on it: only the holder of the newest may write."""
    exit_code: int | None
    error_en: str | None
    error_zh: str | None
    started_at: float | None
    ended_at: float | None


class RunRecord(_Record):
    """A training."""

    job_id: str
    dataset_id: str | None
    name: str
    folder: str
    pick: str | None
    """Name of the adapter file that its owner has chosen."""


class ModelRecord(_Record):
    """A published model."""

    run_id: str | None
    name: str
    folder: str
    listed: bool
    changed_at: float
