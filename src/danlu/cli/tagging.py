"""`danlu tag`: captions from taggers and captioners. Pictures themselves are never changed."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from danlu.cli.datasets import DATASET, FOLDER, only_option, read_only
from danlu.cli.output import note, progress, say, say_json, say_table, warn
from danlu.cli.speech import JSON_HELP, Example, argument, command, option
from danlu.kit.errors import UserError
from danlu.kit.language import Text
from danlu.kit.places import EMBEDDED_TAGGER

if TYPE_CHECKING:
    from danlu.tagging.base import Category
    from danlu.tagging.options import TagOptions
    from danlu.tagging.tag import TagReport

SCORE = click.FloatRange(0, 1)
EXAMPLES = (
    Example("danlu tag ./pictures --trigger ningguang", Text("the trigger word comes first", "触发词放在最前")),
    Example(
        "danlu tag ./pictures --tagger ./wd-vit-tagger-v3 --threshold 0.4 --existing replace",
        Text("any WD14-style tagger", "任意 WD14 格式打标器"),
    ),
    Example(
        'danlu tag ./pictures --exclude "*background" --replace "grin=smile" --dry-run',
        Text("see what rules would do", "预览规则的效果，不写入"),
    ),
    Example(
        "danlu tag ./pictures --captioner ./blip-image-captioning-base --tagger danlu-mini-tagger",
        Text("a sentence, then tags", "先写一句描述，再写标签"),
    ),
)


def _scoring_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Which tags are true."""
    options = (
        option(
            "--threshold",
            type=SCORE,
            text=Text(
                "Tags below this score are left out; default: as is usual for the tagger (WD14: 0.35).",
                "低于该分数的标签不采用；默认为该打标器的常用值（WD14 为 0.35）。",
            ),
        ),
        option(
            "--character-threshold",
            type=SCORE,
            text=Text("The same for names of characters (WD14: 0.85).", "角色名标签的阈值（WD14 为 0.85）。"),
        ),
        option(
            "--categories",
            metavar="NAMES",
            text=Text(
                "Categories that are written, as general,character,copyright,rating; default: general,character.",
                "写出哪些类别，如 general,character,copyright,rating；默认 general,character。",
            ),
        ),
        option(
            "--exclude",
            multiple=True,
            metavar="TAGS",
            text=Text(
                'Tags that are never written, with commas; * stands for anything: "*background". May be repeated.',
                "从不写出的标签，逗号分隔；* 代表任意内容，如 “*background”。可重复。",
            ),
        ),
    )
    return _with_options(function, options)


def _wording_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """How they are written."""
    options = (
        option(
            "--replace",
            multiple=True,
            metavar="OLD=NEW",
            text=Text(
                "Write NEW (one tag or several) for OLD; may be repeated.", "把 OLD 写作 NEW（可为多个），可重复。"
            ),
        ),
        option(
            "--add",
            metavar="TAGS",
            text=Text("Tags put into every caption, behind the trigger word.", "加到每条标注的标签，放在触发词之后。"),
        ),
        option(
            "--order",
            type=click.Choice(["groups", "confidence", "alphabet"]),
            text=Text(
                "Order of tags; default: the tagger's groups if it has some, else confidence.",
                "标签顺序；默认按打标器的分组，没有分组则按置信度。",
            ),
        ),
        option("--underscores", is_flag=True, text=Text("Keep underscores in tags.", "保留标签中的下划线。")),
        option(
            "--escape",
            is_flag=True,
            text=Text(
                "Write brackets as \\( and \\), for recipes with captions.weighted.",
                "把括号写作 \\( 和 \\)，用于启用 captions.weighted 的配方。",
            ),
        ),
        option(
            "--expand-characters",
            is_flag=True,
            text=Text("Write “name (series)” as two tags.", "把“角色 (作品)”写成两个标签。"),
        ),
        option(
            "--absorb/--keep-all",
            "absorb",
            default=True,
            text=Text(
                "Leave out tags that hold for the whole concept, so that the trigger takes them over; or write all.",
                "去掉整个概念都具有的标签，让触发词吸收这些特征；或全部写出。",
            ),
        ),
    )
    return _with_options(function, options)


def _with_options(function: Callable[..., Any], options: Sequence[Callable[..., Any]]) -> Callable[..., Any]:
    for one in reversed(options):
        function = one(function)
    return function


