"""`danlu dataset check` and `danlu dataset fix`: what is wrong with a dataset, and mending it."""

import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from danlu.cli.output import note, progress, say, say_json, say_title
from danlu.cli.speech import JSON_HELP, Example, argument, command, option
from danlu.kit.errors import UserError
from danlu.kit.language import Text
from danlu.kit.places import EMBEDDED_BASE

if TYPE_CHECKING:
    from danlu.health.base import Target
    from danlu.health.examine import Report
    from danlu.health.findings import Finding

DATASET = Text("The dataset's folder.", "数据集文件夹。")
FOLDER = click.Path(path_type=Path)
FILE = click.Path(path_type=Path, dir_okay=False)
SHOWN = 3
"""So many findings of a check are told on the terminal; the page and the JSON have all."""
F = TypeVar("F", bound=Callable[..., object])


def _target_options(function: F) -> F:
    """What pictures are judged by, for both commands."""
    for add in (
        option("--base", default=EMBEDDED_BASE, show_default=True, text=Text("The base to train.", "要训练的底模。")),
        option(
            "--resolution",
            type=click.IntRange(32, 8192),
            text=Text("Training size in pixels; default: the base's own.", "训练分辨率（像素）；默认取底模的。"),
        ),
        option(
            "--nsfw-model",
            type=FILE,
            text=Text(
                "Detector for what isn't safe for work, as NudeNet's 320n.onnx; default: none.",
                "NSFW 检测模型，如 NudeNet 的 320n.onnx；默认不检测。",
            ),
        ),
    )[::-1]:
        function = add(function)
    return function


@command(
    "check",
    Example("danlu dataset check ./pictures --base ./sd15", Text("for this base", "按该底模检查")),
    Example("danlu dataset check ./pictures --html health.html", Text("and a page of pictures", "并生成图片网页")),
)
@argument("dataset", text=DATASET, type=FOLDER)
@_target_options
@option("--html", type=FILE, text=Text("Page of pictures to write; default: none.", "图片网页的保存位置；默认不写。"))
@option("--json", "as_json", is_flag=True, text=JSON_HELP)
def check(
    dataset: Path,
    *,
    base: str,
    resolution: int | None,
    nsfw_model: Path | None,
    html: Path | None,
    as_json: bool,
) -> None:
    """Tell what is wrong with the pictures and captions of a dataset, and how to fix it.

    Nothing is changed. Each finding names the command that fixes it.
    中文: 检查数据集的图片与标注有哪些问题，以及如何修复。

    不会改动任何文件；每项结果都会给出修复命令。
    """
    report = _examine(dataset, base, resolution, nsfw_model)
    options = _options(base, resolution, nsfw_model)
    if html:
        from danlu.health.page import write_page

        write_page(report, html, options)
    if as_json:
        say_json(_as_dict(report))
        return
    _say_report(report, options)
    if html:
        say(Text(f"Page: {html}", f"网页：{html}"))


@command(
    "fix",
    Example("danlu dataset fix ./pictures --dry-run", Text("show what would change", "先看会改什么")),
    Example("danlu dataset fix ./pictures blurred --picture a.png", Text("one check, one picture", "只修一项、一张")),
)
@argument("dataset", text=DATASET, type=FOLDER)
@argument(
    "checks",
    nargs=-1,
    metavar="[CHECK]...",
    text=Text("What to fix; without names, all that is safe.", "要修复的检查项；不写则执行所有稳妥的修复。"),
)
@option("--picture", "pictures", multiple=True, text=Text("Only this picture; repeatable.", "只处理该图片；可重复。"))
@_target_options
@option("--dry-run", is_flag=True, text=Text("Show the changes and write nothing.", "只显示改动，不写入。"))
def fix(
    dataset: Path,
    *,
    checks: tuple[str, ...],
    pictures: tuple[str, ...],
    base: str,
    resolution: int | None,
    nsfw_model: Path | None,
    dry_run: bool,
) -> None:
    """Fix what `danlu dataset check` finds: leave pictures out, set crop boxes, rewrite captions.

    Only captions and danlu.toml change, never a picture; `danlu dataset undo` takes it back.
    中文: 修复 `danlu dataset check` 发现的问题：排除图片、设置裁剪框、改写标注。

    只改动标注和 danlu.toml，绝不改动图片；可用 `danlu dataset undo` 撤销。
    """
    from danlu.health.mending import choose_fixes, contents_of, differences, mend

    report = _examine(dataset, base, resolution, nsfw_model)
    chosen = choose_fixes(report, checks, pictures)
    for finding in chosen:
        if finding.fix:
            say(f"{finding.picture}: {finding.fix.title} ({finding.check})")
    if not chosen:
        say(Text("There is nothing to fix.", "没有需要修复的。"))
    elif dry_run:
        say(differences(dataset, contents_of(report, chosen)))
    elif mend(report, chosen):
        say(
            Text(
                f"Fixed {len(chosen)} findings; `danlu dataset undo {_quoted(dataset)}` takes it back.",
                f"已修复 {len(chosen)} 处；可用 `danlu dataset undo {_quoted(dataset)}` 撤销。",
            )
        )
    _say_rest(report, chosen, checks)


