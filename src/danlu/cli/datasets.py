"""`danlu crop`: choose which part of each picture is trained on. Pictures themselves are never changed."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from danlu.cli.output import progress, say, say_json, say_table
from danlu.cli.speech import JSON_HELP, Example, argument, command, option
from danlu.kit.errors import UserError
from danlu.kit.language import Text
from danlu.kit.places import EMBEDDED_BASE

if TYPE_CHECKING:
    from danlu.datasets.crop import Crop
    from danlu.datasets.pictures import Size

DATASET = Text(
    "Folder of pictures; kohya's `6_NAME` folders are understood.", "图片文件夹；支持 kohya 的 `6_名称` 目录。"
)
FOLDER = click.Path(path_type=Path)


@command(
    "crop",
    Example("danlu crop ./pictures", Text("around the subject, for the embedded base", "围绕主体裁剪（内置底模）")),
    Example("danlu crop ./pictures --base ./sd15 --centre", Text("the middle of each picture", "取每张图的中央")),
    Example("danlu crop ./pictures --sizes 512x768,512x512,768x512", Text("only these sizes", "只用这几种尺寸")),
)
@argument("dataset", text=DATASET, type=FOLDER)
@option(
    "--focus/--centre", "focus", default=True, text=Text("Around the subject, or the middle.", "聚焦主体，或取中央。")
)
@option("--base", default=EMBEDDED_BASE, show_default=True, text=Text("The base to crop for.", "为哪个底模裁剪。"))
@option("--sizes", text=Text("Sizes to choose from, as 512x768,512x512.", "可选尺寸，如 512x768,512x512。"))
@option("--sheet", type=FOLDER, text=Text("Contact sheet to write; default: none.", "裁剪总览图的保存位置；默认不写。"))
@option("--overwrite", is_flag=True, text=Text("Also replace boxes that are there.", "已有的裁剪框也重新生成。"))
@option("--json", "as_json", is_flag=True, text=JSON_HELP)
def crop(
    dataset: Path, *, focus: bool, base: str, sizes: str | None, sheet: Path | None, overwrite: bool, as_json: bool
) -> None:
    """Choose which part of each picture is trained on.

    Boxes are written into danlu.toml in the dataset's folder, where you can change them; the pictures stay as they
    are. Boxes that are there already are kept.
    中文: 为每张图片选定参与训练的区域。

    裁剪框写入数据集文件夹里的 danlu.toml，可手动修改；原图不动，已有的裁剪框会保留。
    """
    from danlu.datasets.crop import crop_dataset, crop_sheet

    mode: Literal["focus", "centre"] = "focus" if focus else "centre"
    shown = progress(Text("Looking at pictures", "查看图片"))
    chosen = [read_size(size, option="--sizes") for size in sizes.split(",")] if sizes else _sizes_of(base)
    crops = crop_dataset(dataset, mode=mode, sizes=chosen, overwrite=overwrite, on_progress=shown)
    if sheet:
        crop_sheet(crops, sheet)
    if as_json:
        say_json([_as_dict(one) for one in crops])
        return
    _say_crops(crops)
    if sheet:
        say(Text(f"Contact sheet: {sheet}", f"裁剪总览图：{sheet}"))


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


def _sizes_of(base: str) -> "list[Size]":
    from danlu.datasets.buckets import BucketConfig, sizes_for
    from danlu.families.find import find_base

    _, facts = find_base(base)
    return sizes_for(BucketConfig(), native_px=facts.native_px, step_px=facts.step_px)


def _as_dict(one: "Crop") -> dict[str, object]:
    return {
        "name": one.name,
        "size": list(one.size),
        "box": list(one.box),
        "bucket": list(one.bucket),
        "subject": list(one.subject) if one.subject else None,
        "subject_kept": round(one.subject_kept, 4),
        "upscale": round(one.upscale, 4),
        "was_there": one.was_there,
    }


def _say_crops(crops: "list[Crop]") -> None:
    head = (
        Text("picture", "图片"),
        Text("size", "尺寸"),
        Text("box", "裁剪框"),
        Text("bucket", "桶"),
        Text("subject kept", "主体保留"),
        Text("note", "备注"),
    )
    rows = [
        (
            one.name,
            one.size,
            "{},{} – {},{}".format(*one.box),
            one.bucket,
            f"{one.subject_kept:.0%}" if one.subject else "–",
            _remark(one),
        )
        for one in crops
    ]
    say_table(head, rows)


def _remark(one: "Crop") -> str:
    remarks: list[Text] = []
    if one.was_there:
        remarks.append(Text("kept as it was", "沿用已有"))
    if one.upscale > 1.005:
        remarks.append(Text(f"enlarged x{one.upscale:.2f}", f"放大 {one.upscale:.2f} 倍"))
    return " ".join(str(remark) for remark in remarks)
