"""What a job made for whoever asked: LoRAs, found rates, pages. Only what its kind names is ever opened."""

import shutil
import tomllib
from pathlib import Path
from tempfile import TemporaryDirectory

from fastapi import APIRouter, Response
from fastapi.responses import FileResponse

from danlu.jobs.base import read_order
from danlu.jobs.kinds.find_rate import FindRateOrder
from danlu.kit.language import Text
from danlu.store.records import JobRecord
from danlu.studio.context import OwnedJob, Owner, Studio, TheStudio
from danlu.studio.guard import PAGE_POLICY
from danlu.studio.models import show_model
from danlu.studio.problems import ProblemError
from danlu.studio.publishing import SUFFIX, bring_in
from danlu.studio.shapes.models import ModelDetail
from danlu.studio.shapes.results import FoundRate, ResultList, ResultShape

router = APIRouter(tags=["results"])


@router.get("/jobs/{job_id}/results")
def get_results(job: OwnedJob, studio: TheStudio) -> ResultList:
    """The files that a job has made for whoever asked."""
    return ResultList(
        files=[
            ResultShape(name=one.name, size_bytes=one.stat().st_size, url=f"/api/jobs/{job.id}/results/{one.name}")
            for one in _results(studio, job).values()
        ],
        rates=_rates(studio, job),
    )


@router.get("/jobs/{job_id}/results/{name}", response_class=FileResponse)
def get_result(job: OwnedJob, studio: TheStudio, name: str) -> Response:
    """One of them: a LoRA or a recipe to keep, or a page to read."""
    path = _result(studio, job, name)
    if path.suffix == ".html":
        return FileResponse(path, media_type="text/html", headers={"Content-Security-Policy": PAGE_POLICY})
    return FileResponse(path, filename=path.name, media_type="application/octet-stream")


@router.post("/jobs/{job_id}/results/{name}/model", status_code=201)
def keep_result(job: OwnedJob, studio: TheStudio, owner: Owner, name: str) -> ModelDetail:
    """Keep a LoRA that a job has made as a model, so that it can be tried, stacked and published."""
    path = _result(studio, job, name)
    if path.suffix != SUFFIX:
        text = Text("Only a LoRA can be kept as a model.", "只有 LoRA 文件可以存为模型。")
        raise ProblemError(422, "invalid", text, field="name")
    studio.folder.uploads.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=studio.folder.uploads) as aside:
        return show_model(studio, bring_in(studio, owner, Path(shutil.copy(path, aside))))


def _results(studio: Studio, job: JobRecord) -> dict[str, Path]:
    if job.state != "succeeded":
        return {}
    return {one.name: one for one in read_order(job.order).results(studio.folder.job(job.id))}


def _result(studio: Studio, job: JobRecord, name: str) -> Path:
    path = _results(studio, job).get(name)
    if path is None:
        raise ProblemError(404, "missing", Text("This job has no such file.", "该任务没有这个文件。"), field="name")
    return path


def _rates(studio: Studio, job: JobRecord) -> list[FoundRate]:
    """What a search came to."""
    if not isinstance(read_order(job.order), FindRateOrder):
        return []
    recipes = [one for one in _results(studio, job).values() if one.suffix == ".toml"]
    tables = [tomllib.loads(one.read_text("utf-8"))["optimizer"] for one in recipes]
    return [FoundRate(kind=one["kind"], lr=one["lr"], optimizer=one) for one in tables]
