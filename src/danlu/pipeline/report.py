"""`report.html`: one file that shows a run to people: figures, curves, previews, evaluation, dataset, settings.

Everything is read from the run folder (and the dataset's pictures, if they are still there); the page carries its
pictures within itself, needs no network and no script, and is in the language that is on when it is written.
"""

import json
import tomllib
from collections.abc import Sequence
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader

from danlu.kit.files import write_atomically
from danlu.kit.language import Text, language, pick
from danlu.kit.quantities import format_bytes
from danlu.pipeline.charts import Line, line_chart, smooth
from danlu.pipeline.gallery import crop_cells, preview_matrix
from danlu.pipeline.plan import Plan, read_plan
from danlu.pipeline.verdict import evaluation_part, read_evaluation
from danlu.rundir.events import AnyEvent, Checkpoint, Ended, Failed, Skipped, Started, Step, Validation, Warned
from danlu.rundir.journal import read_journal
from danlu.rundir.layout import RunFolder

TITLES = {
    "title": Text("training report", "训练报告"),
    "evaluation": Text("Evaluation", "评估"),
    "previews": Text("Previews", "预览"),
    "previews_help": Text(
        "The same prompts and seeds in every column; the first is the base without the LoRA.",
        "每列使用相同的提示词和种子；第一列是不加 LoRA 的底模。",
    ),
    "curves": Text("Curves", "曲线"),
    "dataset": Text("Dataset", "数据集"),
    "crops": Text("Pictures, crops and captions", "图片、裁剪与标注"),
    "notes": Text("Notes", "注意事项"),
    "settings": Text("Settings", "全部设置"),
}
STYLES = ("a", "b", "c")
MOST_NAMES = 12
RATE_NAMES = {
    "unet": Text("U-Net", "U-Net"),
    "text_encoder": Text("text encoder", "文本编码器"),
    "text_encoder_2": Text("text encoder 2", "文本编码器 2"),
}


def write_report(run: RunFolder) -> Path:
    """Write `report.html` of a run, finished or not; returns its path."""
    events = list(read_journal(run.journal))
    plan = read_plan(run)
    recipe = tomllib.loads(run.recipe.read_text("utf-8"))
    steps = _last_of_each_step(events)
    evaluation = read_evaluation(run)
    page = _template().render(
        lang="zh-CN" if language() == "zh" else "en",
        t={key: str(text) for key, text in TITLES.items()},
        name=plan.name,
        summary=_summary(plan, events),
        figures=_figures(run, plan, events, steps),
        evaluation=evaluation_part(evaluation),
        previews=preview_matrix(run, evaluation.best_epoch if evaluation else None),
        charts=_charts(steps, _validations(events)),
        groups=_groups(events),
        arithmetic=str(plan.arithmetic),
        concepts=_concepts(plan),
        crops=crop_cells(recipe),
        cautions=[str(one) for one in plan.cautions],
        warnings=_warnings(events),
        settings=_settings(recipe),
        footer=pick(f"Written by Danlu {version('danlu')}.", f"由丹炉 {version('danlu')} 生成。"),
    )
    write_atomically(run.report, page)
    return run.report


def _template() -> Any:
    return Environment(loader=PackageLoader("danlu.pipeline", "."), autoescape=True).get_template("report.html.jinja")


def _last_of_each_step(events: Sequence[AnyEvent]) -> list[Step]:
    """Steps in order; one that was done again after a crash counts once."""
    by_number = {event.step: event for event in events if isinstance(event, Step)}
    return [by_number[number] for number in sorted(by_number)]


def _summary(plan: Plan, events: Sequence[AnyEvent]) -> str:
    last = next((event for event in reversed(events) if isinstance(event, Ended | Failed | Started)), None)
    if isinstance(last, Ended):
        finished = last.outcome == "finished"
        state = pick("finished", "已完成") if finished else pick("stopped, can be resumed", "已停止，可继续")
    elif isinstance(last, Failed):
        state = pick(f"failed: {last.message}", f"失败：{last.message}")
    else:
        state = pick("running or interrupted", "进行中或已中断")
    return pick(
        f"LoRA for {plan.base} ({plan.family}) · {state}", f"底模 {plan.base}（{plan.family}）的 LoRA · {state}"
    )


def _figures(run: RunFolder, plan: Plan, events: Sequence[AnyEvent], steps: Sequence[Step]) -> list[dict[str, str]]:
    seconds = sum(step.seconds for step in steps)
    images = sum(step.images for step in steps)
    started = next((event for event in reversed(events) if isinstance(event, Started)), None)
    final = next((event for event in reversed(events) if isinstance(event, Checkpoint)), None)
    pictures = sum(concept.pictures for concept in plan.concepts)
    shown = [
        (Text("pictures", "图片"), str(pictures)),
        (Text("steps", "步数"), f"{_steps_done(events)} / {plan.total_steps}"),
        (Text("epochs", "轮数"), str(plan.epochs)),
        (Text("training time", "训练用时"), f"{int(seconds // 60)}:{int(seconds % 60):02}"),
        (Text("images per second", "每秒张数"), f"{images / seconds:.2f}" if seconds else "–"),
        (Text("device", "设备"), f"{started.device} · {started.precision}" if started else "–"),
    ]
    if final and (run.root / final.path).exists():
        size = format_bytes((run.root / final.path).stat().st_size)
        shown.append((Text("LoRA file", "LoRA 文件"), size))
    return [{"title": str(title), "value": value} for title, value in shown]


