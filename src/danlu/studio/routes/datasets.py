"""Datasets: made, listed, renamed, deleted."""

import shutil
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Response
from fastapi.responses import StreamingResponse

from danlu.datasets.history import can_redo, can_undo
from danlu.datasets.thumbnails import known_sha256
from danlu.kit.language import Text
from danlu.kit.places import data_folder
from danlu.store.datasets import add_dataset, drop_dataset, list_datasets, new_dataset, rename_dataset
from danlu.store.jobs import WAITING_OR_AT_WORK, list_jobs
from danlu.store.records import DatasetRecord
from danlu.studio.archiving import pack
from danlu.studio.changes import alone, is_busy
from danlu.studio.context import OwnedDataset, Owner, Studio, TheStudio, require_dataset
from danlu.studio.library import Contents, contents_of
from danlu.studio.parcels import forget_all
from danlu.studio.problems import ProblemError
from danlu.studio.shapes.common import said
from danlu.studio.shapes.datasets import (
    ConceptShape,
    DatasetChange,
    DatasetDetail,
    DatasetShape,
    NewDataset,
    PictureProblem,
)
from danlu.studio.wording import for_browser

router = APIRouter(tags=["datasets"])
_COVERS = 4


@router.get("/datasets")
def get_datasets(studio: TheStudio, owner: Owner) -> list[DatasetShape]:
    """All datasets, what was changed last at the top."""
    with studio.database.reading():
        return [_shape(studio, one) for one in list_datasets(studio.database, owner)]


@router.post("/datasets", status_code=201)
def create_dataset(order: NewDataset, studio: TheStudio, owner: Owner) -> DatasetDetail:
    """Make a dataset: an empty one, or one of the sample's pictures."""
    dataset = new_dataset(owner, _require_name(order.name))
    root = studio.folder.dataset(dataset.folder)
    try:
        root.mkdir(parents=True)
        if order.sample:
            _put_sample(root)
        add_dataset(studio.database, dataset)
    except BaseException:
        shutil.rmtree(root.parent, ignore_errors=True)
        raise
    return _detail(studio, dataset)


def _put_sample(root: Path) -> None:
    for picture in sorted((data_folder() / "samples" / "character").glob("*.png")):
        shutil.copyfile(picture, root / picture.name)


@router.get("/datasets/{dataset_id}")
def get_dataset(dataset: OwnedDataset, studio: TheStudio) -> DatasetDetail:
    """A dataset with its concepts and what the user should know of it."""
    return _detail(studio, dataset)


@router.get("/datasets/{dataset_id}/archive", response_class=StreamingResponse)
def get_dataset_archive(dataset: OwnedDataset, studio: TheStudio) -> StreamingResponse:
    """All of a dataset as a zip: its pictures, captions, masks and `danlu.toml`."""
    root = studio.folder.dataset(dataset.folder)
    name = f"attachment; filename*=UTF-8''{quote(dataset.name, safe='')}.zip"
    return StreamingResponse(pack(root), media_type="application/zip", headers={"Content-Disposition": name})


@router.patch("/datasets/{dataset_id}")
def change_dataset(change: DatasetChange, dataset: OwnedDataset, studio: TheStudio, owner: Owner) -> DatasetDetail:
    """Rename a dataset."""
    rename_dataset(studio.database, dataset.id, _require_name(change.name))
    return _detail(studio, require_dataset(studio, owner, dataset.id))


@router.delete("/datasets/{dataset_id}", status_code=204, response_class=Response)
def delete_dataset(dataset: OwnedDataset, studio: TheStudio) -> None:
    """Delete a dataset with all its files. Refused while jobs need it."""
    if list_jobs(studio.database, states=WAITING_OR_AT_WORK, dataset_id=dataset.id):
        text = Text(
            "Jobs that wait or run need this dataset: cancel them first.",
            "有排队或进行中的任务需要该数据集：请先取消这些任务。",
        )
        raise ProblemError(409, "busy", text)
    root = studio.folder.dataset(dataset.folder)
    with alone(studio, dataset, None):
        drop_dataset(studio.database, dataset.id)
    forget_all(studio.folder, dataset.id)
    shutil.rmtree(root.parent, ignore_errors=True)


def thumbnail_url(dataset: DatasetRecord, contents: Contents, name: str) -> str:
    """The address of a picture's thumbnail, another one for other bytes."""
    return f"/api/datasets/{dataset.id}/thumbnails/{quote(name)}?v={known_sha256(contents.root / name)[:16]}"


def _require_name(name: str) -> str:
    """Raise `ProblemError` for a name that nobody could read."""
    shown = "".join(sign for sign in name if sign.isprintable()).strip()
    if not shown:
        raise ProblemError(422, "invalid", Text("Give the dataset a name.", "请为数据集命名。"), field="name")
    return shown


def _shape(studio: Studio, dataset: DatasetRecord) -> DatasetShape:
    return DatasetShape(**_values(studio, dataset, contents_of(studio.folder.dataset(dataset.folder))))


def _values(studio: Studio, dataset: DatasetRecord, contents: Contents) -> dict[str, Any]:
    kept = [one for one in contents.pictures if one.name not in contents.excluded]
    return {
        **dataset.model_dump(include={"id", "name", "version", "created_at", "changed_at"}),
        "pictures": len(contents.pictures),
        "without_caption": sum(not one.caption for one in kept),
        "excluded": len(contents.excluded),
        "cover": contents.once("cover", lambda: [thumbnail_url(dataset, contents, one.name) for one in kept[:_COVERS]]),
        "busy": is_busy(studio, dataset),
    }


def _detail(studio: Studio, dataset: DatasetRecord) -> DatasetDetail:
    root = studio.folder.dataset(dataset.folder)
    contents = contents_of(root)
    scanned = contents.dataset
    concepts = (
        [
            ConceptShape(
                name=one.name,
                repeats=one.repeats,
                trigger=one.trigger,
                traits=list(one.traits),
                regularization=one.regularization,
                pictures=len(scanned.of_concept(index)),
            )
            for index, one in enumerate(scanned.concepts)
        ]
        if scanned
        else []
    )
    notices = [*(scanned.notices if scanned else ()), *([contents.unusable] if contents.unusable else [])]
    return DatasetDetail(
        **_values(studio, dataset, contents),
        concepts=concepts,
        notices=[said(for_browser(studio.folder, one)) for one in notices],
        problems=[
            PictureProblem(name=one.name, text=said(for_browser(studio.folder, one.text)))
            for one in (scanned.problems if scanned else ())
        ],
        can_undo=can_undo(root),
        can_redo=can_redo(root),
    )
