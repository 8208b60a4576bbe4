"""`danlu tag`: captions before training. And what commands on folders of pictures have in common."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from danlu.cli.output import note, progress, say, say_json, say_table
from danlu.cli.speech import JSON_HELP, Example, argument, command, option
from danlu.kit.errors import UserError
from danlu.kit.language import Text
from danlu.kit.places import EMBEDDED_TAGGER

if TYPE_CHECKING:
    from danlu.datasets.pictures import Size
    from danlu.tagging.tag import Existing, TagReport

DATASET = Text(
    "Folder of pictures; kohya's `6_NAME` folders are understood.", "图片文件夹；支持 kohya 的 `6_名称` 目录。"
)
FOLDER = click.Path(path_type=Path)


def read_size(text: str, *, option: str) -> "Size":
    """Read WIDTHxHEIGHT. Raises `UserError` naming the option."""
    from danlu.datasets.pictures import Size

    width, _, height = text.strip().lower().partition("x")
    if not (width.isdecimal() and height.isdecimal() and int(width) and int(height)):
        raise UserError(
            f"{option}: '{text}' is no size: write width x height in pixels, as in 512x768.",
            f"{option}：“{text}”不是尺寸：请写成 宽x高（像素），如 512x768。",
        )
    return Size(int(width), int(height))


@command(
    "tag",
    Example("danlu tag ./pictures --trigger ningguang", Text("the trigger word comes first", "触发词放在最前")),
    Example("danlu tag ./pictures --tagger ./wd-vit-tagger-v3", Text("any WD14-style tagger", "任意 WD14 格式打标器")),
)
@argument("dataset", text=DATASET, type=FOLDER)
@option(
    "--trigger", text=Text("Word that calls the concept; put first in every caption.", "触发词，放在每条标注最前。")
)
@option(
    "--threshold",
    type=click.FloatRange(0, 1),
    default=0.35,
    show_default=True,
    text=Text("Tags below this score are left out.", "低于该分数的标签不采用。"),
)
@option(
    "--absorb/--keep-all",
    "absorb",
    default=True,
    text=Text(
        "Leave out tags that hold for the whole concept, so that the trigger takes them over; or write all.",
        "去掉整个概念都具有的标签，让触发词吸收这些特征；或全部写出。",
    ),
)
@option("--tagger", default=EMBEDDED_TAGGER, show_default=True, text=Text("Folder of the tagger.", "打标器文件夹。"))
@option(
    "--existing",
    type=click.Choice(["keep", "replace", "append"]),
    default="keep",
    show_default=True,
    text=Text(
        "Captions that are there: keep them, write them anew, or add new tags behind theirs.",
        "已有的标注：keep 保留，replace 重写，append 在其后追加新标签。",
    ),
)
@option("--json", "as_json", is_flag=True, text=JSON_HELP)
def tag(
    dataset: Path,
    *,
    trigger: str | None,
    threshold: float,
    absorb: bool,
    tagger: str,
    existing: "Existing",
    as_json: bool,
) -> None:
    """Write a caption of tags beside every picture.

    Captions are .txt files that you can edit. Scores are kept in the cache, so another threshold costs nothing.
    中文: 为每张图片自动打标。

    标注写入图片旁的 .txt 文件，可手动修改。打分结果会缓存，换阈值无需重新计算。
    """
    from danlu.tagging.base import find_tagger
    from danlu.tagging.tag import TagOptions, tag_dataset

    options = TagOptions(trigger=trigger, threshold=threshold, absorb=absorb, existing=existing)
    shown = progress(Text("Tagging", "打标"))
    report = tag_dataset(dataset, find_tagger(tagger), options, on_picture=shown)
    if as_json:
        say_json(report.model_dump(mode="json"))
    else:
        say_tags(report)


def say_tags(report: "TagReport") -> None:
    """What tagging did: the captions, then the traits that the trigger takes over."""
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
    if report.kept:
        say(
            Text(
                f"{report.kept} captions were there and are kept; --existing replace writes them anew.",
                f"已有 {report.kept} 条标注，予以保留；用 --existing replace 可重写。",
            )
        )
    for problem in report.problems.values():
        note(problem)
