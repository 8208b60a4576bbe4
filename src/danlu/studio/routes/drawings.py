"""The workbench: adapters to stack, and what was drawn with them. A drawing is ordered as a job of the kind `draw`."""

import shutil
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import FileResponse

from danlu.datasets.thumbnails import thumbnail_of
from danlu.generation.drawing import MOST_CELLS
from danlu.kit.language import Text
from danlu.store.jobs import drop_job, list_jobs
from danlu.store.records import OVER
from danlu.studio.adapters import list_adapters
from danlu.studio.context import OwnedJob, Owner, TheStudio, immutable
from danlu.studio.drawings import about_picture, draw_sheet, drawing_of, picture_of, show_drawing, show_item
from danlu.studio.problems import ProblemError
from danlu.studio.shapes.drawings import AdapterShape, DrawingList, DrawingShape, PictureAbout

router = APIRouter(tags=["workbench"])
Number = Annotated[int, Path(ge=0, lt=MOST_CELLS)]


@router.get("/adapters")
def get_adapters(studio: TheStudio, owner: Owner) -> list[AdapterShape]:
    """All that can be stacked on a base, the newest first."""
    return list_adapters(studio, owner)


@router.get("/drawings")
def get_drawings(
    studio: TheStudio,
    owner: Owner,
    limit: Annotated[int, Query(ge=1, le=200)] = 30,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> DrawingList:
    """What was drawn, the newest first."""
    jobs = sorted(list_jobs(studio.database, owner, kind="draw"), key=lambda job: -job.created_at)
    shown = [show_item(studio, job) for job in jobs[offset : offset + limit]]
    return DrawingList(drawings=shown, more=len(jobs) > offset + limit)


@router.get("/drawings/{job_id}")
def get_drawing(job: OwnedJob, studio: TheStudio) -> DrawingShape:
    """A drawing with the pictures that are there by now."""
    return show_drawing(studio, job)


@router.delete("/drawings/{job_id}", status_code=204, response_class=Response)
def delete_drawing(job: OwnedJob, studio: TheStudio) -> None:
    """Delete a drawing with its pictures. Refused while it waits or is at work."""
    drawing_of(job)
    if not drop_job(studio.database, job.id, OVER):
        text = Text("This job is queued or running: cancel it first.", "这次出图正在排队或进行中：请先取消。")
        raise ProblemError(409, "busy", text)
    shutil.rmtree(studio.folder.job(job.id), ignore_errors=True)


@router.get("/drawings/{job_id}/sheet", response_class=Response)
def get_drawing_sheet(job: OwnedJob, studio: TheStudio, language: Literal["en", "zh"] = "en") -> Response:
    """All pictures that are there by now as one PNG, with the labels of their rows and columns."""
    headers = {"Content-Disposition": f'attachment; filename="drawing-{job.id}.png"'}
    return Response(draw_sheet(studio, job, language), media_type="image/png", headers=headers)


@router.get("/drawings/{job_id}/pictures/{number}", response_class=FileResponse)
def get_drawn_picture(job: OwnedJob, studio: TheStudio, number: Number) -> FileResponse:
    """A picture (PNG), with all that it was drawn with in its text."""
    return FileResponse(picture_of(studio, job, number), media_type="image/png", headers=immutable())


@router.get("/drawings/{job_id}/pictures/{number}/thumbnail", response_class=FileResponse)
def get_drawn_thumbnail(job: OwnedJob, studio: TheStudio, number: Number) -> FileResponse:
    """A small rendition of a picture (JPEG)."""
    path = thumbnail_of(picture_of(studio, job, number))
    return FileResponse(path, media_type="image/jpeg", headers=immutable())


@router.get("/drawings/{job_id}/pictures/{number}/about")
def get_drawn_about(job: OwnedJob, studio: TheStudio, number: Number) -> PictureAbout:
    """What a picture was drawn with."""
    return about_picture(picture_of(studio, job, number))
