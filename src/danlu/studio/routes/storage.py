"""What lies on the disk, and cleaning up."""

from fastapi import APIRouter

from danlu.studio.context import LocalOwner, TheStudio
from danlu.studio.shapes.storage import CleanedUp, CleanUp, StorageShape
from danlu.studio.storage import clean_up, look_at_storage

router = APIRouter(tags=["machine"])


@router.get("/storage")
def get_storage(studio: TheStudio, _owner: LocalOwner) -> StorageShape:
    """How much datasets, runs, states, models, jobs, and the cache take."""
    return look_at_storage(studio.folder)


@router.post("/storage/clean")
def clean_storage(order: CleanUp, studio: TheStudio, owner: LocalOwner) -> CleanedUp:
    """Remove what can be made again or isn't needed any more; with `dry_run`, only tell what would go.

    Nothing goes that a job, an unfinished training or a published model needs.
    """
    return clean_up(studio, owner, order.kinds, order.older_than_days, dry_run=order.dry_run)
