"""A recipe becomes a run: survey, plan, prepare, train, report. The composition root of the engine.

The run folder is all that is left behind; `resume` needs nothing else.
"""

import signal
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from danlu.kit.errors import UserError
from danlu.kit.files import require_space, write_atomically
from danlu.kit.lengths import Length
from danlu.pipeline.assembly import assemble
from danlu.pipeline.continuation import extend_run, is_finished, needed_bytes, settle_plan
from danlu.pipeline.plan import Plan, mean_pixels, plan_survey
from danlu.pipeline.speeds import remember_speed
from danlu.pipeline.survey import Survey, survey_recipe
from danlu.pipeline.tensorboard import TensorBoardLog
from danlu.pipeline.whole_checkpoint import write_whole_checkpoint
from danlu.recipe import Recipe, load_recipe, render_recipe
from danlu.rundir.control import at_work, is_asked, require_run
from danlu.rundir.events import Checkpoint, Ended, Failed, Skipped, Started, Step, Warned
from danlu.rundir.journal import Journal, Listener, read_journal
from danlu.rundir.layout import RunFolder
from danlu.training.groups import group_table
from danlu.training.loop import Outcome
from danlu.training.memory import keep_freed_memory
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
    survey = survey_recipe(recipe)
    plan = plan_survey(survey)
    choose_compute(recipe.training.precision, recipe.training.device)
    require_space(folder.root, needed_bytes(plan))
    with at_work(folder):
        write_atomically(folder.recipe, render_recipe(recipe))
        write_atomically(folder.plan, plan.model_dump_json(indent=2))
        outcome = _run(folder, survey, plan, listeners)
    remember_speed(recipe, folder, mean_pixels(survey.order))
    return folder, outcome


def resume(run: Path, *, extend: Length | None = None, listeners: Sequence[Listener] = ()) -> tuple[RunFolder, Outcome]:
    """Continue a run from its last saved state; the rest is what the uninterrupted run would have done.

    With `extend` it gets so much longer first, whether it is finished or not. Raises `UserError` if there is no run, if
    it is finished, if its dataset has changed, or if another process is at work on it.
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
        survey = survey_recipe(load_recipe(folder.recipe))
        plan = plan_survey(survey)
        settle_plan(folder, plan)
        if extend is not None:
            survey, plan = extend_run(folder, survey, extend)
        return folder, _run(folder, survey, plan, listeners)


def new_run_path(parent: Path, name: str) -> Path:
    """`parent/name`, or with a number behind it if that is taken."""
    path, number = parent / name, 1
    while path.exists():
        number += 1
        path = parent / f"{name}-{number}"
    return path


def _run(folder: RunFolder, survey: Survey, plan: Plan, listeners: Sequence[Listener]) -> Outcome:
    keep_freed_memory()
    curves = TensorBoardLog(folder.logs)
    journal = Journal(folder.journal, curves, *listeners)
    with _stop_on_interrupt() as interrupted:
        try:
            for warning in plan.warnings:
                journal.write(Warned(en=warning.en, zh=warning.zh))
            assembly = assemble(survey, folder, journal)
            loop = assembly.loop
            loop.must_stop = lambda: interrupted() or is_asked(folder, "stop")
            journal.write(
                Started(
                    step=loop.step,
                    total_steps=plan.total_steps,
                    epochs=plan.epochs,
                    device=assembly.compute.device,
                    precision=assembly.compute.precision,
                    groups=group_table(loop.optimizer),
                )
            )
            assembly.previews.begin()
            if loop.step == 0:
                assembly.validator.measure_start()
            outcome = loop.run()
            if outcome == "finished":
                held, averaged = assembly.injection, assembly.averaged
                write_whole_checkpoint(survey, folder, journal, injection=held, averaged=averaged)
            journal.write(Ended(step=loop.step, outcome=outcome, training_seconds=training_seconds(folder)))
            return outcome
        except BaseException as error:
            with suppress(UserError):  # a full disk may not take this line either: the error itself matters more
                journal.write(Failed(message=str(error) or type(error).__name__))
            raise
        finally:
            journal.close()
            curves.close()


def training_seconds(folder: RunFolder) -> float:
    """The time of all steps of a run, also of those that were left out (one done again after a crash counts once)."""
    seconds: dict[int, float] = {}
    for event in read_journal(folder.journal):
        if isinstance(event, Step | Skipped):
            seconds[event.step] = event.seconds
    return sum(seconds.values())


def kept_adapters(folder: RunFolder) -> dict[int, Path]:
    """The adapter file of each kept epoch, by epoch; the final file under the last one."""
    found: dict[int, Path] = {}
    for event in read_journal(folder.journal):
        if isinstance(event, Checkpoint) and (folder.root / event.path).exists():
            found[event.epoch] = folder.root / event.path
    return found


@contextmanager
def _stop_on_interrupt() -> Generator[Callable[[], bool]]:
    """The first Ctrl-C (or SIGTERM) asks the loop to save and stop after its step; the second ends at once."""
    asked_at: list[float] = []

    def ask(_signal: int, _frame: FrameType | None) -> None:
        if asked_at:
            raise KeyboardInterrupt
        asked_at.append(time.monotonic())

    kinds = (signal.SIGINT, signal.SIGTERM)
    try:
        before = {kind: signal.signal(kind, ask) for kind in kinds}
    except ValueError:  # not the main thread: whoever runs us there asks by the request file
        before = {}
    try:
        yield lambda: bool(asked_at)
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)
