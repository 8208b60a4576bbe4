"""What lies on the disk and what can be cleaned up, as it is sent and received."""

from typing import Annotated, Literal

from pydantic import Field

from danlu.studio.shapes.common import Said, Shape

StorageKind = Literal["datasets", "runs", "states", "models", "jobs", "cache", "uploads"]
Cleanable = Literal["states", "latents", "thumbnails", "logs", "leftovers"]


class StorageUse(Shape):
    """How much one kind of things takes."""

    kind: StorageKind
    """`states`: to resume trainings from; `runs`: all else of them; `cache`: of the user, for every Danlu here."""
    files: int
    bytes: int


class StorageShape(Shape):
    """What the studio and the user's cache take on the disk."""

    uses: list[StorageUse]
    disk_bytes: int
    disk_free_bytes: int
    data_folder: str
    cache_folder: str


class CleanUp(Shape):
    """What is to be cleaned up."""

    kinds: Annotated[list[Cleanable], Field(min_length=1, max_length=5)]
    """`states` of finished trainings, after which they can't be extended any more; `latents`: encoded pictures and
    captions; `thumbnails`; `logs` of jobs that are over; `leftovers` of broken uploads and of forgotten jobs."""
    older_than_days: Annotated[int, Field(ge=0, le=3650)] = 7
    dry_run: bool = True
    """Only tell what would go."""


class CleanedKind(Shape):
    """What goes of one kind."""

    kind: Cleanable
    files: int
    bytes: int
    examples: list[str]
    """Of states and logs: whose they are."""
    kept: Said | None
    """Why nothing of it goes now."""


class CleanedUp(Shape):
    """What went, or would go."""

    dry_run: bool
    kinds: list[CleanedKind]
    bytes: int
