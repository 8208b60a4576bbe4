"""`danlu crop`: which part of each picture is trained on. Pictures themselves are never changed."""

from pathlib import Path
from typing import TYPE_CHECKING

from danlu.cli.datasets import DATASET, FOLDER, only_option, read_only, read_size
from danlu.cli.output import note, progress, say, say_json, say_table
from danlu.cli.speech import JSON_HELP, Example, argument, command, option
from danlu.kit.errors import UserError
from danlu.kit.language import Text
from danlu.kit.places import EMBEDDED_BASE
from danlu.kit.quantities import percent

if TYPE_CHECKING:
    from danlu.cropping.crop import Crop
    from danlu.datasets.pictures import Problem, Size

BASE_HELP = Text("The base to crop for.", "为哪个底模裁剪。")
SIZES_HELP = Text(
    'Sizes to choose from, as 512x768,512x512, or "standard": the base\'s usual three; default: all of its buckets.',
    "可选尺寸，如 512x768,512x512；standard 为该底模常用的三种；默认可用所有桶。",
)
EXTEND_HELP = Text(
    "Lets a box leave its picture where no bucket holds the subject: edge, blur, or a colour as #rrggbb.",
    "没有合适的桶时允许裁剪框超出图片并填充：edge（边缘）、blur（模糊）或颜色 #rrggbb。",
)
DETECTOR_HELP = Text(
    "Look with this detector only: saliency, drawn_faces, photo_faces, anime_faces or yunet=FILE; may be given several "
    "times. Default: all that are there.",
    "只用该检测器： saliency, drawn_faces, photo_faces, anime_faces 或 yunet=文件，可多次指定；"
    "默认使用所有可用的检测器。",
)


