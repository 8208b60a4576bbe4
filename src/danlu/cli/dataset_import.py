"""`danlu dataset import`: bring pictures from anywhere into a dataset."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from danlu.cli.output import note, progress, say, say_json, say_table, say_title
from danlu.cli.speech import JSON_HELP, Example, argument, command, option
from danlu.kit.language import Text

if TYPE_CHECKING:
    from danlu.intake.report import ImportReport, LeftOut, Taken

SOURCES = Text(
    "Folders, zip and tar files, pictures, and tables of captions (sd-scripts' JSON, metadata.jsonl, metadata.csv).",
    "文件夹、zip、tar、图片，以及标注表（sd-scripts 的 JSON、metadata.jsonl、metadata.csv）。",
)
TARGET = Text("The dataset's folder; made if it isn't there, else added to.", "数据集文件夹：不存在则新建，否则追加。")
WHY = {
    "damaged": Text("damaged", "损坏"),
    "duplicate": Text("duplicate", "重复"),
    "outside": Text("outside", "不在概念文件夹中"),
    "unread": Text("not read", "格式不支持"),
    "caption": Text("caption", "标注"),
    "manifest": Text("danlu.toml", "danlu.toml"),
}
MOST_OF_A_KIND = 12


@command(
    "import",
    Example("danlu dataset import ./photos.zip --to ./pictures", Text("a zip of any pictures", "任意图片的 zip")),
    Example("danlu dataset import ./kohya/project more.png --to ./pictures", Text("6_NAME stays", "保留 6_名称")),
    Example("danlu dataset import ./images meta_cap.json --to ./pictures", Text("captions from JSON", "标注取自 JSON")),
)
@argument("sources", text=SOURCES, nargs=-1, required=True, type=click.Path(path_type=Path))
@option(
    "--to", "target", required=True, metavar="FOLDER", type=click.Path(path_type=Path, file_okay=False), text=TARGET
)
@option("--json", "as_json", is_flag=True, text=JSON_HELP)
def import_sources(sources: tuple[Path, ...], target: Path, *, as_json: bool) -> int:
    """Copy pictures with their captions into a dataset, wherever they come from.

    Every file is decoded once, with limits, in a child process; what is damaged or there already is left out and told.
    Originals stay as they are. Repeat the command after an interruption: it goes on where it was.
    中文: 把任意来源的图片连同标注复制到数据集。

    每个文件都在独立的受限进程中完整解码一次；损坏或已存在的会说明原因并跳过。原文件保持不变；中断后重新运行即可继续。
    """
    from danlu.intake.importing import import_pictures

    report = import_pictures(sources, target, on_progress=progress(Text("Importing", "导入")))
    if as_json:
        say_json(_as_dict(report))
    else:
        _say_report(report)
    return 0 if report.taken or not any(one.why == "damaged" for one in report.left_out) else 1


def _as_dict(report: "ImportReport") -> dict[str, object]:
    return {
        "folder": str(report.root),
        "taken": [
            {"source": one.source, "name": one.name, "size": list(one.size), "caption": one.has_caption}
            for one in report.taken
        ],
        "left_out": [{"source": one.source, "why": one.why, "text": str(one.text)} for one in report.left_out],
        "captions": list(report.captions),
        "notices": [str(text) for text in report.notices],
    }


def _say_report(report: "ImportReport") -> None:
    if report.taken:
        _say_taken(report.taken)
    if report.left_out:
        _say_left_out(report.left_out)
    for text in report.notices:
        note(text)
    if report.captions:
        count = len(report.captions)
        say(Text(f"{count} pictures that were there have a caption now.", f"已有的 {count} 张图片补上了标注。"))
    count = len(report.taken)
    say(Text(f"{count} pictures are new in '{report.root}'.", f"“{report.root}”中新增 {count} 张图片。"))


def _say_taken(taken: "tuple[Taken, ...]") -> None:
    head = (
        Text("folder", "文件夹"),
        Text("pictures", "图片"),
        Text("captions", "标注"),
        Text("smallest", "最小"),
        Text("largest", "最大"),
    )
    folders: dict[str, list[Taken]] = {}
    for one in taken:
        folders.setdefault(one.name.rpartition("/")[0] or ".", []).append(one)
    rows: list[tuple[object, ...]] = []
    for folder, there in folders.items():
        sizes = sorted((one.size for one in there), key=lambda size: size.width * size.height)
        rows.append((folder, len(there), sum(one.has_caption for one in there), sizes[0], sizes[-1]))
    say_table(head, rows)
    say()


def _say_left_out(left_out: "tuple[LeftOut, ...]") -> None:
    """Every file once; of a kind that has many, the first ones."""
    say_title(Text(f"Left out: {len(left_out)}", f"未导入：{len(left_out)}"))
    for why, title in WHY.items():
        of_kind = [one for one in left_out if one.why == why]
        for one in of_kind[:MOST_OF_A_KIND]:
            say(f"  {title}: {one.text}")
        if (more := len(of_kind) - MOST_OF_A_KIND) > 0:
            say(
                Text(f"  {title.en}: {more} more (all with --json)", f"  {title.zh}：另有 {more} 个（--json 列出全部）")
            )
    say()
