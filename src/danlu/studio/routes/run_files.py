"""Files of a run: previews, adapter files, the report. Only what a run is known to have made is ever opened."""

from mimetypes import guess_type

from fastapi import APIRouter, Response
from fastapi.responses import FileResponse

from danlu.datasets.thumbnails import known_sha256
from danlu.kit.language import Text
from danlu.rundir.events import final_among
from danlu.rundir.layout import RunFolder
from danlu.studio.context import OwnedRun, TheStudio, immutable, run_folder
from danlu.studio.guard import PAGE_POLICY
from danlu.studio.journals import glance_of
from danlu.studio.matrix import preview_matrix
from danlu.studio.problems import ProblemError
from danlu.studio.runs import file_url
from danlu.studio.shapes.runs import CheckpointList, CheckpointShape, PreviewMatrix

router = APIRouter(tags=["run files"])
_PICTURES = frozenset({".png", ".jpg", ".webp"})
_PLAIN = {"recipe.toml": "text/plain", "plan.json": "application/json", "evaluation.json": "application/json"}
_REPORT = "report.html"
_SMALL_BYTES = 256 * 2**10
"""Sent in one go: not worth streaming."""


@router.get("/runs/{run_id}/previews")
def get_previews(run: OwnedRun, studio: TheStudio) -> PreviewMatrix:
    """All previews: one row for each place of the run, the base first, one column for each prompt."""
    return preview_matrix(run, run_folder(studio, run))


@router.get("/runs/{run_id}/checkpoints")
def get_checkpoints(run: OwnedRun, studio: TheStudio) -> CheckpointList:
    """The adapter files that are there."""
    folder = run_folder(studio, run)
    known = sorted(glance_of(folder).checkpoints.values(), key=lambda one: (one.step, one.final))
    final = final_among(known)
    there = [one for one in known if (folder.root / one.path).is_file()]
    return CheckpointList(
        checkpoints=[
            CheckpointShape(
                name=(folder.root / one.path).name,
                epoch=one.epoch,
                step=one.step,
                final=one is final,
                size_bytes=(folder.root / one.path).stat().st_size,
                sha256=known_sha256(folder.root / one.path),
                url=file_url(run, one.path),
            )
            for one in there
        ]
    )


@router.get("/runs/{run_id}/files/{name:path}", response_class=FileResponse)
def get_run_file(run: OwnedRun, studio: TheStudio, name: str) -> Response:
    """A preview, an adapter file, the report, the recipe or the plan of a run."""
    folder = run_folder(studio, run)
    path = folder.root / name
    if name == _REPORT and path.is_file():
        return FileResponse(path, media_type="text/html", headers={"Content-Security-Policy": PAGE_POLICY})
    if name in _PLAIN and path.is_file():
        return FileResponse(path, media_type=_PLAIN[name])
    if name in _checkpoints(folder) and path.is_file():
        return FileResponse(path, filename=path.name, media_type="application/octet-stream")
    if name in _pictures(folder):
        if path.stat().st_size < _SMALL_BYTES:
            return Response(path.read_bytes(), media_type=guess_type(name)[0], headers=immutable())
        return FileResponse(path, headers=immutable())
    text = Text("This training has no such file.", "该训练没有这个文件。")
    raise ProblemError(404, "missing", text, field="name")


def _checkpoints(folder: RunFolder) -> set[str]:
    return {one.path for one in glance_of(folder).checkpoints.values()}


def _pictures(folder: RunFolder) -> set[str]:
    """The previews, and the pictures of the evaluation."""
    found = [one for one in folder.previews.rglob("*") if one.suffix in _PICTURES and one.is_file()]
    found += [folder.evaluation_sheet] if folder.evaluation_sheet.is_file() else []
    return {one.relative_to(folder.root).as_posix() for one in found}
