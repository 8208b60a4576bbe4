"""`danlu dataset crop-box`: the crop of single pictures, set by hand."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from danlu.cli.cropping import (
    BASE_HELP,
    DETECTOR_HELP,
    EXTEND_HELP,
    SIZES_HELP,
    read_extend,
    refuse_unused,
    sizes_of,
)
from danlu.cli.datasets import DATASET, FOLDER
from danlu.cli.output import note, say
from danlu.cli.speech import Example, argument, command, option
from danlu.kit.errors import UserError
from danlu.kit.language import Text
from danlu.kit.places import EMBEDDED_BASE

if TYPE_CHECKING:
    from danlu.cropping.crop import CropMode
    from danlu.cropping.edit import Edit
    from danlu.datasets.pictures import Size


@command(
    "crop-box",
    Example("danlu dataset crop-box ./pictures 03.png --focus 50%,20%", Text("around a point", "以某点为中心")),
    Example("danlu dataset crop-box ./pictures 03.png --box 40,0,552,768", Text("this very box", "指定裁剪框")),
    Example("danlu dataset crop-box ./pictures 03.png 07.png --none", Text("the whole pictures", "使用整张图片")),
)
@argument("dataset", text=DATASET, type=FOLDER)
@argument(
    "pictures", nargs=-1, required=True, text=Text("Pictures, by their path in the dataset.", "数据集中的图片路径。")
)
@option("--box", text=Text("Left, top, right, bottom in pixels.", "左,上,右,下（像素）。"))
@option(
    "--focus",
    "point",
    text=Text(
        "The largest box around a point, in pixels or percent: 50%,20%.",
        "以某点为中心的最大框：像素或百分比，如 50%,20%。",
    ),
)
@option(
    "--mode",
    type=click.Choice(["focus", "centre"]),
    text=Text("As `danlu crop` would choose for it alone.", "按 `danlu crop` 的方式单独重新选择。"),
)
@option("--none", "whole", is_flag=True, text=Text("No box: the whole picture.", "去掉裁剪框，使用整张图片。"))
@option("--base", default=EMBEDDED_BASE, show_default=True, text=BASE_HELP)
@option("--sizes", text=SIZES_HELP)
@option("--extend", text=EXTEND_HELP)
@option("--detector", "detectors", multiple=True, text=DETECTOR_HELP)
@option("--dry-run", is_flag=True, text=Text("Write nothing, only show it.", "不写入，只显示。"))
def crop_box(
    dataset: Path,
    *,
    pictures: tuple[str, ...],
    box: str | None,
    point: str | None,
    mode: "CropMode | None",
    whole: bool,
    base: str,
    sizes: str | None,
    extend: str | None,
    detectors: tuple[str, ...],
    dry_run: bool,
) -> None:
    """Set the crop of single pictures: a box, a point to centre on, a mode, or none.

    It replaces the box that is there, in danlu.toml; `danlu dataset undo` takes it back.
    中文: 手动设置个别图片的裁剪：指定框、中心点、方式，或不裁剪。

    会替换 danlu.toml 中已有的裁剪框；用 `danlu dataset undo` 撤销。
    """
    from danlu.cropping.edit import edit_boxes, to_whole, write_boxes

    if sum((box is not None, point is not None, mode is not None, whole)) != 1:
        raise UserError(
            "Give one of --box, --focus, --mode and --none.", "请在 --box、--focus、--mode、--none 中选择一个。"
        )
    if mode is None and (detectors or (extend and box is None)):
        raise UserError(
            "--detector works with --mode focus only, --extend with that and --box.",
            "--detector 只用于 --mode focus；--extend 只用于 --mode focus 和 --box。",
        )
    edit: Edit = to_whole
    if mode is not None:
        edit = _by_mode(mode, sizes_of(base, sizes), extend, detectors)
    elif point is not None:
        edit = _at_point(point, sizes_of(base, sizes))
    elif box is not None:
        edit = _at_box(box, read_extend(extend))
    facts = edit_boxes(dataset, pictures, edit)
    for name, about in facts.items():
        edges = about.crop and "{},{} – {},{}".format(*about.crop)
        say(f"{name}  {edges or Text('the whole picture', '整张图片')}")
    if dry_run:
        note(Text("Nothing was written.", "未写入任何内容。"))
    else:
        write_boxes(dataset, facts)


def _by_mode(mode: "CropMode", sizes: "list[Size]", extend: str | None, detectors: tuple[str, ...]) -> "Edit":
    from danlu.cropping.base import find_detectors
    from danlu.cropping.crop import CropOptions
    from danlu.cropping.edit import to_mode

    refuse_unused(mode == "focus", extend, detectors)
    return to_mode(CropOptions(mode, sizes, read_extend(extend)), find_detectors(detectors))


def _at_point(text: str, sizes: "list[Size]") -> "Edit":
    """Read X,Y in pixels, or X%,Y%. Raises `UserError` for anything else."""
    from danlu.cropping.edit import to_point

    parts = [part.strip() for part in text.split(",")]
    is_share = all(part.endswith("%") for part in parts)
    try:
        x, y = (float(part.removesuffix("%") if is_share else part) for part in parts)
    except ValueError as error:
        raise UserError(
            f"--focus: '{text}' is no point: write x,y in pixels (300,120) or percent (50%,20%).",
            f"--focus：“{text}”不是点：请写 x,y（像素，如 300,120）或百分比（如 50%,20%）。",
        ) from error
    return to_point((x / 100, y / 100) if is_share else (x, y), is_share=is_share, sizes=sizes)


def _at_box(text: str, extend: str | None) -> "Edit":
    """Read four whole numbers. Raises `UserError` for anything else."""
    from danlu.cropping.edit import to_box
    from danlu.datasets.pictures import Box

    try:
        left, top, right, bottom = (int(part) for part in text.split(","))
    except ValueError as error:
        raise UserError(
            f"--box: '{text}' is no box: write left,top,right,bottom in pixels, as in 40,0,552,768.",
            f"--box：“{text}”不是裁剪框：请写 左,上,右,下（像素），如 40,0,552,768。",
        ) from error
    return to_box(Box(left, top, right, bottom), extend)
