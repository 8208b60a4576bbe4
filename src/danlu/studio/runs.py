"""Runs as people see them."""

import json
from typing import Any
from urllib.parse import quote

from danlu.kit.language import Text
from danlu.optimizers.base import SelfTuningOptimizer
from danlu.recipe import Recipe, load_recipe
from danlu.rundir.layout import RunFolder
from danlu.store.jobs import find_job
from danlu.store.records import AT_WORK, RunRecord
from danlu.studio.context import Studio, run_folder
from danlu.studio.jobs import show_job
from danlu.studio.journals import RunJournal, glance_of, journal_of
from danlu.studio.problems import ProblemError
from danlu.studio.shapes.common import Said, said
from danlu.studio.shapes.runs import RunDetail, RunShape, StageShape
from danlu.studio.wording import for_browser


def show_run(studio: Studio, run: RunRecord) -> RunShape:
    """A run in a list."""
    return RunShape(**_values(studio, run, glance_of(run_folder(studio, run))))


def show_run_detail(studio: Studio, run: RunRecord) -> RunDetail:
    """A run on its own page."""
    folder = run_folder(studio, run)
    journal = journal_of(folder)
    values = _values(studio, run, journal)
    plan, recipe = _read_plan(folder), _read_recipe(folder)
    stage = journal.stage if values["job"].state in AT_WORK else None
    seconds = journal.stage_seconds
    return RunDetail(
        **values,
        base=plan.get("base") if plan else None,
        family=plan.get("family") if plan else None,
        device=journal.started.device if journal.started else None,
        precision=journal.started.precision if journal.started else None,
        stage=StageShape(name=stage.name, done=stage.done, total=stage.total, remaining_seconds=seconds)
        if stage
        else None,
        seconds_per_step=journal.seconds_per_step,
        remaining_seconds=journal.remaining_seconds,
        images_per_second=journal.images_per_second,
        skipped_steps=len(journal.skipped),
        training_seconds=sum(one.seconds for one in journal.steps.values()),
        warnings=[Said(en=one.en, zh=one.zh) for one in journal.warnings.values()],
        cautions=_cautions(studio, plan),
        recipe=recipe.model_dump(mode="json") if recipe else None,
        finds_rate=recipe is not None and isinstance(recipe.optimizer, SelfTuningOptimizer),
        plan=plan,
        has_report=folder.report.exists(),
    )


def file_url(run: RunRecord, name: str) -> str:
    """The address of a run's file, by its POSIX path in the run's folder."""
    return f"/api/runs/{run.id}/files/{quote(name)}"


def _values(studio: Studio, run: RunRecord, journal: RunJournal) -> dict[str, Any]:
    job = find_job(studio.database, run.owner_id, run.job_id)
    if job is None:
        raise ProblemError(404, "missing", Text("There is no such training.", "没有这个训练。"), field="run_id")
    newest = next((one for one in reversed(journal.previews.values()) if one.paths), None)
    return {
        "id": run.id,
        "name": run.name,
        "dataset_id": run.dataset_id,
        "created_at": run.created_at,
        "job": show_job(studio, job),
        "step": journal.step,
        "total_steps": journal.total_steps,
        "epoch": journal.epoch,
        "epochs": journal.started.epochs if journal.started else 0,
        "loss": journal.smooth,
        "cover": file_url(run, newest.paths[0]) if newest else None,
        "checkpoints": len(journal.checkpoints),
        "pick": run.pick,
    }


def _read_plan(folder: RunFolder) -> dict[str, Any] | None:
    try:
        return json.loads(folder.plan.read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return None


def _cautions(studio: Studio, plan: dict[str, Any] | None) -> list[Said]:
    """What was to be read before the training began; runs of earlier versions don't say it."""
    told = (plan or {}).get("cautions", [])
    return [said(for_browser(studio.folder, Text(*one))) for one in told]


def _read_recipe(folder: RunFolder) -> Recipe | None:
    return load_recipe(folder.recipe) if folder.recipe.exists() else None
