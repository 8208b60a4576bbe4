"""A recipe becomes a run: survey, plan, prepare, train, report. The composition root of the engine.

The run folder is all that is left behind; `resume` needs nothing else.
"""

from collections.abc import Sequence
from pathlib import Path

from danlu.checkpoints.state import has_state
from danlu.kit.errors import UserError
from danlu.kit.file_names import require_name
from danlu.kit.files import require_space, write_atomically
from danlu.kit.lengths import Length
from danlu.pipeline.continuation import extend_run, is_finished, needed_bytes, settle_plan
from danlu.pipeline.plan import mean_pixels, plan_survey
from danlu.pipeline.sameness import check_sameness
from danlu.pipeline.session import run_session
from danlu.pipeline.speeds import remember_speed
from danlu.pipeline.survey import survey_recipe
from danlu.recipe import Recipe, load_recipe, render_recipe
from danlu.rundir.control import at_work, require_run
from danlu.rundir.events import Checkpoint
from danlu.rundir.journal import Listener, read_journal
from danlu.rundir.layout import RunFolder
from danlu.training.loop import Outcome
from danlu.training.precision import choose_compute


def train(recipe: Recipe, run: Path | None = None, *, listeners: Sequence[Listener] = ()) -> tuple[RunFolder, Outcome]:
    """Train a recipe into a new run folder (`runs/NAME`, numbered, if none is given).

    Raises `UserError` for the user's mistakes, before any weights are loaded where possible; never overwrites a run.
    """
    folder = RunFolder(run if run is not None else new_run_path(Path("runs"), recipe.name))
    if folder.journal.exists():
        raise UserError(
            f"'{folder.root}' already holds a run: continue it with `danlu resume '{folder.root}'`, or give another "
            "folder with --run.",
            f"“{folder.root}”已有训练：用 `danlu resume '{folder.root}'` 继续，或用 --run 指定其他文件夹。",
        )
    require_name(folder.root)
    survey = survey_recipe(recipe)
    plan = plan_survey(survey)
    choose_compute(recipe.training.precision, recipe.training.device)
    require_space(folder.root, needed_bytes(plan))
    with at_work(folder):
        write_atomically(folder.recipe, render_recipe(recipe))
        write_atomically(folder.plan, plan.model_dump_json(indent=2))
        outcome = run_session(folder, survey, plan, listeners)
    remember_speed(recipe, folder, mean_pixels(survey.order))
    return folder, outcome


def resume(
    run: Path, *, extend: Length | None = None, accept_changes: bool = False, listeners: Sequence[Listener] = ()
) -> tuple[RunFolder, Outcome]:
    """Continue a run from its last saved state; the rest is what the uninterrupted run would have done.

    With `extend` it gets so much longer first, whether it is finished or not. Raises `UserError` if there is no run, if
    it is finished, if another process is at work on it, or if dataset, base or recipe changed since it was saved,
    unless that is accepted.
    """
    folder = RunFolder(run)
    require_run(folder)
    with at_work(folder):
        if is_finished(folder) and extend is None:
            raise UserError(
                f"'{run}' is finished: its adapter lies in '{folder.checkpoints}'. To train longer, give --extend, as "
                'in --extend "5 epochs".',
                f"“{run}”已经训练完成：LoRA 位于“{folder.checkpoints}”。如需更长的训练，请使用 --extend，"
                '例如 --extend "5 epochs"。',
            )
        survey = survey_recipe(load_recipe(folder.recipe), has_begun=has_state(folder.state))
        plan = plan_survey(survey)
        compute = choose_compute(survey.recipe.training.precision, survey.recipe.training.device)
        notes = check_sameness(folder, survey, compute.precision, accept=accept_changes)
        settle_plan(folder, plan, accept=accept_changes)
        if extend is not None:
            survey, plan = extend_run(folder, survey, extend)
        plan = plan.model_copy(update={"warnings": (*plan.warnings, *notes)})
        return folder, run_session(folder, survey, plan, listeners)


def new_run_path(parent: Path, name: str) -> Path:
    """`parent/name`, or with a number behind it if that is taken."""
    path, number = parent / name, 1
    while path.exists():
        number += 1
        path = parent / f"{name}-{number}"
    return path


def kept_adapters(folder: RunFolder) -> dict[int, Path]:
    """The adapter file of each kept epoch, by epoch; the final file under the last one."""
    found: dict[int, Path] = {}
    for event in read_journal(folder.journal):
        if isinstance(event, Checkpoint) and (folder.root / event.path).exists():
            found[event.epoch] = folder.root / event.path
    return found
