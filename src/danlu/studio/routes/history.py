"""What was done to a dataset, taken back and done again."""

from collections.abc import Callable
from pathlib import Path

from fastapi import APIRouter

from danlu.datasets.history import Change, can_redo, can_undo, history, redo, undo
from danlu.kit.language import Text
from danlu.store.records import DatasetRecord
from danlu.studio.changes import advance, alone, told
from danlu.studio.context import OwnedDataset, Studio, TheStudio
from danlu.studio.problems import ProblemError
from danlu.studio.shapes.common import said
from danlu.studio.shapes.datasets import Changed, ChangeShape, HistoryShape, Versioned

router = APIRouter(tags=["history"])
_STEPS: dict[Callable[[Path], Change], tuple[Callable[[Path], bool], Text]] = {
    undo: (can_undo, Text("There is nothing to undo.", "没有可撤销的操作。")),
    redo: (can_redo, Text("There is nothing to redo.", "没有可重做的操作。")),
}
"""Whether a step is possible, and what is said if it isn't."""


@router.get("/datasets/{dataset_id}/history")
def get_history(dataset: OwnedDataset, studio: TheStudio) -> HistoryShape:
    """What was done to a dataset and not taken back, oldest first."""
    root = studio.folder.dataset(dataset.folder)
    changes = history(root) if root.is_dir() else []
    return HistoryShape(
        version=dataset.version,
        changes=[
            ChangeShape(number=one.number, title=said(one.title), time=one.time, files=len(one.after))
            for one in changes
        ],
        can_undo=bool(changes),
        can_redo=can_redo(root),
    )


@router.post("/datasets/{dataset_id}/undo")
def undo_change(seen: Versioned, dataset: OwnedDataset, studio: TheStudio) -> Changed:
    """Take the last change back, byte for byte."""
    return _step(studio, dataset, seen.version, undo)


@router.post("/datasets/{dataset_id}/redo")
def redo_change(seen: Versioned, dataset: OwnedDataset, studio: TheStudio) -> Changed:
    """Do again what was taken back last."""
    return _step(studio, dataset, seen.version, redo)


def _step(studio: Studio, dataset: DatasetRecord, version: int, step: Callable[[Path], Change]) -> Changed:
    root = studio.folder.dataset(dataset.folder)
    possible, nothing = _STEPS[step]
    with alone(studio, dataset, version) as now:
        if not possible(root):
            raise ProblemError(409, "conflict", nothing)
        version = advance(studio, now)
        return told(step(root), version)
