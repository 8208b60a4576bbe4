"""`danlu train` and `danlu resume`: run a recipe, watch it, and say where things lie."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from danlu.cli.datasets import FOLDER
from danlu.cli.display import watching
from danlu.cli.output import note, say
from danlu.cli.recipes import RECIPE, SET
from danlu.cli.speech import Example, argument, command, option
from danlu.kit.language import Text
from danlu.rundir.events import Checkpoint
from danlu.rundir.journal import Listener, last_of

if TYPE_CHECKING:
    from danlu.rundir.layout import RunFolder
    from danlu.training.loop import Outcome


@command(
    "train",
    Example("danlu train recipe.toml", Text("into a new run folder", "在新的训练文件夹中进行")),
    Example(
        'danlu train recipe.toml --run runs/a --set training.length="20 epochs"',
        Text("one setting changed", "改一项设置"),
    ),
)
@argument("recipe", text=RECIPE, type=FOLDER)
@option("--run", "folder", type=FOLDER, text=Text("Run folder; default: runs/NAME.", "训练文件夹；默认 runs/名称。"))
@option("--set", "overrides", multiple=True, metavar="KEY=VALUE", text=SET)
def train(recipe: Path, *, folder: Path | None, overrides: tuple[str, ...]) -> None:
    """Train a recipe. Ctrl-C saves and stops; `danlu resume` goes on from there, to exactly the same result.

    中文: 按配方训练。按 Ctrl-C 会保存并停止；之后用 `danlu resume` 继续，结果与不中断完全一致。
    """
    from danlu.pipeline.plan import make_plan
    from danlu.recipe import load_recipe

    loaded = load_recipe(recipe, overrides)
    make_plan(loaded)  # a mistake is told before torch is even imported

    from danlu.pipeline.train import train as start

    _watch(lambda listener: start(loaded, folder, listeners=(listener,)))


@command("resume", Example("danlu resume runs/mychar-0412", Text("go on after Ctrl-C or a crash", "中断后继续")))
@argument("run", type=FOLDER, text=Text("The run's folder.", "训练文件夹。"))
def resume(run: Path) -> None:
    """Go on with a run that was stopped or that crashed, from its last saved state.

    中文: 从最近保存的状态继续被停止或意外中断的训练。
    """
    from danlu.pipeline.train import resume as go_on

    _watch(lambda listener: go_on(run, listeners=(listener,)))


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