def _say_rest(report: "Report", chosen: "Sequence[Finding]", checks: Sequence[str]) -> None:
    """After safe fixes: which others there are, that must be asked for."""
    asked = sorted({one.check for one in report.findings if one.fix and not one.fix.safe and one not in chosen})
    if asked and not checks:
        say(
            Text(
                f"Not fixed unless you name them: {', '.join(asked)}.",
                f"以下各项需指明名称才会修复：{'、'.join(asked)}。",
            )
        )


def _examine(dataset: Path, base: str, resolution: int | None, nsfw_model: Path | None) -> "Report":
    from danlu.health.examine import all_checks, examine

    if nsfw_model and not nsfw_model.exists():
        raise UserError(
            f"The model '{nsfw_model}' doesn't exist: check the path.", f"模型“{nsfw_model}”不存在：请检查路径。"
        )
    target = _target(base, resolution)
    shown = progress(Text("Looking at pictures", "查看图片"))
    return examine(dataset, target, all_checks(nsfw_model=nsfw_model), on_progress=shown)


def _target(base: str, resolution: int | None) -> "Target":
    from danlu.datasets.buckets import BucketConfig, sizes_for
    from danlu.families.find import find_base
    from danlu.health.base import Target

    _, facts = find_base(base)
    sizes = sizes_for(BucketConfig(resolution=resolution), native_px=facts.native_px, step_px=facts.step_px)
    return Target(Path(base).name, resolution or facts.native_px, tuple(sizes))


def _options(base: str, resolution: int | None, nsfw_model: Path | None) -> str:
    """The options again, for the commands that mend."""
    given = [
        ("--base", base if base != EMBEDDED_BASE else None),
        ("--resolution", resolution),
        ("--nsfw-model", nsfw_model),
    ]
    return "".join(f" {name} {_quoted(value)}" for name, value in given if value is not None)


def _quoted(value: object) -> str:
    return shlex.quote(str(value))


def _say_report(report: "Report", options: str) -> None:
    from danlu.health.examine import summary
    from danlu.health.page import fix_command

    say(summary(report))
    for kind, findings in report.by_check():
        say()
        say_title(f"{kind} · {report.titles[kind]} ({len(findings)})")
        for finding in findings[:SHOWN]:
            say(f"  {finding.picture}: {finding.text}" if finding.picture else f"  {finding.text}")
        if len(findings) > SHOWN:
            more = len(findings) - SHOWN
            say(Text(f"  … and {more} more", f"  ……另有 {more} 项"))
        if any(finding.fix for finding in findings):
            say(f"  → {fix_command(report, kind, None, options)}")
    for notice in report.notices:
        note(notice)


def _as_dict(report: "Report") -> dict[str, object]:
    dataset = report.survey.dataset
    return {
        "pictures": len(report.survey.pictures) + len(dataset.problems),
        "base": report.survey.target.base,
        "resolution": report.survey.target.side_px,
        "findings": [
            {
                "check": one.check,
                "severity": one.severity,
                "picture": one.picture,
                "text": str(one.text),
                "fix": str(one.fix.title) if one.fix else None,
                "safe": one.fix.safe if one.fix else None,
            }
            for one in report.findings
        ],
        "notices": [str(notice) for notice in report.notices],
    }
