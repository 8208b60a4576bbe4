"""`danlu train` and `danlu resume` run a recipe, watch it, and say where things lie; `danlu stop`, `save` and `preview`
ask a run that is going on for something.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from danlu.cli.datasets import FOLDER
from danlu.cli.display import watching
from danlu.cli.output import note, say, warn
from danlu.cli.recipes import SET, tell_notice
from danlu.cli.speech import Example, argument, command, option
from danlu.kit.errors import UserError
from danlu.kit.language import Text
from danlu.rundir.control import ask
from danlu.rundir.events import Checkpoint
from danlu.rundir.journal import Listener, last_of
from danlu.rundir.layout import Request, RunFolder

if TYPE_CHECKING:
    from danlu.training.loop import Outcome

RUN = Text("The run's folder.", "训练文件夹。")


@command(
    "train",
    Example("danlu train recipe.toml", Text("into a new run folder", "在新的训练文件夹中进行")),
    Example(
        "danlu train ./pictures", Text("with the settings `danlu init` would choose", "使用 `danlu init` 选择的参数")
    ),
    Example(
        'danlu train recipe.toml --run runs/a --set training.length="20 epochs"',
        Text("one setting changed", "改一项设置"),
    ),
)
@argument(
    "recipe",
    text=Text(
        "Recipe file (TOML), as `danlu init` writes it, or a folder of pictures.",
        "配方文件（TOML，由 `danlu init` 生成），或图片文件夹。",
    ),
    type=FOLDER,
)
@option("--run", "folder", type=FOLDER, text=Text("Run folder; default: runs/NAME.", "训练文件夹；默认 runs/名称。"))
@option("--set", "overrides", multiple=True, metavar="KEY=VALUE", text=SET)
def train(recipe: Path, *, folder: Path | None, overrides: tuple[str, ...]) -> None:
    """Train a recipe. Ctrl-C saves and stops; `danlu resume` goes on from there, to exactly the same result.

    A folder of pictures is trained with the settings that `danlu init` would choose for it; the run's folder has them.
    中文: 按配方训练。按 Ctrl-C 会保存并停止；之后用 `danlu resume` 继续，结果与不中断完全一致。

    也可直接指定图片文件夹：使用 `danlu init` 会为它选择的参数，并保存在训练文件夹中。
    """
    from danlu.pipeline.plan import make_plan
    from danlu.pipeline.start import recipe_for
    from danlu.recipe import load_recipe

    loaded = recipe_for(recipe, overrides, on_notice=tell_notice) if recipe.is_dir() else load_recipe(recipe, overrides)
    for caution in make_plan(loaded).cautions:  # a mistake is told before torch is even imported
        warn(caution)

    from danlu.pipeline.train import train as start

    _watch(lambda listener: start(loaded, folder, listeners=(listener,)))


@command(
    "resume",
    Example("danlu resume runs/mychar-0412", Text("go on after Ctrl-C or a crash", "中断后继续")),
    Example('danlu resume runs/mychar-0412 --extend "5 epochs"', Text("train longer than planned", "延长训练")),
)
@argument("run", type=FOLDER, text=RUN)
@option(
    "--extend",
    metavar="LENGTH",
    text=Text(
        'Train this much longer than planned, as "5 epochs" or "300 steps"; also a finished run.',
        '比原计划多训练的长度，如 "5 epochs" 或 "300 steps"；已完成的训练也可延长。',
    ),
)
@option(
    "--accept-changes",
    is_flag=True,
    text=Text(
        "Go on although pictures, captions, the base or settings changed since it was saved.",
        "即使保存之后图片、标注、底模或设置有改动，也继续训练。",
    ),
)
def resume(run: Path, *, extend: str | None, accept_changes: bool) -> None:
    """Go on with a run that was stopped or that crashed, from its last saved state.

    With --extend it gets longer. Schedules `constant` and `inverse_sqrt` go on as they were; the others are computed
    over the whole new length, so the rate rises again where it had come down. Files of the run are never overwritten.

    The result is that of the uninterrupted run. What changed since it was saved is named instead of trained, unless it
    is accepted.
    中文: 从最近保存的状态继续被停止或意外中断的训练。

    使用 --extend 可延长训练。constant 与 inverse_sqrt 的学习率照原样继续；其他调度器按新的总长度重新计算，
    已降下的学习率会再次升高。训练中已有的文件不会被覆盖。

    结果与不中断的训练完全一致。如果保存之后有改动，会列出改动而不继续，除非接受改动。
    """
    from danlu.kit.lengths import Length

    try:
        longer = None if extend is None else Length.parse(extend)
    except ValueError as error:
        en, _, zh = str(error).partition("|")
        raise UserError(f"--extend '{extend}': {en}.", f"--extend“{extend}”：{zh}。") from error
    from danlu.pipeline.train import resume as go_on

    _watch(lambda listener: go_on(run, extend=longer, accept_changes=accept_changes, listeners=(listener,)))


@command("stop", Example("danlu stop runs/mychar-0412", Text("from another terminal", "在另一个终端中")))
@argument("run", type=FOLDER, text=RUN)
def stop(run: Path) -> None:
    """Ask a running training to save and end after its current step; `danlu resume` goes on from there.

    中文: 请求正在进行的训练在当前步之后保存并停止；之后可用 `danlu resume` 继续。
    """
    _ask(run, "stop", Text("Asked: it saves and stops after its current step.", "已请求：当前步完成后保存并停止。"))


@command("save", Example("danlu save runs/mychar-0412", Text("an adapter file now", "立即保存 LoRA 文件")))
@argument("run", type=FOLDER, text=RUN)
def save(run: Path) -> None:
    """Ask a running training to save its adapter, and the state to resume from, after its current step.

    中文: 请求正在进行的训练在当前步之后保存 LoRA 和续训状态。
    """
    _ask(run, "save", Text("Asked: it saves after its current step.", "已请求：当前步完成后保存。"))


@command("preview", Example("danlu preview runs/mychar-0412", Text("pictures now", "立即出预览图")))
@argument("run", type=FOLDER, text=RUN)
def preview(run: Path) -> None:
    """Ask a running training to draw its previews after its current step, also where the recipe says never.

    中文: 请求正在进行的训练在当前步之后出预览图；即使配方中预览为 never 也可以。
    """
    _ask(run, "preview", Text("Asked: it draws after its current step.", "已请求：当前步完成后出预览图。"))


def _ask(run: Path, request: Request, done: Text) -> None:
    ask(RunFolder(run), request)
    note(done)


def _watch(begin: "Callable[[Listener], tuple[RunFolder, Outcome]]") -> None:
    """Run a training under a display, write its report, and tell what came out."""
    from danlu.pipeline.report import write_report

    with watching() as listener:
        run, outcome = begin(listener)
    write_report(run)
    if outcome == "stopped":
        note(Text(f"Go on with: danlu resume {run.root}", f"继续训练：danlu resume {run.root}"))
        return
    saved = last_of(run.journal, Checkpoint)
    if saved:
        say(Text(f"LoRA: {run.root / saved.path}", f"LoRA 文件：{run.root / saved.path}"))
    say(Text(f"Report: {run.report}", f"训练报告：{run.report}"))
    note(Text(f"Measure it: danlu evaluate {run.root}", f"检验效果：danlu evaluate {run.root}"))