def _steps_done(events: Sequence[AnyEvent]) -> int:
    """With those that were left out: a run has all its planned steps behind it when it is finished."""
    return len({event.step for event in events if isinstance(event, Step | Skipped)})


def _validations(events: Sequence[AnyEvent]) -> list[tuple[float, float]]:
    """The loss on held-out pictures by step; what was measured again after a crash counts once."""
    by_step = {event.step: event.loss for event in events if isinstance(event, Validation)}
    return [(float(step), by_step[step]) for step in sorted(by_step)]


def _charts(steps: Sequence[Step], validations: Sequence[tuple[float, float]]) -> list[dict[str, Any]]:
    if not steps:
        return []
    from markupsafe import Markup

    ends = [float(one.step) for one, after in pairwise(steps) if after.epoch != one.epoch]
    # With many epochs the marks would fill the chart.
    marks = ends if len(ends) <= 40 else []
    step_label = pick("step", "步")
    span = max(10, len(steps) // 20)
    losses = [step.loss for step in steps]
    loss = [
        Line(pick("each step", "每步"), [(step.step, step.loss) for step in steps], "faint"),
        Line(pick("smoothed", "平滑"), _points(steps, smooth(losses, span)), "a"),
    ]
    if validations:
        loss.append(Line(pick("held-out pictures", "验证集"), validations, "b"))
    # The first group of each component: the rates of its others are fixed multiples of that one's.
    names: dict[str, str] = {}
    for name in steps[-1].rates:
        names.setdefault(name.partition(" ")[0], name)
    rates = [
        Line(_group_name(name), _points(steps, [step.rates.get(name, 0.0) for step in steps]), style)
        for name, style in zip(names.values(), STYLES, strict=False)
    ]
    charts = [(pick("Loss", "Loss"), loss), (pick("Learning rate", "学习率"), rates)]
    return [
        {
            "title": title,
            "legend": [
                {"label": line.label, "style": "a" if line.style == "faint" else line.style}
                for line in lines
                if line.style != "faint"
            ],
            "svg": Markup(line_chart(lines, x_label=step_label, marks=marks)),  # our own text, escaped there
        }
        for title, lines in charts
    ]


def _groups(events: Sequence[AnyEvent]) -> dict[str, Any] | None:
    """The table of what is trained at which rate; None for runs of versions that didn't tell."""
    started = next((event for event in reversed(events) if isinstance(event, Started)), None)
    if started is None or not started.groups:
        return None
    heads = [
        pick("trained", "训练对象"),
        pick("numbers", "参数"),
        pick("rate", "学习率"),
        pick("weight decay", "权重衰减"),
    ]
    rows = [
        (_group_name(group.name), f"{group.numbers:,}", f"{group.rate:g}", f"{group.weight_decay:g}")
        for group in started.groups
    ]
    return {"heads": heads, "rows": rows}


def _group_name(name: str) -> str:
    component, space, rest = name.partition(" ")
    return f"{RATE_NAMES.get(component, component)}{space}{rest}"


def _points(steps: Sequence[Step], values: Sequence[float]) -> list[tuple[float, float]]:
    return [(float(step.step), value) for step, value in zip(steps, values, strict=True)]


def _concepts(plan: Plan) -> dict[str, Any]:
    heads = [
        pick("concept", "概念"),
        pick("pictures", "图片"),
        pick("repeats", "重复"),
        pick("trigger", "触发词"),
        pick("traits of the trigger", "触发词吸收的特征"),
    ]
    rows = [
        (
            f"{one.name}{pick(' (regularization)', '（正则化）') if one.regularization else ''}",
            one.pictures,
            one.repeats,
            one.trigger or "–",
            ", ".join(one.traits) or "–",
        )
        for one in plan.concepts
    ]
    return {"heads": heads, "rows": rows}


def _warnings(events: Sequence[AnyEvent]) -> list[str]:
    """Each warning once, though every resume says it again; and of the steps that were left out, which pictures."""
    told = dict.fromkeys(pick(event.en, event.zh) for event in events if isinstance(event, Warned))
    skipped = {event.step: event for event in events if isinstance(event, Skipped)}
    names = list(dict.fromkeys(name for event in skipped.values() for name in event.pictures))
    if not skipped:
        return list(told)
    listed = ", ".join(names[:MOST_NAMES]) + (" …" if len(names) > MOST_NAMES else "")
    left_out = pick(
        f"{len(skipped)} steps were left out because their loss or gradient wasn't finite: {listed}",
        f"有 {len(skipped)} 步因 Loss 或梯度不是有限数值而跳过：{listed}",
    )
    return [*told, left_out]


def _settings(recipe: dict[str, Any]) -> list[dict[str, Any]]:
    """The recipe's tables, flat, in their order."""
    tables: list[dict[str, Any]] = []

    def walk(title: str, table: dict[str, Any]) -> None:
        rows = [
            (key, json.dumps(value, ensure_ascii=False)) for key, value in table.items() if not isinstance(value, dict)
        ]
        if rows:
            tables.append({"title": title or pick("recipe", "配方"), "rows": rows})
        for key, value in table.items():
            if isinstance(value, dict):
                walk(f"{title}.{key}".strip("."), value)

    walk("", recipe)
    return tables