@command("tag", *EXAMPLES)
@argument("dataset", text=DATASET, type=FOLDER)
@option(
    "--trigger", text=Text("Word that calls the concept; put first in every caption.", "触发词，放在每条标注最前。")
)
@option(
    "--tagger",
    text=Text(
        f"Folder of a tagger: WD14, cl_tagger, ML-Danbooru; default: {EMBEDDED_TAGGER}.",
        f"打标器文件夹：WD14、cl_tagger 或 ML-Danbooru；默认 {EMBEDDED_TAGGER}。",
    ),
)
@option(
    "--captioner",
    text=Text(
        "Folder of a model that writes sentences (BLIP, Florence-2, Qwen-VL …); with --tagger, tags follow them.",
        "写句子的图文模型文件夹（BLIP、Florence-2、Qwen-VL 等）；同时给出 --tagger 则在句子后附上标签。",
    ),
)
@option("--prompt", text=Text("What the captioner is asked or begins with.", "给描述模型的提问或句子开头。"))
@_scoring_options
@_wording_options
@option(
    "--existing",
    type=click.Choice(["keep", "replace", "append"]),
    default="keep",
    show_default=True,
    text=Text(
        "Captions that are there: keep them (the trigger word is put first), replace them, or add new tags.",
        "已有的标注：keep 保留（触发词仍放最前），replace 重写，append 在其后追加新标签。",
    ),
)
@only_option
@option("--dry-run", is_flag=True, text=Text("Show the captions and write nothing.", "只显示结果，不写入。"))
@option("--json", "as_json", is_flag=True, text=JSON_HELP)
def tag(
    dataset: Path,
    *,
    tagger: str | None,
    captioner: str | None,
    prompt: str | None,
    only: tuple[str, ...],
    dry_run: bool,
    as_json: bool,
    **options: Any,
) -> None:
    """Write a caption beside every picture.

    Captions are .txt files that you can edit; `danlu dataset undo` takes them back. What a model said of a picture is
    kept in the cache, so other thresholds and rules cost nothing, and an interrupted run goes on.
    中文: 为每张图片自动打标。

    标注写入图片旁的 .txt 文件，可手动修改，也可用 `danlu dataset undo` 撤销。模型的结果会缓存：
    更换阈值和规则无需重新计算，中断后可继续。
    """
    from danlu.tagging.base import find_tagger
    from danlu.tagging.captioner import find_captioner
    from danlu.tagging.tag import tag_dataset

    if prompt is not None and captioner is None:
        raise UserError(
            "--prompt is for a captioner, and none is given: name one with --captioner, or leave the prompt out.",
            "--prompt 用于描述模型，但没有给出：请用 --captioner 指定，或去掉 --prompt。",
        )
    report = tag_dataset(
        dataset,
        None if captioner and not tagger else find_tagger(tagger or EMBEDDED_TAGGER),
        _read_options(only=read_only(dataset, only), **options),
        captioner=find_captioner(captioner, prompt) if captioner else None,
        dry_run=dry_run,
        on_picture=progress(Text("Tagging", "打标")),
        on_sentence=progress(Text("Describing", "描述")),
    )
    if as_json:
        say_json(report.model_dump(mode="json"))
    else:
        say_tags(report, dry_run=dry_run)


def _read_options(
    *, categories: str | None, exclude: Sequence[str], replace: Sequence[str], add: str | None, **plain: Any
) -> "TagOptions":
    from danlu.datasets.captions import split_tags
    from danlu.tagging.options import USUAL_CATEGORIES, TagOptions
    from danlu.tagging.wording import read_replacements

    named = cast("Sequence[Category]", split_tags(categories)) if categories else USUAL_CATEGORIES
    return TagOptions(
        categories=tuple(named),
        exclude=tuple(tag for tags in exclude for tag in split_tags(tags)),
        replace=read_replacements(replace),
        add=tuple(split_tags(add or "")),
        **plain,
    )


def say_tags(report: "TagReport", *, dry_run: bool = False) -> None:
    """What tagging did or would do: the captions, the traits that the trigger takes over, and what warns."""
    if report.tagger:
        note(Text(f"Tagger: {report.tagger.en}.", f"打标器 {report.tagger.zh}。"))
    if dry_run:
        _say_differences(report)
    else:
        say_table((Text("picture", "图片"), Text("caption", "标注")), list(report.captions.items()))
    for concept in report.concepts:
        if concept.traits:
            traits = ", ".join(concept.traits)
            say(
                Text(
                    f"'{concept.trigger}' takes over, and captions leave out: {traits}",
                    f"由“{concept.trigger}”吸收、不写入标注的特征：{traits}",
                )
            )
        if concept.frequent:
            shares = ", ".join(f"{tag} ({count})" for tag, count in concept.frequent)
            first = concept.frequent[0][0]
            note(
                Text(
                    f"Only some of the {concept.pictures} pictures have: {shares}. What belongs to "
                    f"'{concept.trigger}' is bound by `danlu dataset trigger DATASET --absorb \"{first}\"`.",
                    f"{concept.pictures} 张图片中只有一部分有：{shares}。其中属于“{concept.trigger}”的，可用 "
                    f'`danlu dataset trigger 数据集 --absorb "{first}"` 绑定。',
                )
            )
    if report.kept:
        say(
            Text(
                f"{report.kept} captions were there and are kept; --existing replace overwrites them.",
                f"已有 {report.kept} 条标注，予以保留；用 --existing replace 可重写。",
            )
        )
    for problem in (*report.problems.values(), *report.notices):
        note(problem)
    if report.caution:
        warn(report.caution)


def _say_differences(report: "TagReport") -> None:
    """Each caption that would change: what it is, and what it would be."""
    changed = {name: caption for name, caption in report.captions.items() if report.before[name] != caption}
    for name, caption in changed.items():
        say(name)
        if report.before[name] is not None:
            say(click.style(f"- {report.before[name]}", fg="red"))
        say(click.style(f"+ {caption}", fg="green"))
    total = len(report.captions) + report.kept
    say(
        Text(
            f"{len(changed)} of {total} captions would change; nothing was written.",
            f"{total} 条标注中有 {len(changed)} 条会改变；未写入任何文件。",
        )
    )
