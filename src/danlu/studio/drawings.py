"""Drawings of the workbench as people see them: jobs whose folders hold pictures, one for each cell of a grid."""

import io
from pathlib import Path

from PIL import Image

from danlu.generation.axis import Axis
from danlu.generation.drawing import Drawing, picture_name, sides_of
from danlu.generation.grid_sheet import draw_grid_sheet
from danlu.generation.pngtext import KEY, read_parameters
from danlu.jobs.base import read_order
from danlu.jobs.kinds.draw import PICTURES, DrawOrder
from danlu.kit.language import Language, Text
from danlu.store.records import JobRecord
from danlu.studio.context import Studio
from danlu.studio.jobs import show_job
from danlu.studio.problems import ProblemError
from danlu.studio.shapes.common import said
from danlu.studio.shapes.drawings import AxisShape, DrawingItem, DrawingShape, DrawnShape, PictureAbout, StackedShape


def drawing_of(job: JobRecord) -> Drawing:
    """What was asked for. Raises `ProblemError` if the job draws nothing."""
    order = read_order(job.order)
    if not isinstance(order, DrawOrder):
        raise ProblemError(404, "missing", Text("There is no such drawing.", "没有这次出图。"), field="job_id")
    return order.drawing


def pictures_of(studio: Studio, job: JobRecord) -> list[Path | None]:
    """Where the picture of each cell lies; None if it isn't drawn."""
    sides = sides_of(drawing_of(job))
    folder = studio.folder.job(job.id) / PICTURES
    there = {one.name for one in folder.iterdir()} if folder.is_dir() else set[str]()
    names = [picture_name(number) for number in range(sides.x * sides.y * sides.z)]
    return [folder / name if name in there else None for name in names]


def picture_of(studio: Studio, job: JobRecord, number: int) -> Path:
    """Where the picture of a cell lies. Raises `ProblemError` if it isn't drawn."""
    pictures = pictures_of(studio, job)
    path = pictures[number] if number < len(pictures) else None
    if path is None:
        raise ProblemError(404, "missing", Text("This picture isn't drawn.", "这张图片还没有出图。"), field="number")
    return path


def draw_sheet(studio: Studio, job: JobRecord, language: Language) -> bytes:
    """All pictures that are there as one PNG with labels. Raises `ProblemError` if there is none."""
    pictures = pictures_of(studio, job)
    if not any(pictures):
        raise ProblemError(404, "missing", Text("Nothing of it is drawn yet.", "还没有出图。"), field="job_id")
    sheet = draw_grid_sheet(drawing_of(job), pictures, lambda text: text.zh if language == "zh" else text.en)
    content = io.BytesIO()
    sheet.save(content, "PNG")
    return content.getvalue()


def show_item(studio: Studio, job: JobRecord) -> DrawingItem:
    """A drawing in a list."""
    pictures = [_shape(job, number) if path else None for number, path in enumerate(pictures_of(studio, job))]
    return DrawingItem.model_validate(_values(job, pictures))


def show_drawing(studio: Studio, job: JobRecord) -> DrawingShape:
    """A drawing on its page."""
    pictures = [_shape(job, number) if path else None for number, path in enumerate(pictures_of(studio, job))]
    drawing = drawing_of(job)
    width, _, height = (drawing.size or "").partition("x")
    return DrawingShape.model_validate(
        {
            **_values(job, pictures),
            "job": show_job(studio, job),
            "drawing": drawing,
            "x": _axis(drawing.x),
            "y": _axis(drawing.y),
            "z": _axis(drawing.z),
            "width": int(width),
            "height": int(height),
            "pictures": pictures,
        }
    )


def about_picture(path: Path) -> PictureAbout:
    """What a picture says of itself."""
    with Image.open(path) as image:
        text = str(image.info.get(KEY, ""))
    found = read_parameters(text)
    prompt = found.prompt
    return PictureAbout(
        prompt=prompt.text,
        negative=prompt.negative,
        seed=prompt.seed,
        steps=prompt.steps,
        cfg=prompt.cfg,
        sampler=prompt.sampler,
        size=str(prompt.size),
        clip_skip=prompt.clip_skip,
        max_tokens=prompt.max_tokens,
        adapters=[StackedShape(name=name, weight=weight) for name, weight in found.adapters],
        text=text,
    )


def _values(job: JobRecord, pictures: list[DrawnShape | None]) -> dict[str, object]:
    drawn = [one for one in pictures if one is not None]
    return {
        "id": job.id,
        "created_at": job.created_at,
        "prompt": drawing_of(job).prompt,
        "drawn": len(drawn),
        "total": len(pictures),
        "cover": drawn[0].thumbnail if drawn else None,
    }


def _shape(job: JobRecord, number: int) -> DrawnShape:
    url = f"/api/drawings/{job.id}/pictures/{number}"
    return DrawnShape(url=url, thumbnail=f"{url}/thumbnail")


def _axis(axis: Axis | None) -> AxisShape | None:
    if axis is None:
        return None
    return AxisShape(title=said(axis.title), labels=[said(label) for label in axis.labels])
