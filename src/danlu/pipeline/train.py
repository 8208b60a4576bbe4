"""A recipe becomes a run: survey, plan, prepare, train, report. The composition root of the engine.

The run folder is all that is left behind; `resume` needs nothing else.
"""

import json
import signal
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from danlu.kit.errors import UserError
from danlu.kit.files import require_space, write_atomically
from danlu.pipeline.assembly import Assembly, assemble
from danlu.pipeline.plan import Plan, mean_pixels, plan_survey
from danlu.pipeline.speeds import remember_speed
from danlu.pipeline.survey import survey_recipe
from danlu.pipeline.tensorboard import TensorBoardLog
from danlu.recipe import Recipe, load_recipe, render_recipe
from danlu.rundir.events import Checkpoint, Ended, Failed, Skipped, Started, Step, Warned
from danlu.rundir.journal import Journal, Listener, last_of, read_journal
from danlu.rundir.layout import RunFolder
from danlu.training.groups import group_table
from danlu.training.loop import Outcome

SPARE_BYTES = 64 << 20


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
    require_space(folder.root, _needed_bytes(plan))
    write_atomically(folder.recipe, render_recipe(recipe))
    write_atomically(folder.plan, plan.model_dump_json(indent=2))
    outcome = _run(folder, lambda journal: assemble(survey, folder, journal), plan, listeners)
    remember_speed(recipe, folder, mean_pixels(survey.order))
    return folder, outcome


def resume(run: Path, *, listeners: Sequence[Listener] = ()) -> tuple[RunFolder, Outcome]:
    """Continue a run from its last saved state; the rest is what the uninterrupted run would have done."""
    folder = RunFolder(run)
    if not folder.recipe.exists() or not folder.plan.exists():
        raise UserError(
            f"'{run}' holds no run: give the folder that `danlu train` made.",
            f"“{run}”中没有训练：请给出 `danlu train` 生成的文件夹。",
        )
    if is_finished(folder):
        raise UserError(
            f"'{run}' is finished: its adapter lies in '{folder.checkpoints}'. To train longer, start a new run.",
            f"“{run}”已经训练完成：LoRA 位于“{folder.checkpoints}”。如需更长的训练，请新建一次训练。",
        )
    recipe = load_recipe(folder.recipe)
    survey = survey_recipe(recipe)
    plan = plan_survey(survey)
    _require_same(json.loads(folder.plan.read_text("utf-8")), plan, run)
    return folder, _run(folder, lambda journal: assemble(survey, folder, journal), plan, listeners)


def is_finished(folder: RunFolder) -> bool:
    """Whether a run has done all its steps."""
    ended = last_of(folder.journal, Ended)
    return ended is not None and ended.outcome == "finished"


def new_run_path(parent: Path, name: str) -> Path:
    """`parent/name`, or with a number behind it if that is taken."""
    path, number = parent / name, 1
    while path.exists():
        number += 1
        path = parent / f"{name}-{number}"
    return path


def _run(
    folder: RunFolder, assembled: Callable[[Journal], Assembly], plan: Plan, listeners: Sequence[Listener]
) -> Outcome:
    folder.request("stop").unlink(missing_ok=True)
    curves = TensorBoardLog(folder.logs)
    journal = Journal(folder.journal, curves, *listeners)
    with _stop_on_interrupt() as interrupted:
        try:
            for warning in plan.warnings:
                journal.write(Warned(en=warning.en, zh=warning.zh))
            assembly = assembled(journal)
            loop = assembly.loop
            loop.must_stop = lambda: interrupted() or folder.request("stop").exists()
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
            assembly.previews.draw_base()
            if loop.step == 0:
                assembly.validator.measure_start()
            outcome = loop.run()
            journal.write(Ended(step=loop.step, outcome=outcome, training_seconds=training_seconds(folder)))
            return outcome
        except BaseException as error:
            journal.write(Failed(message=str(error) or type(error).__name__))
            raise
        finally:
            folder.request("stop").unlink(missing_ok=True)
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


def _needed_bytes(plan: Plan) -> int:
    state = plan.trained_parameters * 4 * 3
    return (plan.checkpoints + 2) * plan.file_bytes + 2 * state + SPARE_BYTES


def _require_same(before: dict[str, object], plan: Plan, run: Path) -> None:
    """A run goes on only with the dataset that it began with: its order of pictures follows from it."""
    now = json.loads(plan.model_dump_json())
    kept = ("concepts", "buckets", "total_steps", "held_out")
    changed = [key for key in kept if before.get(key, []) != now[key]]
    if changed:
        raise UserError(
            f"'{run}' can't be continued: its dataset changed since it began ({', '.join(changed)} differ from "
            "plan.json). Undo the change, or start a new run.",
            f"无法继续“{run}”：数据集在训练开始后有改动（{'、'.join(changed)} 与 plan.json 不同）。"
            "请撤销改动，或新建训练。",
        )
