"""What evaluation found, in the shape in which the report and the command line show it: one row an epoch."""

from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from danlu.evaluation.report import EvaluationReport
from danlu.kit.language import Text, pick
from danlu.kit.quantities import figure, percent
from danlu.rundir.layout import RunFolder

HEADS = (
    Text("Epoch", "轮次"),
    Text("Trait recall", "特征还原度"),
    Text("Prompt control", "提示词控制"),
    Text("Leak", "泄漏"),
    Text("Copying", "照搬原图"),
    Text("Score", "得分"),
    Text("± Chance", "± 随机误差"),
    Text("Pictures", "图片数"),
)
LEGEND = (
    Text(
        "Trait recall: how much of what defines the concept appears when only the trigger word is prompted.",
        "特征还原度：只写触发词时，概念的固定特征出现的比例。",
    ),
    Text(
        "Prompt control: how often other prompted tags appear, relative to the base alone (100% = as often).",
        "提示词控制：其他提示标签出现的比例，以不加 LoRA 的底模为 100%。",
    ),
    Text(
        "Leak: how much more often than in the base the traits appear without the trigger word.",
        "泄漏：不写触发词时，固定特征比底模多出现的比例。",
    ),
    Text(
        "Copying: pictures that lie closer to a training picture than that picture's own nearest neighbour.",
        "照搬原图：与某张训练图的距离，比该图与其最近邻训练图还近的图片比例。",
    ),
)


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    cells: tuple[str, ...]
    best: bool = False


def evaluation_rows(report: EvaluationReport) -> list[Row]:
    """The base's line, then one for each epoch."""
    base = report.base
    blank = "–"
    of_base = (pick("Base", "底模"), percent(base.trait_recall), percent(1), *[blank] * 4, str(base.seeds))
    rows = [Row(of_base)]
    for one in report.epochs:
        best = one.epoch == report.best_epoch
        cells = (
            f"{one.epoch}{' ★' if best else ''}",
            percent(one.trait_recall),
            percent(one.prompt_control),
            percent(one.leak),
            percent(one.copying) if report.copying_measured else blank,
            figure(one.score),
            figure(one.noise),
            str(one.seeds),
        )
        rows.append(Row(cells, best))
    return rows


def read_evaluation(run: RunFolder) -> EvaluationReport | None:
    """The evaluation of a run, if there is one that can be read: `danlu evaluate` writes it anew."""
    try:
        return EvaluationReport.model_validate_json(run.evaluation.read_bytes())
    except (FileNotFoundError, ValidationError):
        return None


def evaluation_part(report: EvaluationReport | None) -> dict[str, Any] | None:
    """What the report's page needs to show an evaluation."""
    if report is None:
        return None
    traits = report.best.traits
    return {
        "verdict": str(report.reason),
        "heads": [str(head) for head in HEADS],
        "rows": evaluation_rows(report),
        "traits": [{"name": name, "share": share} for name, share in traits.items()],
        "legend": [str(line) for line in LEGEND],
        "notices": [str(notice) for notice in report.notices],
    }