@command(
    "crop",
    Example("danlu crop ./pictures --sheet review.html", Text("with a page to review", "围绕主体裁剪，并生成审阅页")),
    Example("danlu crop ./pictures --base ./sd15 --centre", Text("the middle of each picture", "取每张图的中央")),
    Example("danlu crop ./pictures --sizes standard --extend edge", Text("tall figures whole", "长图人物保持完整")),
    Example("danlu crop ./pictures --overwrite --dry-run", Text("only show what it would do", "只显示将要做什么")),
)
@argument("dataset", text=DATASET, type=FOLDER)
@option(
    "--focus/--centre", "focus", default=True, text=Text("Around the subject, or the middle.", "聚焦主体，或取中央。")
)
@option("--base", default=EMBEDDED_BASE, show_default=True, text=BASE_HELP)
@option("--sizes", text=SIZES_HELP)
@option("--extend", text=EXTEND_HELP)
@option("--detector", "detectors", multiple=True, text=DETECTOR_HELP)
@option(
    "--sheet",
    type=FOLDER,
    text=Text("Review sheet to write: .html, or .png; default: none.", "审阅页的保存位置：.html 或 .png；默认不写。"),
)
@only_option
@option("--overwrite", is_flag=True, text=Text("Also replace boxes that are there.", "已有的裁剪框也重新生成。"))
@option("--dry-run", is_flag=True, text=Text("Write no boxes, only show them.", "不写入裁剪框，只显示。"))
@option("--json", "as_json", is_flag=True, text=JSON_HELP)
def crop(
    dataset: Path,
    *,
    focus: bool,
    base: str,
    sizes: str | None,
    extend: str | None,
    detectors: tuple[str, ...],
    sheet: Path | None,
    only: tuple[str, ...],
    overwrite: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Choose which part of each picture is trained on.

    Boxes are written into danlu.toml in the dataset's folder, where you can change them; the pictures stay as they
    are. Boxes that are there already are kept. `danlu dataset undo` takes it back.
    中文: 为每张图片选定参与训练的区域。

    裁剪框写入数据集文件夹里的 danlu.toml，可手动修改；原图不动，已有的裁剪框会保留。用 `danlu dataset undo` 撤销。
    """
    from danlu.cropping.base import find_detectors
    from danlu.cropping.crop import CropOptions, plan_crops, write_crops
    from danlu.datasets.soundness import tell_broken

    refuse_unused(focus, extend, detectors)
    _require_sheet(sheet)
    mode, names = "focus" if focus else "centre", read_only(dataset, only)
    options = CropOptions(mode, sizes_of(base, sizes), read_extend(extend), overwrite, names)
    shown = progress(Text("Looking at pictures", "查看图片"))
    broken: list[Problem] = []
    crops = plan_crops(
        dataset, options, detectors=find_detectors(detectors), on_progress=shown, on_broken=broken.append
    )
    for text in tell_broken(broken):
        note(text)
    if not dry_run:
        write_crops(dataset, crops)
    if sheet:
        _write_sheet(crops, dataset, sheet)
    if as_json:
        say_json([_as_dict(one) for one in crops])
        return
    _say_crops(crops)
    if sheet:
        say(Text(f"Review sheet: {sheet}", f"审阅页：{sheet}"))
    if dry_run:
        note(Text("Nothing was written.", "未写入任何内容。"))


def refuse_unused(focus: bool, extend: str | None, detectors: tuple[str, ...]) -> None:
    """Raise `UserError` for options that do nothing in centre mode."""
    for name, given in (("--extend", extend), ("--detector", detectors)):
        if given and not focus:
            raise UserError(
                f"{name} has no effect with the centre: no subject is sought there. Leave one of them out.",
                f"居中裁剪不寻找主体，{name} 不起作用：请去掉其中之一。",
            )


def read_extend(text: str | None) -> str | None:
    """How borders are filled. Raises `UserError` for what is none of the ways."""
    import re

    from danlu.datasets.extension import EXTEND_PATTERN

    if text is None or re.fullmatch(EXTEND_PATTERN, text):
        return text
    raise UserError(
        f"--extend: '{text}' is no way to fill a border: write edge, blur, or a colour as '#f0e8d8'.",
        f"--extend：“{text}”不是填充方式：请写 edge、blur 或颜色（如 '#f0e8d8'）。",
    )


def sizes_of(base: str, sizes: str | None) -> "list[Size]":
    """The sizes to choose from: those given, the base's usual three ("standard"), or all its buckets."""
    from danlu.cropping.sizes import standard_sizes
    from danlu.datasets.buckets import BucketConfig, sizes_for
    from danlu.families.find import find_base

    if sizes and sizes != "standard":
        return [read_size(size, option="--sizes") for size in sizes.split(",")]
    _, facts = find_base(base)
    if sizes:
        return standard_sizes(facts.native_px)
    return sizes_for(BucketConfig(), native_px=facts.native_px, step_px=facts.step_px)


def _write_sheet(crops: "list[Crop]", dataset: Path, sheet: Path) -> None:
    from danlu.cropping.review import write_review
    from danlu.cropping.sheet import crop_sheet

    if sheet.suffix.lower() == ".png":
        crop_sheet(crops, sheet)
    else:
        write_review(crops, dataset, sheet, progress(Text("Writing the sheet", "生成审阅页")))


def _require_sheet(sheet: Path | None) -> None:
    if sheet and sheet.suffix.lower() not in (".html", ".png"):
        raise UserError(
            f"--sheet: '{sheet.name}' must end in .html or .png.", f"--sheet：“{sheet.name}”须以 .html 或 .png 结尾。"
        )


def _as_dict(one: "Crop") -> dict[str, object]:
    return {
        "name": one.name,
        "size": list(one.size),
        "box": list(one.box),
        "bucket": list(one.bucket),
        "subject": list(one.subject) if one.subject else None,
        "head": list(one.head) if one.head else None,
        "score": None if one.score is None else round(one.score, 4),
        "subject_kept": round(one.subject_kept, 4),
        "head_kept": round(one.head_kept, 4),
        "upscale": round(one.upscale, 4),
        "outside": round(one.outside, 4),
        "extend": one.extend,
        "risk": round(one.risk, 4),
        "was_there": one.was_there,
    }


def _say_crops(crops: "list[Crop]") -> None:
    from danlu.cropping.review import remarks

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
            percent(one.subject_kept) if one.subject else "–",
            str(Text(", ", "，")).join(str(text) for text in remarks(one)),
        )
        for one in crops
    ]
    say_table(head, rows)
