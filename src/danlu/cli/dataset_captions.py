"""`danlu dataset captions`: which captions don't say what is in their picture?"""

from pathlib import Path

import click

from danlu.cli.base_options import drawn_with_options
from danlu.cli.output import note, progress, say, say_json, say_table
from danlu.cli.speech import JSON_HELP, Example, argument, command, option
from danlu.families.base import Prediction
from danlu.kit.language import Text
from danlu.kit.places import EMBEDDED_TAGGER

MOST_TAGS = 4


@command(
    "captions",
    Example(
        "danlu dataset captions ./pictures --html captions.html", Text("the worst captions first", "最差的标注排在最前")
    ),
    Example(
        "danlu dataset captions ./pictures --base ./sd15 --adapter mychar.safetensors --tagger ./wd-vit-tagger-v3",
        Text("with your own base, LoRA and tagger", "用自己的底模、LoRA 和打标器"),
    ),
)
@argument("dataset", text=Text("The dataset's folder.", "数据集文件夹。"), type=click.Path(path_type=Path))
@drawn_with_options
@option("--tagger", default=EMBEDDED_TAGGER, show_default=True, text=Text("Folder of the tagger.", "打标器文件夹。"))
@option(
    "--steps", type=click.IntRange(1, 1000), default=12, show_default=True, text=Text("Sampling steps.", "采样步数。")
)
@option(
    "--seeds",
    type=click.IntRange(1, 64),
    default=2,
    show_default=True,
    text=Text("Drawings of each.", "每条标注出图几张。"),
)
@option("--html", type=click.Path(path_type=Path), text=Text("Page to write, side by side.", "写出并排对照的网页。"))
@option("--json", "as_json", is_flag=True, text=JSON_HELP)
def check_dataset_captions(
    dataset: Path,
    *,
    base: str,
    vae: str | None,
    prediction: Prediction | None,
    adapters: tuple[str, ...],
    tagger: str,
    steps: int,
    seeds: int,
    html: Path | None,
    as_json: bool,
) -> None:
    """Draw a picture from every caption and rank captions by how far the drawing is from the picture, worst first.

    A distance of 1 means that the drawing comes no nearer than drawings of other captions do. Drawings are kept in the
    cache: an interrupted check goes on, and only changed captions are drawn again.
    中文: 用每条标注出图，按与原图的距离给标注排名，最差的在最前。

    距离为 1 表示所出的图并不比其他标注的图更接近原图。出图会缓存：中断后可继续，只有改动过的标注会重新出图。
    """
    from danlu.families.find import find_base
    from danlu.tagging.base import find_tagger

    found = find_base(base, vae=vae, prediction=prediction)
    judge = find_tagger(tagger)
    from danlu.experiments.caption_drawings import CheckSettings
    from danlu.experiments.caption_page import write_caption_page
    from danlu.experiments.captions import check_captions
    from danlu.pipeline.pictures import Strength

    settings = CheckSettings(tuple(Strength.parse(text) for text in adapters), steps=steps, seeds=seeds)
    shown = progress(Text("Drawing captions", "按标注出图"))
    check = check_captions(dataset, found, judge, settings, on_picture=shown)
    if html:
        write_caption_page(check, dataset, html)
    if as_json:
        say_json(check.model_dump(mode="json"))
        return
    head = (
        Text("picture", "图片"),
        Text("distance", "距离"),
        Text("not drawn", "未画出"),
        Text("only drawn", "多画出"),
        Text("caption", "标注"),
    )
    rows = [
        (one.name, f"{one.distance:.2f}", _few(one.missing), _few(one.invented), one.caption) for one in check.captions
    ]
    say_table(head, rows)
    for notice in check.notices:
        note(notice)
    if html:
        say(Text(f"Side by side: {html}", f"并排对照：{html}"))


def _few(tags: tuple[str, ...]) -> str:
    return ", ".join(tags[:MOST_TAGS]) + (" …" if len(tags) > MOST_TAGS else "")
