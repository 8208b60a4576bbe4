"""`danlu find-rate`: which learning rate suits these pictures, by D-Adaptation."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from danlu.cli.datasets import FOLDER
from danlu.cli.display import watching
from danlu.cli.output import keep_existing, note, say, say_table
from danlu.cli.recipes import RECIPE, SET
from danlu.cli.speech import Example, argument, command, option
from danlu.kit.language import Text

if TYPE_CHECKING:
    from danlu.experiments.rate import RateCurve

BAR_CELLS = 40
ROWS = 12


@command(
    "find-rate",
    Example("danlu find-rate recipe.toml", Text("recipe-adamw.toml, recipe-lion.toml", "得到两份新配方")),
    Example("danlu find-rate recipe.toml --steps 800 -o better", Text("longer, under another name", "更久，另取名称")),
)
@argument("recipe", text=RECIPE, type=FOLDER)
@option(
    "--steps",
    type=click.IntRange(min=20),
    default=200,
    show_default=True,
    text=Text("How long to search; a search that is there is made longer.", "搜索多少步；已有的搜索会接着延长。"),
)
@option(
    "--out",
    "-o",
    type=FOLDER,
    text=Text(
        "Name of the new recipes: NAME-adamw.toml and NAME-lion.toml; default: the recipe's own name.",
        "新配方的名称：名称-adamw.toml 与 名称-lion.toml；默认与原配方同名。",
    ),
)
@option(
    "--run",
    "folder",
    type=FOLDER,
    text=Text("Run folder; default: runs/NAME-rate.", "训练文件夹；默认 runs/名称-rate。"),
)
@option("--set", "overrides", multiple=True, metavar="KEY=VALUE", text=SET)
@option("--overwrite", is_flag=True, text=Text("Replace recipes that are there.", "若新配方已存在则覆盖。"))
def find_rate(
    recipe: Path,
    *,
    steps: int,
    out: Path | None,
    folder: Path | None,
    overrides: tuple[str, ...],
    overwrite: bool,
) -> None:
    """Find the learning rate for a recipe: train with D-Adaptation, see where d·lr settles, write recipes with it.

    Writes a recipe for AdamW with that rate and one for Lion with a third of it; your own recipe stays as it is. Ctrl-C
    saves and stops; the same command goes on from there.
    中文: 为配方寻找学习率：用 D-Adaptation 训练，看 d·lr 稳定在哪里，并写出使用它的配方。

    写出两份配方：AdamW 用该学习率，Lion 用其三分之一；原配方不变。按 Ctrl-C 会保存并停止；再次运行同一命令即可继续。
    """
    from danlu.experiments.found import found_paths, told_settled, write_chart, write_found
    from danlu.experiments.rate import find_rate as search
    from danlu.experiments.rate import search_recipe
    from danlu.pipeline.plan import make_plan
    from danlu.pipeline.report import write_report
    from danlu.recipe import load_recipe

    paths = found_paths(recipe, out)
    for path in paths:
        keep_existing(path, overwrite)
    loaded = load_recipe(recipe, overrides)
    make_plan(search_recipe(loaded, steps))  # a mistake is told before torch is even imported

    with watching() as listener:
        run, curve = search(loaded, steps=steps, run=folder, listeners=(listener,))
    if curve is None:
        note(Text("Run the same command again to go on.", "再次运行同一命令即可继续。"))
        return
    _say_curve(curve)
    say(told_settled(curve))
    if not curve.is_settled:
        longer = 2 * curve.steps[-1]
        say(Text(f"To go on: the same command with --steps {longer}.", f"继续搜索：同一命令加上 --steps {longer}。"))
    write_report(run)
    chart = write_chart(run, curve, loaded.name)
    adamw, lion = write_found(loaded, curve, run, paths)
    say(Text(f"Chart: {chart}", f"图表：{chart}"))
    say(f"AdamW {adamw.optimizer.lr:g}: {paths[0]}")
    say(f"Lion {lion.optimizer.lr:g}: {paths[1]}")
    say(Text(f"Next: danlu train {paths[0]}", f"下一步：danlu train {paths[0]}"))


def _say_curve(curve: "RateCurve") -> None:
    """The curve as a table with bars."""
    shown = _spread(len(curve.steps), ROWS)
    rows = [
        (curve.steps[place], f"{curve.rates[place]:.2e}", "█" * round(BAR_CELLS * curve.rates[place] / curve.rate))
        for place in shown
    ]
    say_table([Text("step", "步"), "d·lr", ""], rows)


def _spread(length: int, most: int) -> Sequence[int]:
    """At most so many places of a sequence, evenly spread, with its last one."""
    number = min(length, most)
    return [round((place + 1) * length / number) - 1 for place in range(number)]
