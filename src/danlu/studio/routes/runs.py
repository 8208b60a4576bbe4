"""Runs: how far they are, live events, the curve of the loss; and what a running one can be asked for."""

import shutil
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header, Query, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent

from danlu.kit.language import Text
from danlu.rundir.control import ask, is_at_work
from danlu.rundir.layout import Request, RunFolder
from danlu.store.records import OVER
from danlu.store.runs import drop_run, list_runs
from danlu.studio.answers import half_second
from danlu.studio.context import OwnedRun, Owner, TheStudio, run_folder
from danlu.studio.curves import curve_of
from danlu.studio.following import follow
from danlu.studio.jobs import is_ordered
from danlu.studio.journals import journal_of
from danlu.studio.problems import ProblemError
from danlu.studio.runs import show_run, show_run_detail
from danlu.studio.shapes.common import said
from danlu.studio.shapes.runs import Asked, CurveShape, RunDetail, RunShape

router = APIRouter(tags=["runs"])


@router.get("/runs", response_model=list[RunShape])
def get_runs(
    studio: TheStudio, owner: Owner, dataset_id: Annotated[str | None, Query(max_length=64)] = None
) -> Response:
    """All runs, the newest first."""

    def show() -> list[RunShape]:
        with studio.database.reading():
            runs = list_runs(studio.database, owner)
            return [show_run(studio, one) for one in runs if dataset_id in (None, one.dataset_id)]

    stamp = (studio.database.stamp(), half_second())
    return studio.answers.once(("runs", owner, dataset_id), stamp, list[RunShape], show)


@router.get("/runs/{run_id}", response_model=RunDetail)
def get_run(run: OwnedRun, studio: TheStudio) -> Response:
    """A run with its recipe, its plan, and how far it is."""
    stamp = (studio.database.stamp(), half_second())
    return studio.answers.once(("run", run.id), stamp, RunDetail, lambda: show_run_detail(studio, run))


@router.delete("/runs/{run_id}", status_code=204, response_class=Response)
def delete_run(run: OwnedRun, studio: TheStudio) -> None:
    """Delete a run with all its files. Refused while it waits or trains, or a job needs it."""
    if is_at_work(run_folder(studio, run)):
        text = Text("A process is training in this run now: stop it first.", "有进程正在进行该训练：请先停止。")
        raise ProblemError(409, "busy", text)
    if is_ordered(studio, (run.id, run.folder)):
        text = Text("Another job needs this training: cancel that first.", "有任务正在使用该训练：请先取消那个任务。")
        raise ProblemError(409, "busy", text)
    if not drop_run(studio.database, run.id, OVER):
        text = Text("This training waits or runs: cancel it first.", "该训练正在排队或进行中：请先取消。")
        raise ProblemError(409, "busy", text)
    shutil.rmtree(studio.folder.run(run.folder), ignore_errors=True)
    shutil.rmtree(studio.folder.job(run.job_id), ignore_errors=True)


@router.get("/runs/{run_id}/events", response_class=EventSourceResponse)
async def get_run_events(
    run: OwnedRun,
    studio: TheStudio,
    after: Annotated[int, Query(ge=0)] = 0,
    *,
    from_now: bool = False,
    last_event_id: Annotated[str | None, Header(max_length=40)] = None,
) -> AsyncIterator[ServerSentEvent]:
    """What the run says, as server-sent events named as in its journal (`step`, `preview`, `checkpoint`, …), as it is
    written; `job` tells each change of the job, `over` that nothing more comes.

    A client that reconnects sends `Last-Event-ID` and misses nothing; `after` is the same for the first time.
    `from_now` leaves out what was said before.
    """
    journal = run_folder(studio, run).journal
    begin = journal.stat().st_size if from_now and journal.exists() else after
    begin = int(last_event_id) if last_event_id and last_event_id.isdecimal() else begin
    async for event in follow(studio, run, begin):
        yield event


@router.get("/runs/{run_id}/loss", response_model=CurveShape)
def get_run_loss(
    run: OwnedRun,
    studio: TheStudio,
    points: Annotated[int, Query(ge=1, le=5000)] = 500,
    after: Annotated[int, Query(ge=0, le=100_000_000)] = 0,
) -> Response:
    """The loss, the rates and the speed over the steps after a step, in `points` points at most."""
    journal = journal_of(run_folder(studio, run))
    key, stamp = ("loss", run.id, points, after), journal.offset
    return studio.answers.once(key, stamp, CurveShape, lambda: curve_of(journal, points, after))


@router.post("/runs/{run_id}/save")
def save_now(run: OwnedRun, studio: TheStudio) -> Asked:
    """Ask a running training to save its adapter after its current step."""
    _ask(run_folder(studio, run), "save")
    return Asked(what="save", text=said(Text("It saves after its current step.", "当前步完成后保存。")))


@router.post("/runs/{run_id}/preview")
def preview_now(run: OwnedRun, studio: TheStudio) -> Asked:
    """Ask a running training to draw its previews after its current step."""
    _ask(run_folder(studio, run), "preview")
    return Asked(what="preview", text=said(Text("It draws after its current step.", "当前步完成后出预览图。")))


def _ask(folder: RunFolder, request: Request) -> None:
    """Raise `ProblemError` if nothing trains there."""
    if not folder.plan.exists() or not is_at_work(folder):
        raise ProblemError(409, "conflict", Text("Nothing is training in this run now.", "该训练当前没有在进行。"))
    ask(folder, request)
