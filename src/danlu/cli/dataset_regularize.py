"""`danlu dataset regularize`: regularization pictures drawn by the base."""

from pathlib import Path

import click

from danlu.cli.base_options import base_options
from danlu.cli.datasets import read_size
from danlu.cli.drawing_options import drawing_options
from danlu.cli.output import progress, say
from danlu.cli.speech import Example, argument, command, option
from danlu.datasets.pictures import Size
from danlu.families.base import Prediction
from danlu.generation.prompts import Prompt
from danlu.kit.errors import UserError
from danlu.kit.language import Text
from danlu.kit.places import EMBEDDED_BASE

DATASET = Text("The dataset's folder.", "数据集文件夹。")
FOLDER = click.Path(path_type=Path)


@command(
    "regularize",
    Example(
        'danlu dataset regularize ./pictures --base ./sd15 --prompt "a portrait of a girl" --count auto',
        Text("as many as an epoch uses", "数量与每轮所需相同"),
    ),
    Example(
        'danlu dataset regularize ./pictures --prompt "1girl, {smile|serious}, {day|night}" --count 50 --name girl',
        Text("varied; each {…} is drawn anew", "带变化：每张重新抽取 {…}"),
    ),
)
@argument("dataset", text=DATASET, type=FOLDER)
@option(
    "--prompt", required=True, text=Text("The class, without what is to be learnt.", "类别的提示词，不含要学习的内容。")
)
@option(
    "--base",
    default=EMBEDDED_BASE,
    show_default=True,
    text=Text("The base that will be trained on.", "将用于训练的底模。"),
)
@base_options
@option(
    "--count",
    default="auto",
    show_default=True,
    text=Text("How many, or auto: as an epoch uses.", "张数；auto 与每轮所需相同。"),
)
@option("--name", text=Text("Name of the class's folder; default: of the prompt.", "类别文件夹名；默认取自提示词。"))
@drawing_options
@option("--dry-run", is_flag=True, text=Text("Only say what would be drawn.", "只说明将出哪些图。"))
def regularize(
    dataset: Path,
    *,
    prompt: str,
    base: str,
    vae: str | None,
    prediction: Prediction | None,
    count: str,
    name: str | None,
    negative: str,
    size: str | None,
    steps: int,
    cfg: float,
    sampler: str,
    seed: int,
    dry_run: bool,
) -> None:
    """Draw regularization pictures of a class with the base: training then keeps what the base knows of it.

    They come into reg/ of the dataset, each with its prompt as caption. Stop it and run it again: it goes on where it
    stopped. To take them back, delete their folder.
    中文: 用底模出某一类别的正则化图片，训练时用来防止污染底模。

    图片保存在数据集的 reg/ 中，提示词即标注。可随时中断，再次运行会继续；不需要时删除该文件夹即可。
    """
    from danlu.datasets.scan import scan_dataset
    from danlu.families.find import find_base
    from danlu.generation.prompt_options import with_options

    number = _read_count(count)
    found = find_base(base, vae=vae, prediction=prediction)
    side = found[1].native_px
    chosen = read_size(size, option="--size") if size else Size(side, side)
    from danlu.pipeline.regularize import draw_class_pictures, plan_class_pictures

    first = with_options(Prompt(prompt, negative, seed, chosen, steps, cfg, sampler))
    plan = plan_class_pictures(scan_dataset(dataset), found, first, count=number, name=name)
    total = len(plan.prompts) + plan.others
    if not dry_run:
        drawn = draw_class_pictures(plan, found, on_picture=progress(Text("Drawing", "出图")))
        say(
            Text(
                f"{plan.folder}: {drawn} drawn, {len(plan.drawn)} were there.",
                f"{plan.folder}：出图 {drawn} 张，已有 {len(plan.drawn)} 张。",
            )
        )
    else:
        missing = len(plan.prompts) - len(plan.drawn)
        say(Text(f"{plan.folder}: {missing} would be drawn.", f"{plan.folder}：将出图 {missing} 张。"))
    say(
        Text(
            f"The dataset has {total} regularization pictures; an epoch shows {plan.used} images of them, as many as "
            "of what is learnt.",
            f"数据集共有 {total} 张正则化图片；每轮展示 {plan.used} 张次，与训练图片相同。",
        )
    )


def _read_count(count: str) -> int | None:
    if count == "auto":
        return None
    if not count.isdecimal() or not 1 <= int(count) <= 10_000:
        raise UserError(
            f"--count {count} won't do: give a whole number from 1 to 10000, or auto.",
            f"--count {count} 不可用：请给出 1 到 10000 的整数，或 auto。",
        )
    return int(count)
