"""`danlu evaluate`: has it learnt, does it still obey, which epoch is best?"""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from danlu.cli.base_options import base_options
from danlu.cli.datasets import FOLDER
from danlu.cli.output import note, progress, say, say_json, say_table
from danlu.cli.speech import JSON_HELP, Example, argument, command, option
from danlu.families.base import Prediction
from danlu.kit.language import Text
from danlu.kit.places import EMBEDDED_TAGGER
from danlu.rundir.layout import RunFolder

if TYPE_CHECKING:
    from danlu.evaluation.report import EvaluationReport


@command(
    "evaluate",
    Example("danlu evaluate runs/mychar", Text("every kept epoch, and which is best", "比较所有保留的轮次并选出最佳")),
    Example("danlu evaluate mychar.safetensors --json", Text("one file", "单个 LoRA 文件")),
)
@argument(
    "target",
    metavar="RUN_OR_ADAPTER",
    type=FOLDER,
    text=Text("Run folder or adapter file.", "训练文件夹或 LoRA 文件。"),
)
@option("--tagger", default=EMBEDDED_TAGGER, show_default=True, text=Text("Folder of the tagger.", "打标器文件夹。"))
@option(
    "--seeds",
    type=click.IntRange(4, 4096),
    default=64,
    show_default=True,
    text=Text("Pictures for each figure.", "每项指标使用的图片数。"),
)
@option(
    "--base",
    text=Text("Judge on this base; default: the one it was trained for.", "评估所用底模；默认为训练时的底模。"),
)
@base_options
@option("--json", "as_json", is_flag=True, text=JSON_HELP)
def evaluate(
    target: Path,
    *,
    tagger: str,
    seeds: int,
    base: str | None,
    vae: str | None,
    prediction: Prediction | None,
    as_json: bool,
) -> None:
    """Measure what a LoRA has learnt, with a tagger, on fixed seeds, beside the base.

    Trait recall: the concept's constant tags appear when only the trigger is prompted. Prompt control: prompted tags
    appear, relative to the base. Leak: the traits appear without the trigger. Copying: pictures nearer to a training
    picture than that picture's own nearest neighbour.
    中文: 用打标器在固定种子上检验 LoRA 学到了什么，并与底模对照。

    特征还原度：只写触发词时，概念的固定特征是否出现。提示词控制：写出的标签是否出现（相对底模）。泄漏：不写触发词时特征是否出现。
    照搬原图：出图与训练图过于接近的比例。
    """
    from danlu.evaluation.report import EvaluationSettings
    from danlu.pipeline.evaluate import OtherBase, evaluate_target
    from danlu.pipeline.report import write_report

    shown = progress(Text("Drawing and tagging", "出图并打标"))
    settings = EvaluationSettings(seeds=seeds, screening=min(16, seeds))
    given = OtherBase(base, vae, prediction)
    report = evaluate_target(target, tagger=tagger, settings=settings, base=given, on_progress=shown)
    if target.is_dir():
        write_report(RunFolder(target))
    if as_json:
        say_json(report.model_dump(mode="json"))
    else:
        say_evaluation(report)


def say_evaluation(report: "EvaluationReport") -> None:
    """The table of epochs, which is best, and why."""
    from danlu.pipeline.verdict import HEADS, evaluation_rows

    say_table(HEADS, [row.cells for row in evaluation_rows(report)])
    say()
    say(report.reason)
    for notice in report.notices:
        note(notice)
